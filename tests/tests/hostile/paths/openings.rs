//! Owns the openings that decide trust by a path, each as a person meets it: whether the program takes what is there.

use std::os::unix::fs::{lchown, symlink};
use std::path::Path;

use cp_token_tests::world::{Call, Client, Daemon, Launch, World};

use crate::stage::{AS_OTHER, OTHER, by_other, chmod, give_to, give_world_to_other};

/// What an opening wants of a path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Decision,
    Secret,
    OwnFolder,
}

/// One of them.
pub(super) struct Opening {
    pub(super) name: &'static str,
    pub(super) folder: &'static str,
    pub(super) file: &'static str,
    pub(super) content: fn(&World) -> String,
    pub(super) mode: u32,
    pub(super) need: Need,
    pub(super) is_taken: fn(&Stage, &Path) -> bool,
}

/// A world of an ordinary user, with a daemon.
pub(super) struct Stage {
    pub(super) world: World,
    client: Client,
    _daemon: Daemon,
}

impl Stage {
    pub(super) fn set() -> Self {
        let world = World::new();
        give_world_to_other(&world);
        let client = world.new_client();
        std::fs::write(world.path("bin/secret"), &client.secret).expect("write the secret");
        let daemon = world.launch(Launch::by(AS_OTHER));
        let stage = Self { world, client, _daemon: daemon };
        give_to(stage.world.path("bin/secret"), OTHER);
        chmod(stage.world.path("bin/secret"), 0o600);
        stage
    }

    fn helper(&self, arguments: &[&str]) -> Call {
        by_other(&self.world, self.world.helper_file()).args(arguments)
    }

    /// Whether a profile can be created, with its proof; it is gone afterwards.
    fn creates(&self, bundle: &Path, more: &[&str], stdin: &str) -> bool {
        let (url, id) = (self.world.server().url(), self.client.id.as_str());
        let line = ["profile", "create", "prod", "--url", &url, "--client-id", id, "--ca-bundle"];
        let created = self.helper(&line).args([bundle]).args(more).stdin(stdin).run();
        let is_created = created.code == 0;
        assert!(is_created || [64, 69, 78].contains(&created.code), "{created:?}");
        if is_created {
            self.helper(&["profile", "delete", "prod", "--yes"]).run().succeeded();
        }
        is_created
    }

    /// Whether a daemon starts with this variable, and what a caller with the same is told.
    fn starts(&self, variable: &str, value: &Path, asked: fn(&Self, Call) -> bool) -> bool {
        let socket = self.world.path("run/other.sock");
        give_to(self.world.path("run"), OTHER);
        let launch = Launch::by(AS_OTHER).env("CP_TOKEN_SOCKET", &socket).env(variable, value);
        let Ok(_daemon) = self.world.try_launch(launch) else { return false };
        asked(self, self.helper(&[]).env("CP_TOKEN_SOCKET", &socket).env(variable, value))
    }
}

pub(super) fn openings() -> Vec<Opening> {
    let nothing = |_: &World| String::new();
    let text = |folder, file, content: fn(&World) -> String| Opening {
        name: file,
        folder,
        file,
        content,
        mode: 0o600,
        need: Need::Decision,
        is_taken: |_, _| false,
    };
    let secret = |world: &World| std::fs::read_to_string(world.path("bin/secret")).expect("the secret");
    let program = |world: &World| format!("#!/bin/sh\ncat {}\n", world.path("bin/secret").display());
    let bundle = |world: &World| std::fs::read_to_string(world.ca_file()).expect("the bundle");
    vec![
        Opening { is_taken: takes_config, ..text("config", "config.toml", |_| CONFIG.to_owned()) },
        Opening { is_taken: takes_bundle, ..text("tls", "bundle.pem", bundle) },
        Opening { is_taken: takes_program, mode: 0o700, ..text("tools", "show", program) },
        Opening { is_taken: takes_daemon, mode: 0o700, ..text("daemons", "cp-tokend", |_| READY.to_owned()) },
        Opening { is_taken: takes_import, ..text(".crashplancli", "config.cfg", |_| FOREIGN.to_owned()) },
        Opening { is_taken: takes_secret, need: Need::Secret, ..text("secrets", "secret", secret) },
        Opening { is_taken: takes_socket, need: Need::OwnFolder, ..text("socket", "file", nothing) },
        Opening { is_taken: takes_state, need: Need::OwnFolder, ..text("state", "file", nothing) },
    ]
}

