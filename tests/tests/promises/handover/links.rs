//! Promises about the daemon's own path: it is a name, and each restart runs what that name means by then.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use cp_token_tests::world::World;

use super::{executable, restart};

/// A version of the daemon in a folder of its own.
fn version(world: &World, of: &Path, name: &str) -> PathBuf {
    let file = world.path(name).join("cp-tokend");
    std::fs::create_dir(world.path(name)).expect("make a folder");
    std::fs::hard_link(of, &file).expect("put it there");
    file
}

/// Makes the daemon's own path a link to this file, as an installer does, in one step.
fn point_to(world: &World, file: &Path) {
    let fresh = world.path("bin/fresh");
    symlink(file, &fresh).expect("make a link");
    std::fs::rename(fresh, world.daemon_file()).expect("put it in its place");
}

fn put_plain(world: &World, bytes: &[u8]) {
    let fresh = world.path("bin/fresh");
    std::fs::write(&fresh, bytes).expect("write a file");
    executable(&fresh);
    std::fs::rename(fresh, world.daemon_file()).expect("put it in its place");
}

fn run_by(pid: u32) -> PathBuf {
    std::fs::read_link(format!("/proc/{pid}/exe")).expect("it lives, and we may look")
}

#[test]
fn each_restart_runs_what_the_daemons_name_means_by_then_though_it_was_no_link_at_its_start() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let (pid, before) = (world.daemon_pid(), world.server().token_requests());
    let kept = version(&world, &world.daemon_file(), "v1");
    for name in ["v2", "v3"] {
        let next = version(&world, &kept, name);
        point_to(&world, &next);
        restart(&world).succeeded();
        assert_eq!(run_by(pid), next);
    }
    put_plain(&world, b"");
    restart(&world).failed(69).saying("the daemon goes on as before");
    std::fs::remove_file(world.daemon_file()).expect("remove it");
    restart(&world).failed(69).saying("it does not exist");
    assert_eq!(run_by(pid), world.path("v3/cp-tokend"), "it goes on");
    std::fs::hard_link(&kept, world.daemon_file()).expect("a plain file again");
    restart(&world).succeeded();
    assert_eq!(run_by(pid), world.daemon_file());
    assert_eq!((world.daemon_pid(), world.server().token_requests()), (pid, before));
    assert_eq!(world.helper(&["--no-start"]).token(), token);
}

#[test]
fn a_daemon_that_was_started_by_a_link_goes_on_with_what_the_link_means_by_then() {
    let world = World::new();
    let first = version(&world, &world.daemon_file(), "v1");
    let second = version(&world, &first, "v2");
    point_to(&world, &first);
    world.helper(&["daemon", "start"]).succeeded();
    let pid = world.daemon_pid();
    assert_eq!(run_by(pid), first, "the control");
    point_to(&world, &second);
    restart(&world).succeeded();
    assert_eq!((run_by(pid), world.daemon_pid()), (second, pid));
}
