//! Promises about limits on memory that are lowered under a daemon that runs: a restart that they do not allow leaves the
//! daemon as it is, with all it holds.

use cp_token_tests::programs;
use cp_token_tests::world::{Daemon, World};

/// Sets one soft limit of the daemon that runs, as its user may.
fn limit(world: &World, daemon: &Daemon, what: &str) {
    let pid = daemon.pid().to_string();
    world.program("prlimit").args(["--pid", &pid, what]).run().succeeded();
}

#[test]
fn a_restart_for_which_memory_is_too_small_is_refused_and_the_daemon_goes_on() {
    if !programs::is_root() || !programs::present(&["prlimit"]) {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let (address_space, data) = ("--as=unlimited:", "--data=unlimited:");
    for small in [
        "--as=15000000:",
        "--as=9000000:",
        "--as=4000000:",
        "--as=200000:",
        "--data=500000:",
        "--data=100000:",
    ] {
        limit(&world, &daemon, small);
        for _ in 0..2 {
            world.helper(&["daemon", "restart"]).failed(69).saying("goes on as before").saying("RLIMIT_AS");
        }
        assert_eq!(world.helper(&["--no-start"]).token(), token, "{small}");
        assert_eq!(world.running(), [daemon.pid()], "{small}");
        limit(&world, &daemon, address_space);
        limit(&world, &daemon, data);
    }
    world.helper(&["daemon", "restart"]).succeeded();
    assert_eq!(world.helper(&["--no-start"]).token(), token, "the control");
}
