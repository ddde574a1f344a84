//! Promises about several installations of one user: what is wrong with one is its own affair.

use std::os::unix::fs::PermissionsExt;

use cp_token_tests::world::World;

#[test]
fn a_broken_second_installation_uses_up_no_start_of_the_first_one() {
    let world = World::new();
    let broken = world.path("broken");
    std::fs::create_dir(&broken).expect("make a folder");
    std::fs::hard_link(world.helper_file().canonicalize().expect("the helper"), broken.join("cp-token"))
        .expect("install the helper once more");
    let daemon = broken.join("cp-tokend");
    std::fs::write(&daemon, "#!/bin/sh\nexit 1\n").expect("write a program");
    std::fs::set_permissions(&daemon, std::fs::Permissions::from_mode(0o700)).expect("let it run");
    let start = || world.program(broken.join("cp-token")).args(["daemon", "start"]).run();
    for _ in 0..3 {
        start().failed(69).saying("ended before it was ready");
    }
    start().failed(69).saying("failed to start 3 times within 10 s");
    world.helper(&["daemon", "start"]).succeeded();
    world.stop_daemon();
    // Fixed, it is another daemon.
    std::fs::write(&daemon, format!("#!/bin/sh\nexec {} \"$@\"\n", world.daemon_file().display()))
        .expect("fix the program");
    start().succeeded();
    world.stop_daemon();
    // What is wrong with the settings of one call is no other call's affair.
    let elsewhere = || world.call(&["daemon", "start"]).env("CP_TOKEN_STATE_DIR", "relative").run();
    (0..3).for_each(|_| drop(elsewhere().failed(78)));
    world.helper(&["daemon", "start"]).succeeded();
    std::fs::remove_dir_all(broken).expect("programs need not be searched for secrets");
}
