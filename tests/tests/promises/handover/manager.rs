//! Promises to a service manager, and to whoever looks at the process: it keeps its process number, the new program has the old
//! one's protections, and nothing of an environment comes with it.

use std::os::unix::net::UnixDatagram;

use cp_token_tests::programs;
use cp_token_tests::world::{Launch, TIMEOUT, World};

use super::restart;

fn hear(manager: &UnixDatagram) -> String {
    let mut buffer = [0; 256];
    let length = manager.recv(&mut buffer).expect("the manager is told");
    String::from_utf8_lossy(&buffer[..length]).trim().to_owned()
}

#[test]
fn a_service_manager_is_told_of_no_other_process_and_that_the_same_one_is_ready_again() {
    let world = World::new();
    let place = world.path("run/manager");
    let manager = UnixDatagram::bind(&place).expect("bind a socket");
    manager.set_read_timeout(Some(TIMEOUT)).expect("set a safety net");
    let daemon = world.launch(Launch::default().env("NOTIFY_SOCKET", &place));
    assert!(hear(&manager).starts_with("READY=1\n"));
    for _ in 0..2 {
        restart(&world).succeeded();
        assert!(hear(&manager).starts_with("READY=1\n"));
        let status = world.helper(&["status", "--json"]).json();
        assert_eq!(status["pid"], daemon.pid());
    }
    assert_eq!(daemon.terminate(), 0, "it ends in order");
    assert!(hear(&manager).starts_with("STOPPING=1"));
}

#[test]
fn b08_the_new_daemon_has_the_protections_of_the_old_one_and_nothing_of_a_strange_environment() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let strange =
        Launch::default().env("LD_PRELOAD", "/nonexistent/evil.so").env("HTTPS_PROXY", "http://evil");
    let daemon = world.launch(strange);
    let protections = || world.helper(&["status", "--json"]).json()["protections"].clone();
    let before = protections();
    restart(&world).succeeded();
    assert_eq!(protections(), before);
    let pid = daemon.pid();
    let variables = std::fs::read(format!("/proc/{pid}/environ")).expect("we may look");
    let variables = String::from_utf8_lossy(&variables).into_owned();
    assert!(variables.contains("CP_TOKEN_SOCKET=") && !variables.contains("evil"), "{variables}");
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).expect("its name");
    assert_eq!(name, "cp-tokend\n");
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).expect("its limits");
    assert!(limits.lines().any(|line| line.starts_with("Max core file size        0 ")), "{limits}");
    assert_eq!(daemon.terminate(), 0);
}
