//! Owns one test's whole world: folders, binaries, a fake CrashPlan and every process, all of its own. It looks
//! at the product only through what a user has: programs, files and a socket.

mod bus;
mod call;
mod closing;
mod daemon;
mod dialogue;
mod folder;
mod keyring;
mod logind;
pub mod processes;
mod raw;
mod secrets;
mod terminal;
mod waiting;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::binaries::Binaries;
use crate::fake_crashplan::FakeCrashPlan;
use crate::oracle::Oracle;

pub use call::{Call, Outcome, Running};
pub use daemon::{Daemon, Launch};
pub use dialogue::Dialogue;
pub use keyring::Keyring;
pub use logind::{Delay, FakeLogind};
pub use raw::{ASK_FOR_A_TOKEN, ASK_FOR_STATUS, Raw, ask_for_a_token_of, frame};
pub use secrets::FakeSecrets;
pub use terminal::HIDDEN;
pub use waiting::eventually;

use folder::Folder;

/// The longest that a test waits for what has to come. A safety net, never a measure.
pub const TIMEOUT: Duration = Duration::from_secs(120);

/// A private world. Dropping it ends what it started, searches everything for leaks, and removes its folder.
pub struct World {
    server: FakeCrashPlan,
    oracle: Arc<Oracle>,
    keyring: Option<Keyring>,
    count: AtomicUsize,
    // Last, because the others still use what lies in it.
    folder: Folder,
}

/// An API client that the server knows.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its ID.
    pub id: String,
    /// Its secret, of which the oracle knows.
    pub secret: String,
}

impl World {
    /// A world with a fake CrashPlan over TLS, without a keyring and without a daemon.
    pub fn new() -> Self {
        Self::around(FakeCrashPlan::start())
    }

    /// The same around a server of the test's own making.
    pub fn around(server: FakeCrashPlan) -> Self {
        let world = Self {
            server,
            oracle: Arc::default(),
            keyring: None,
            count: AtomicUsize::new(0),
            folder: Folder::new(),
        };
        world.furnish();
        world
    }

    /// A world with a session bus and an unlocked gnome-keyring of its own. `None`, said aloud, where those
    /// programs are missing.
    pub fn with_keyring() -> Option<Self> {
        Self::with_session(Keyring::start)
    }

    /// A world with a session bus of its own on which nobody keeps secrets. `None` as above.
    pub fn with_bus() -> Option<Self> {
        Self::with_session(Keyring::only_bus)
    }

    fn with_session(start: impl FnOnce(&Path) -> Option<Keyring>) -> Option<Self> {
        let mut world = Self::new();
        world.keyring = Some(start(world.root())?);
        Some(world)
    }

    fn furnish(&self) {
        for folder in ["bin", "config", "state", "home", "run", "run/cp-token"] {
            folder::make_private(&self.path(folder));
        }
        let binaries = Binaries::find();
        folder::link(&binaries.helper, &self.helper_file());
        folder::link(&binaries.daemon, &self.daemon_file());
        self.server.write_ca(self.ca_file());
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// Places.
impl World {
    /// The folder that everything lies in.
    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// A place below it.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root().join(relative)
    }

    /// The config folder, made empty.
    pub fn config_folder(&self) -> PathBuf {
        self.path("config")
    }

    /// The state folder, made empty.
    pub fn state_folder(&self) -> PathBuf {
        self.path("state")
    }

    /// Where the daemon listens.
    pub fn socket(&self) -> PathBuf {
        self.path("run/cp-token/daemon.sock")
    }

    /// The certificate of the server's authority.
    pub fn ca_file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// `cp-token`.
    pub fn helper_file(&self) -> PathBuf {
        self.path("bin/cp-token")
    }

    /// `cp-tokend`, beside it.
    pub fn daemon_file(&self) -> PathBuf {
        self.path("bin/cp-tokend")
    }
}

/// The parts.
impl World {
    /// The server.
    pub fn server(&self) -> &FakeCrashPlan {
        &self.server
    }

    /// The bus and the keyring. Panics in a world without.
    pub fn keyring(&self) -> &Keyring {
        self.keyring.as_ref().expect("a world with a session bus")
    }

    /// What knows every secret of this world.
    pub fn oracle(&self) -> &Arc<Oracle> {
        &self.oracle
    }

    /// A secret like the vendor's that no other world has, known to the oracle.
    pub fn new_secret(&self) -> String {
        let secret = folder::random_text();
        self.oracle.register(&secret);
        secret
    }