const READY: &str = "#!/bin/sh\necho ready\n";
const CONFIG: &str = "[profile.read]\nurl = \"https://a.example\"\nclient_id = \"k\"\n";
const FOREIGN: &str = "[p]\ncpg_authority_url=https://a.example\ncpg_username=k\napi-client-auth=True\n";

fn takes_config(stage: &Stage, path: &Path) -> bool {
    let folder = path.parent().expect("a folder");
    stage.starts("CP_TOKEN_CONFIG_DIR", folder, |_, call| {
        let outcome = call.args(["-p", "none"]).run();
        assert!(["there is no profile none", "is not used"].iter().any(|word| outcome.stderr.contains(word)));
        outcome.stderr.contains("there is no profile none")
    })
}

fn takes_bundle(stage: &Stage, path: &Path) -> bool {
    stage.creates(path, &["--secret-source", "memory", "--secret-stdin"], &stage.client.secret)
}

fn takes_program(stage: &Stage, path: &Path) -> bool {
    let path = path.to_str().expect("UTF-8");
    stage.creates(stage.world.ca_file().as_path(), &["--secret-command", path], "")
}

fn takes_secret(stage: &Stage, path: &Path) -> bool {
    let path = path.to_str().expect("UTF-8");
    stage.creates(stage.world.ca_file().as_path(), &["--secret-file", path], "")
}

/// The helper starts what lies beside it, which is here a link of ours to the file: it is run if it says that it is ready.
fn takes_daemon(stage: &Stage, path: &Path) -> bool {
    let (folder, helper) = (stage.world.path("bin/started"), stage.world.path("bin/started/cp-token"));
    if !helper.exists() {
        std::fs::create_dir(&folder).expect("make a folder");
        chmod(&folder, 0o755);
        stage.world.program("cp").args([stage.world.helper_file(), helper.clone()]).run().succeeded();
    }
    let link = folder.join("cp-tokend");
    drop(std::fs::remove_file(&link));
    symlink(path, &link).expect("set a link");
    lchown(&link, Some(OTHER), Some(OTHER)).expect("give it away");
    let call = by_other(&stage.world, helper).args(["daemon", "start"]);
    let outcome = call.env("CP_TOKEN_SOCKET", stage.world.path("run/started.sock")).run();
    assert!([69, 78].contains(&outcome.code), "{outcome:?}");
    outcome.stderr.contains("cp-tokend says that it is ready")
}

fn takes_import(stage: &Stage, path: &Path) -> bool {
    let home = path.parent().and_then(Path::parent).expect("a home");
    let line = ["profile", "import", "--dry-run", "--secret-source", "memory"];
    let outcome = stage.helper(&line).env("HOME", home).run();
    assert!(["config.cfg", "p: "].iter().any(|word| format!("{outcome:?}").contains(word)), "{outcome:?}");
    !outcome.stderr.contains("is not read")
}

fn takes_socket(stage: &Stage, path: &Path) -> bool {
    let socket = path.with_file_name("daemon.sock");
    stage.starts("CP_TOKEN_SOCKET", &socket, |_, call| {
        let outcome = call.run();
        assert!(outcome.code == 78, "{outcome:?}");
        outcome.stderr.contains("there is no profile")
    })
}

/// The state folder is where a daemon in the background has its log.
fn takes_state(stage: &Stage, path: &Path) -> bool {
    let folder = path.parent().expect("a folder");
    let line = ["daemon", "start"];
    let socket = stage.world.path("run/background.sock");
    let call = |line: &[&str]| {
        stage.helper(line).env("CP_TOKEN_SOCKET", &socket).env("CP_TOKEN_STATE_DIR", folder).run()
    };
    if call(&line).code != 0 {
        return false;
    }
    let has_log = folder.join("daemon.log").exists();
    call(&["daemon", "stop", "--yes"]).succeeded();
    has_log
}
