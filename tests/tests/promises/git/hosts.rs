//! Promises about hosts that resemble a profile's, asked of the real helper and the real daemon.

use cp_token_tests::world::{Outcome, World};

use super::get;

/// What an attacker puts before, behind or into a host.
const PIECES: [&str; 40] = [
    "evil.net",
    ".evil.net",
    "-evil.net",
    "evil",
    ".",
    "..",
    "@",
    "@evil.net",
    "evil@",
    "u:p@",
    ":",
    ":443",
    ":1",
    "0",
    "x",
    "%2e",
    "%00",
    "%40evil.net",
    "%0a",
    "\\",
    "\\@evil.net",
    "/",
    "/../evil.net",
    "//evil.net",
    "?",
    "?@evil.net",
    "#",
    "#@evil.net",
    " ",
    "\t",
    "[",
    "]",
    ",evil.net",
    ";",
    "*",
    "_",
    "о",
    "。",
    "\u{200d}",
    "\u{202e}",
];

fn is_silent(outcome: &Outcome) -> bool {
    outcome.code == 0 && outcome.stdout.is_empty() && outcome.stderr.is_empty()
}

#[test]
fn h03_none_of_two_hundred_look_alikes_is_answered_for_and_the_host_itself_is() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let host = format!("localhost:{}", world.server().port());
    let ask =
        |protocol: &str, host: &str| get(&world, &format!("protocol={protocol}\nhost={host}\n\n")).run();
    let mut rows = 0;
    for piece in PIECES {
        let inside = host.replacen('l', piece, 1);
        for host in [
            format!("{piece}{host}"),
            format!("{host}{piece}"),
            inside,
            host.replace(':', &format!(":{piece}")),
        ] {
            assert!(is_silent(&ask("https", &host)), "{host:?}");
            rows += 1;
        }
        assert!(is_silent(&ask(piece, &host)), "protocol {piece:?}");
        rows += 1;
    }
    for protocol in ["http", "", "ftp", "ssh", "https:", "https://", "cert", "file"] {
        assert!(is_silent(&ask(protocol, &host)), "{protocol:?}");
    }
    assert_eq!(rows, 200);
    assert_eq!(world.server().token_requests(), 1);
    for (protocol, host) in [("https", host.clone()), ("HTTPS", host.to_ascii_uppercase())] {
        let answer = ask(protocol, &host).succeeded().stdout;
        assert!(answer.starts_with("username=prod\npassword=") && answer.lines().count() == 3, "{host}");
    }
}

#[test]
fn h02_h04_h10_h13_nothing_is_said_where_nothing_is_ours() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let host = format!("localhost:{}", world.server().port());
    for input in ["", "\n", "protocol=https\n\n", &format!("host={host}\n\n"), "protocol=https\nhost=\n\n"] {
        assert!(is_silent(&get(&world, input).run()), "{input:?}");
    }
    for operation in ["frobnicate", "GET", "", "get ", "étrange"] {
        let input = format!("protocol=https\nhost={host}\n\n");
        let outcome = world.call(&["git-credential", operation]).stdin(&input).run();
        assert!(is_silent(&outcome), "{operation:?} {outcome:?}");
    }
    world.helper(&["git-credential"]).failed(64);
    let unknown = format!("protocol=https\nhost={host}\nfrobnicate=1\nnew[]=2\n\n");
    assert!(get(&world, &unknown).run().succeeded().stdout.contains("password="));
}

#[test]
fn h01_h05_h06_h07_what_can_be_read_in_two_ways_gets_no_answer() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let host = format!("localhost:{}", world.server().port());
    for input in [
        format!("protocol=https\nhost={host}\nhost={host}\n\n"),
        format!("protocol=https\nhost=evil.example\nhost={host}\n\n"),
        format!("protocol=https\nhost={host}\nurl=https://{host}/\n\n"),
        format!("protocol=https\r\nhost={host}\r\n\r\n"),
        format!("protocol=https\rhost={host}\n\n"),
        format!("protocol=https\nhost={host}\0.evil.example\n\n"),
        format!("protocol=https\nhost={host}\nno equals sign\n\n"),
        format!("protocol=https\nhost={host}\nx={}\n\n", "x".repeat(65_536)),
    ] {
        get(&world, &input).run().failed(65);
    }
    let long = format!("protocol=https\nhost={host}\nx={}\n\n", "x".repeat(60_000));
    assert!(get(&world, &long).run().succeeded().stdout.contains("password="), "the control");
}

#[test]
fn h07_input_without_end_ends_the_helper() {
    let world = World::new();
    for (operation, code) in [("get", 65), ("store", 0), ("erase", 0)] {
        let line = format!("tr '\\0' x < /dev/zero | cp-token git-credential {operation}");
        let outcome = world.shell(&line);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (code, ""), "{operation}: {outcome:?}");
    }
}
