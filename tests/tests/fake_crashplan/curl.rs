//! Owns running the real curl against a fake CrashPlan. It checks no result.

use std::io::{Write, stderr};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use cp_token_tests::fake_crashplan::FakeCrashPlan;

/// The client that most tests use.
pub(crate) const ID: &str = "key-1234";
/// Its secret.
pub(crate) const SECRET: &str = "correct-horse";

const TOKEN_RESOURCE: &str = "/api/v3/oauth/token?grant_type=client_credentials";

/// curl with the certificate of one server's authority.
pub(crate) struct Curl {
    base: String,
    ca: PathBuf,
}

/// What one run of curl came to.
#[derive(Debug)]
pub(crate) struct Answered {
    /// curl's exit code: 0 where an answer came, whatever its status.
    pub(crate) exit: Option<i32>,
    /// The status, 0 where none came.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Answered {
    /// The string `field` of a JSON body.
    pub(crate) fn field(&self, field: &str) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).expect("a JSON body");
        body[field].as_str().expect("a string").to_owned()
    }
}

/// A started server that knows the usual client, and curl for it. `None`, said aloud, where there is no curl.
pub(crate) fn stage() -> Option<(FakeCrashPlan, Curl)> {
    let server = FakeCrashPlan::start();
    server.add_client(ID, SECRET);
    let curl = Curl::to(&server)?;
    Some((server, curl))
}

impl Curl {
    /// curl for this server; `None`, said aloud, where there is no curl.
    pub(crate) fn to(server: &FakeCrashPlan) -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
            writeln!(stderr(), "skipped: there is no curl").expect("write to standard error");
            return None;
        }
        let name = format!("ca-{}-{}.pem", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let ca = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        server.write_ca(&ca);
        Some(Self { base: server.url(), ca })
    }

    /// Asks for a token as the vendor documents it.
    pub(crate) fn token(&self, id: &str, secret: &str) -> Answered {
        self.run(&self.token_arguments(id, secret))
    }

    /// The same without waiting for the end.
    pub(crate) fn spawn_token(&self, id: &str, secret: &str) -> Child {
        let mut command = self.command(&self.token_arguments(id, secret));
        command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("start curl")
    }

    /// Lists users with this token.
    pub(crate) fn users(&self, token: &str) -> Answered {
        let header = format!("Authorization: Bearer {token}");
        self.run(&["-H".into(), header, self.address("/api/v3/users?active=true")])
    }

    /// Runs curl with these arguments.
    pub(crate) fn run(&self, arguments: &[String]) -> Answered {
        answered(self.command(arguments).output().expect("run curl"))
    }

    /// A path at the server.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn token_arguments(&self, id: &str, secret: &str) -> Vec<String> {
        let pair = format!("{id}:{secret}");
        ["-X", "POST", "-H", "Accept: application/json", "-u", &pair, &self.address(TOKEN_RESOURCE)]
            .map(str::to_owned)
            .to_vec()
    }

    fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new("curl");
        // `-q` comes first or the user's own settings are read.
        command.args(["-q", "-s", "--noproxy", "*", "--max-time", "60", "-w", "%{http_code}", "--cacert"]);
        command.arg(&self.ca).args(arguments);
        command
    }
}

impl Drop for Curl {
    fn drop(&mut self) {
        // A file left behind lies in the build folder and harms nobody.
        let _ = std::fs::remove_file(&self.ca);
    }
}

/// Waits for a curl started by [`Curl::spawn_token`].
pub(crate) fn finished(child: Child) -> Answered {
    answered(child.wait_with_output().expect("wait for curl"))
}

/// curl writes the three digits of the status behind the body.
fn answered(output: Output) -> Answered {
    let mut body = output.stdout;
    let digits = body.split_off(body.len().checked_sub(3).expect("curl writes the status"));
    let status = String::from_utf8(digits).expect("digits").parse().expect("a status");
    Answered { exit: output.status.code(), status, body }
}