    /// A new API client with a new secret, known to the server and the oracle.
    pub fn new_client(&self) -> Client {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let client = Client { id: format!("key-{number}"), secret: self.new_secret() };
        self.server.add_client(&client.id, &client.secret);
        client
    }

    /// Creates a profile for a new API client at the world's server; `source` is `memory` or `keyring`.
    pub fn create_profile(&self, name: &str, source: &str) -> Client {
        let client = self.new_client();
        self.creating(name, source, &client, &self.server.url()).run().succeeded();
        client
    }

    /// `cp-token profile create` for this client at this URL, to be given more before it runs.
    pub fn creating(&self, name: &str, source: &str, client: &Client, url: &str) -> Call {
        let line = ["profile", "create", name, "--url", url, "--client-id", &client.id, "--secret-stdin"];
        let call = self.call(&line).args(["--secret-source", source]).stdin(&client.secret);
        call.args([OsStr::new("--ca-bundle"), self.ca_file().as_os_str()])
    }
}

/// Programs.
impl World {
    /// Runs `cp-token` with these arguments and nothing on standard input.
    pub fn helper(&self, arguments: &[&str]) -> Outcome {
        self.call(arguments).run()
    }

    /// Starts `cp-token` with these arguments.
    pub fn spawn_helper(&self, arguments: &[&str]) -> Running {
        self.call(arguments).spawn()
    }

    /// `cp-token` with these arguments, to be given more before it runs.
    pub fn call(&self, arguments: &[&str]) -> Call {
        self.program(self.helper_file()).args(arguments)
    }

    /// Any program in this world's environment, in which `PATH` leads to `cp-token` first.
    pub fn program(&self, program: impl AsRef<OsStr>) -> Call {
        Call::new(self.command(program), Arc::clone(&self.oracle))
    }

    /// Runs a line of shell in which `cp-token` is this world's.
    pub fn shell(&self, line: &str) -> Outcome {
        self.program("sh").args(["-c", line]).run()
    }

    /// Starts the daemon in the foreground with the most verbose log and returns once it is ready.
    pub fn daemon(&self) -> Daemon {
        self.launch(Launch::default())
    }

    /// The same with more variables, or by way of another program.
    pub fn launch(&self, launch: Launch) -> Daemon {
        self.try_launch(launch).unwrap_or_else(|outcome| panic!("the daemon did not start: {outcome:?}"))
    }

    /// The same where it may not start; then how it ended.
    ///
    /// # Errors
    /// Its exit code and what it wrote.
    pub fn try_launch(&self, launch: Launch) -> Result<Daemon, Outcome> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let log = self.path(format!("daemon-{number}.log"));
        let line = launch.line(&self.daemon_file());
        let mut command = self.command(&line[0]);
        command.args(&line[1..]).envs(launch.variables());
        daemon::start(command, log, &self.daemon_file(), &self.oracle)
    }

    /// A connection to the daemon with nothing said yet.
    pub fn raw(&self) -> Raw {
        Raw::connect(&self.socket())
    }

    /// The status of this API request with this token, as the real curl sees it.
    pub fn api_status(&self, token: &str) -> u16 {
        let url = format!("{}/api/v3/users?active=true", self.server.url());
        let header = format!("header = \"Authorization: Bearer {token}\"\n");
        let line = ["-q", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-K", "-", "--cacert"];
        let asked = self.program("curl").args(line).args([self.ca_file().as_os_str(), OsStr::new(&url)]);
        asked.stdin(header).run().stdout.parse().expect("curl prints the status")
    }

    /// Any program in this world's environment, of whose arguments and output the oracle hears nothing.
    pub(crate) fn unwatched(&self, program: impl AsRef<OsStr>) -> Command {
        self.command(program)
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.root()).envs(self.variables());
        command
    }

    fn variables(&self) -> Vec<(&'static str, OsString)> {
        let mut path = self.path("bin").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let bus = self.keyring.as_ref().map_or("unix:path=/nonexistent", Keyring::address);
        vec![
            ("CP_TOKEN_CONFIG_DIR", self.config_folder().into()),
            ("CP_TOKEN_LOG", "trace".into()),
            ("CP_TOKEN_SOCKET", self.socket().into()),
            ("CP_TOKEN_STATE_DIR", self.state_folder().into()),
            ("DBUS_SESSION_BUS_ADDRESS", bus.into()),
            ("HOME", self.path("home").into()),
            ("LC_ALL", "C".into()),
            ("PATH", path),
            ("XDG_RUNTIME_DIR", self.path("run").into()),
        ]
    }
}
