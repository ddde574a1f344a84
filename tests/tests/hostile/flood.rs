//! Attacks by number: more connections, descriptors and requests than anybody needs.

use cp_token_tests::programs;
use cp_token_tests::world::{ASK_FOR_A_TOKEN, Raw, World, eventually, frame};

use crate::python::{hex, interpreter};
use crate::stage::{allow_descriptors, serving};

const CROWD: usize = 5000;

#[test]
fn five_thousand_connections_keep_no_honest_caller_out_and_give_everything_back() {
    if !programs::is_root() {
        return;
    }
    // Before the daemon is there, which takes its limit over.
    allow_descriptors(CROWD as u64 + 2000);
    let Some((world, daemon, before)) = serving() else { return };
    let crowd: Vec<Raw> = (0..CROWD).map(|_| world.raw()).collect();
    world.helper(&[]).token();
    world.helper(&["--fresh"]).token();
    world.helper(&["status"]).succeeded();
    let most = daemon.descriptors();
    drop(crowd);
    before.come_back(&daemon, 3072);
    world.helper(&[]).token();
    assert!(most > 100, "the control: the crowd was let in, {most} descriptors");
}

#[test]
fn five_thousand_callers_at_once_are_all_answered() {
    if !programs::is_root() {
        return;
    }
    // Before the daemon is there, which takes its limit over.
    allow_descriptors(CROWD as u64 + 2000);
    let Some((world, daemon, before)) = serving() else { return };
    let token = world.helper(&[]).token();
    let mut crowd: Vec<Raw> = (0..CROWD).map(|_| world.raw()).collect();
    for raw in &mut crowd {
        raw.send(&frame(&ASK_FOR_A_TOKEN));
    }
    let answered = crowd
        .iter_mut()
        .map(Raw::rest)
        .filter(|answer| answer.windows(token.len()).any(|bytes| bytes == token.as_bytes()));
    assert_eq!(answered.count(), CROWD);
    before.come_back(&daemon, 3072);
}

/// Sends descriptors along with requests, again and again, and prints how many replies came.
const PASS_DESCRIPTORS: &str = "
import socket, sys
request = bytes.fromhex(sys.argv[2])
count = 0
for _ in range(int(sys.argv[3])):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(100)
    s.connect(sys.argv[1])
    socket.send_fds(s, [request], [0, 1, 2, 0, 1, 2, 0, 1])
    count += bool(s.recv(65536))
print(count)
";

#[test]
fn a16_descriptors_that_callers_send_along_are_never_taken_in() {
    let Some((world, daemon, before)) = serving() else { return };
    let send = |request: &[u8], times: &str| {
        let script = world.program(interpreter()).args(["-c", PASS_DESCRIPTORS]).args([world.socket()]);
        script.args([&hex(request), times]).run().succeeded().stdout
    };
    assert_eq!(send(&frame(&ASK_FOR_A_TOKEN), "2000"), "2000\n");
    assert_eq!(send(&frame(&ASK_FOR_A_TOKEN)[..7], "1"), "0\n");
    before.come_back(&daemon, 2048);
}

#[test]
fn d08_a_flood_of_bad_requests_makes_few_log_lines_and_says_how_many_it_left_out() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    let requests = if std::env::var_os("CP_TOKEN_TESTS_LONG").is_some() { 100_000 } else { 5000 };
    for _ in 0..requests {
        let mut raw = world.raw();
        raw.send(b"GET / HTTP/1.1\r\n\r\n");
        assert!(raw.rest().is_empty());
    }
    let lines = || daemon.log().matches("a connection was closed").count();
    eventually("the first line is written", || lines() > 0);
    // A long run crosses a few minutes.
    assert!(lines() <= 10 * (1 + requests / 5000), "{} lines", lines());
}

#[test]
fn d09_ten_thousand_profiles_that_do_not_exist_are_not_remembered() {
    let Some((world, daemon, before)) = serving() else { return };
    for number in 0..10_000 {
        let name = format!("p{number}");
        let body =
            [&[0, 1, name.len() as u8][..], name.as_bytes(), &[0, 0, 0xfb, 0x30, 0x75, 0, 0, 0]].concat();
        let mut raw = world.raw();
        raw.send(&frame(&body));
        assert!(String::from_utf8_lossy(&raw.rest()).contains(&name), "the reply names the profile");
    }
    before.come_back(&daemon, 2048);
    world.helper(&[]).token();
}
