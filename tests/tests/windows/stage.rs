//! Owns one test's stage in the Wine prefix that all share: a pipe, folders and a fake CrashPlan of its own. It looks at
//! the product only through programs, files and a pipe.

use std::io::{Write, stderr};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cp_token_tests::fake_crashplan::FakeCrashPlan;

/// A private stage. Dropping it stops its daemon.
pub(crate) struct Stage {
    programs: PathBuf,
    home: PathBuf,
    name: String,
    server: FakeCrashPlan,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// Its standard output, if it ended in order.
    pub(crate) fn succeeded(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        &self.stdout
    }

    /// The one token that it printed.
    pub(crate) fn token(&self) -> &str {
        let line = self.succeeded().strip_suffix('\n').expect("a line");
        assert!(line.len() > 100 && line.bytes().all(|byte| byte.is_ascii_graphic()), "{self:?}");
        line
    }
}

/// Text that nothing else holds.
pub(crate) fn unique(what: &str) -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("{what}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

impl Stage {
    /// A stage, or nothing, said aloud, where the Windows binaries are missing.
    pub(crate) fn new() -> Option<Self> {
        let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let found = (folder("CP_TOKEN_TESTS_WINDOWS_PROGRAMS"), folder("CP_TOKEN_TESTS_WINDOWS_HOME"));
        let (Some(programs), Some(home)) = found else {
            drop(writeln!(stderr(), "SKIPPED: no Windows binaries here; run tests/run-windows"));
            return None;
        };
        let stage = Self { programs, home, name: unique("cpt"), server: FakeCrashPlan::start() };
        std::fs::create_dir(stage.folder()).expect("make a folder on drive C");
        stage.server.write_ca(stage.folder().join("ca.pem"));
        stage.server.add_client("key-1", &stage.secret());
        Some(stage)
    }

    pub(crate) fn server(&self) -> &FakeCrashPlan {
        &self.server
    }

    /// Its folder, as this system sees it.
    pub(crate) fn folder(&self) -> PathBuf {
        self.home.join(".wine/drive_c").join(&self.name)
    }

    /// A path in its folder, as Windows sees it.
    pub(crate) fn path(&self, name: &str) -> String {
        format!(r"C:\{}\{name}", self.name)
    }

    /// Its pipe.
    pub(crate) fn pipe(&self) -> String {
        format!(r"\\.\pipe\{}", self.name)
    }

    /// The secret of its one API client.
    pub(crate) fn secret(&self) -> String {
        format!("secret+/ %&-{}", self.name)
    }

    /// A Windows program with nothing of our environment, and with the product's settings of this stage.
    pub(crate) fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = self.bare(name, arguments);
        command.env("CP_TOKEN_SOCKET", self.pipe());
        for (variable, folder) in [("CP_TOKEN_CONFIG_DIR", "config"), ("CP_TOKEN_STATE_DIR", "state")] {
            command.env(variable, self.path(folder));
        }
        command
    }

    /// A Windows program with nothing of our environment.
    pub(crate) fn bare(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("wine");
        command.arg(self.programs.join(name)).args(arguments).env_clear();
        command.env("HOME", &self.home).env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8");
        command.env("WINEDEBUG", "-all").env("WINEDLLOVERRIDES", "mscoree,mshtml=");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.current_dir(self.folder());
        command
    }

    /// Runs `cp-token` to its end.
    pub(crate) fn helper(&self, arguments: &[&str]) -> Outcome {
        finish(self.start_helper(arguments))
    }

    /// Starts `cp-token`.
    pub(crate) fn start_helper(&self, arguments: &[&str]) -> Child {
        self.program("cp-token.exe", arguments).spawn().expect("run wine")
    }

    /// Runs `cp-token` with this on its standard input.
    pub(crate) fn helper_given(&self, input: &str, arguments: &[&str]) -> Outcome {
        run_given(self.program("cp-token.exe", arguments), input)
    }

    /// Runs the other program of the tests.
    pub(crate) fn probe(&self, arguments: &[&str]) -> Outcome {
        finish(self.program("probe.exe", arguments).spawn().expect("run wine"))
    }

    /// The path of the other program of the tests, as Windows sees it.
    pub(crate) fn probe_path(&self) -> String {
        format!("Z:{}", self.programs.join("probe.exe").display()).replace('/', "\\")
    }

    /// Makes a profile of the stage's client, whose secret rests there.
    pub(crate) fn create_profile(&self, name: &str, source: &str) {
        let given = format!("{}\n", self.secret());
        let mut arguments = self.creation(name);
        arguments.extend(["--secret-stdin", "--secret-source", source].map(str::to_owned));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        self.helper_given(&given, &arguments).succeeded();
    }

    /// The words that make a profile, but for those about its secret.
    pub(crate) fn creation(&self, name: &str) -> Vec<String> {
        let (url, ca) = (self.server.url(), self.path("ca.pem"));
        let words = ["profile", "create", name, "--url", &url, "--client-id", "key-1", "--ca-bundle", &ca];
        words.map(str::to_owned).into()
    }

    /// What `status --json` says.
    pub(crate) fn status(&self) -> serde_json::Value {
        serde_json::from_str(self.helper(&["status", "--json"]).succeeded()).expect("JSON")
    }

    /// Ends the daemon as a crash would.
    pub(crate) fn kill_the_daemon(&self) {
        let number = self.status()["pid"].to_string();
        assert_eq!(self.probe(&["end", &number]).succeeded(), "ended\r\n");
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.helper(&["daemon", "stop"]));
    }
}

/// Runs a program with this on its standard input.
pub(crate) fn run_given(mut command: Command, input: &str) -> Outcome {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("run wine");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    // One that refuses its arguments reads nothing.
    drop(stdin.write_all(input.as_bytes()));
    drop(stdin);
    finish(child)
}

/// Waits for a program's end.
pub(crate) fn finish(child: Child) -> Outcome {
    let output = child.wait_with_output().expect("wait for wine");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Outcome {
        code: output.status.code().expect("an exit code"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}
