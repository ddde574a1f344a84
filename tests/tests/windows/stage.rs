//! Owns one test's stage in the Wine prefix that all share: a pipe, folders and a fake CrashPlan of its own. It looks at
//! the product only through programs, files and a pipe.

use std::fs::File;
use std::io::{BufReader, Write, stderr};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

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

    /// A Windows program with nothing of our environment, but with the product's settings of this stage.
    pub(crate) fn program(&self, name: &str, arguments: &[&str]) -> Program {
        let mut program = self.bare(name, arguments);
        program.command.env("CP_TOKEN_SOCKET", self.pipe());
        for (variable, folder) in [("CP_TOKEN_CONFIG_DIR", "config"), ("CP_TOKEN_STATE_DIR", "state")] {
            program.command.env(variable, self.path(folder));
        }
        program
    }

    /// A Windows program with nothing of our environment.
    pub(crate) fn bare(&self, name: &str, arguments: &[&str]) -> Program {
        // A safety net, never a measure: what should have refused to run would run for ever.
        let mut command = Command::new("timeout");
        command.args(["120", "wine"]).arg(self.programs.join(name)).args(arguments).env_clear();
        command.env("HOME", &self.home).env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8");
        command.env("WINEDEBUG", "-all").env("WINEDLLOVERRIDES", "mscoree,mshtml=");
        command.stdin(Stdio::null()).current_dir(self.folder());
        let [output, errors] = ["out", "err"].map(|what| self.folder().join(unique(what)));
        command.stdout(File::create(&output).expect("a file")).stderr(File::create(&errors).expect("a file"));
        Program { command, output, errors }
    }

    /// Runs `cp-token` to its end.
    pub(crate) fn helper(&self, arguments: &[&str]) -> Outcome {
        self.program("cp-token.exe", arguments).run()
    }

    /// Runs `cp-token` with this on its standard input.
    pub(crate) fn helper_given(&self, input: &str, arguments: &[&str]) -> Outcome {
        self.program("cp-token.exe", arguments).run_given(input)
    }

    /// Runs the other program of the tests.
    pub(crate) fn probe(&self, arguments: &[&str]) -> Outcome {
        self.program("probe.exe", arguments).run()
    }

    /// The path of the other program of the tests, as Windows sees it.
    pub(crate) fn probe_path(&self) -> String {
        format!("Z:{}", self.programs.join("probe.exe").display()).replace('/', "\\")
    }

    /// Makes a profile of the stage's client, whose secret is kept there.
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
        drop(self.helper(&["daemon", "stop", "--yes"]));
    }
}

/// A Windows program about to run. What it prints goes to files: Wine hands standard error on to every program that is
/// started, whatever Windows says, so a pipe would not end with the program.
pub(crate) struct Program {
    command: Command,
    output: PathBuf,
    errors: PathBuf,
}

/// One that runs.
pub(crate) struct Running {
    child: Child,
    output: PathBuf,
    errors: PathBuf,
}

impl Program {
    /// One more variable, or another value for one.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts it.
    pub(crate) fn start(mut self) -> Running {
        let child = self.command.spawn().expect("run wine");
        Running { child, output: self.output, errors: self.errors }
    }

    /// Starts it, and gives what it prints as it comes.
    pub(crate) fn listen(mut self) -> (Child, BufReader<ChildStdout>) {
        let mut child = self.command.stdout(Stdio::piped()).spawn().expect("run wine");
        let output = child.stdout.take().expect("standard output is a pipe");
        (child, BufReader::new(output))
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Outcome {
        self.start().finish()
    }

    /// Runs it to its end with this on its standard input.
    pub(crate) fn run_given(mut self, input: &str) -> Outcome {
        self.command.stdin(Stdio::piped());
        let mut running = self.start();
        let mut stdin = running.child.stdin.take().expect("standard input is a pipe");
        // One that refuses its arguments reads nothing.
        drop(stdin.write_all(input.as_bytes()));
        drop(stdin);
        running.finish()
    }
}

impl Running {
    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Outcome {
        let status = self.child.wait().expect("wait for wine");
        let text = |path: &PathBuf| std::fs::read_to_string(path).expect("UTF-8");
        Outcome {
            code: status.code().expect("an exit code"),
            stdout: text(&self.output),
            stderr: text(&self.errors),
        }
    }
}
