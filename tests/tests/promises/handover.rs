//! Promises about one daemon that takes the place of another: no call fails, no token is requested again, no code is
//! asked for, and whoever cannot take over changes nothing.

mod attacks;
mod broken;
mod links;
mod load;
mod manager;
mod moments;
mod supervised;

use std::ffi::OsStr;
use std::path::Path;

use cp_token_tests::world::{Outcome, World, eventually};

use crate::test_user::{TestUser, creating};

/// Profiles of every kind: how each is asked for.
const KINDS: [&[&str]; 4] =
    [&["-p", "prod"], &["-p", "other"], &["-p", "jo"], &["-p", "old", "-f", "header"]];

/// A world whose daemon holds something of every kind, all of it in memory only.
fn stage() -> World {
    let world = World::new();
    world.create_profile("prod", "memory");
    world.create_profile("other", "memory");
    let (jo, old) =
        (TestUser::new(&world), TestUser { name: "old@example.com".to_owned(), ..TestUser::new(&world) });
    world.server().add_user(&jo.name, &jo.password, Some("123456"));
    world.server().add_user(&old.name, &old.password, None);
    let askpass = askpass(&world);
    let create = creating(&world, &jo, "jo").args(["--totp", "ask"]).stdin(&jo.password);
    create.env("CP_TOKEN_ASKPASS", askpass).run().succeeded();
    let created = creating(&world, &old, "old").args(["--basic"]).stdin(&old.password).run();
    assert_eq!(created.code, 0, "{created:?}");
    for kind in KINDS {
        assert_eq!(world.call(kind).printing_a_token().run().code, 0);
    }
    world
}

fn askpass(world: &World) -> std::path::PathBuf {
    let path = world.path("askpass");
    std::fs::write(&path, "#!/bin/sh\necho 123456\n").expect("write a program");
    crate::handover::executable(&path);
    path
}

fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("make it a program");
}

fn restart(world: &World) -> Outcome {
    world.helper(&["daemon", "restart"])
}

/// Puts this program where the daemon's lies, as an installer does: the old file is gone, a new one has the name.
fn replace_daemon(world: &World, with: impl AsRef<OsStr>) {
    let fresh = world.path("bin/fresh");
    let copied = std::process::Command::new("cp").arg("--").arg(with.as_ref()).arg(&fresh).status();
    assert!(copied.expect("run cp").success());
    std::fs::rename(fresh, world.daemon_file()).expect("put it in its place");
}

/// Puts a program there that is broken in this way.
fn bad_new_process(world: &World, mode: &str) {
    replace_daemon(world, env!("CARGO_BIN_EXE_bad-new-process"));
    std::fs::write(world.path("bin/successor.mode"), mode).expect("write the mode");
}

/// Waits until the process runs this very file.
fn wait_until_it_runs(pid: u32, file: &Path) {
    let run = || std::fs::read_link(format!("/proc/{pid}/exe")).expect("it lives, and we may look");
    eventually("it runs the new file", || run() == file);
}
