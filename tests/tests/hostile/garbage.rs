//! Attacks with bytes: what is not the protocol, or is it almost.

use std::os::unix::net::UnixListener;

use cp_token_tests::programs;
use cp_token_tests::world::{ASK_FOR_A_TOKEN, ASK_FOR_STATUS, World, frame};

use crate::stage::idle_costs;

/// Closed without a byte back.
const FOREIGN: [&[u8]; 9] = [
    b"GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x00\x00\x00\x01\x0b",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    b"CPTX\x01\x00\x00\x00\x01\x00\x00\x00\x01",
    b"CPTK\x01\x00\x07\x00\x01\x00\x00\x00\x01",
    b"CPTK\x01\x00\x00\x01\x01\x00\x00\x00\x01",
    b"{\"jsonrpc\":\"2.0\",\"method\":\"token\"}\n",
    b"l\x01\x00\x01\x00\x00\x00\x00AUTH EXTERNAL 30\r\n",
];

fn answer(world: &World, bytes: &[u8]) -> Vec<u8> {
    let mut raw = world.raw();
    raw.send(bytes);
    raw.rest()
}

fn preamble(length: u32) -> Vec<u8> {
    [b"CPTK\x01\x00\x00\x00".as_slice(), &length.to_le_bytes()].concat()
}

fn is_malformed(answer: &[u8]) -> bool {
    answer.windows(9).any(|words| words == b"malformed")
}

#[test]
fn c08_another_protocol_is_hung_up_on_without_a_byte() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let _daemon = world.daemon();
    for bytes in FOREIGN {
        assert_eq!(answer(&world, bytes), b"", "{}", String::from_utf8_lossy(bytes));
    }
    assert!(!answer(&world, &frame(&ASK_FOR_STATUS)).is_empty(), "the control");
}

#[test]
fn c01_c02_a_length_that_is_none_is_refused_before_a_byte_of_memory_is_taken_for_it() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    let before = idle_costs(&daemon);
    for _ in 0..100 {
        for length in [0, 65_537, 0x7fff_ffff, u32::MAX] {
            assert!(is_malformed(&answer(&world, &preamble(length))), "{length}");
        }
    }
    before.come_back(&daemon, 1024);
    let longest = [preamble(65_536), vec![0xff; 65_536]].concat();
    assert!(is_malformed(&answer(&world, &longest)), "the longest body is read whole, and then judged");
}

#[test]
fn c02_a_request_means_the_same_however_it_is_cut() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let _daemon = world.daemon();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let whole = frame(&ASK_FOR_A_TOKEN);
    for cut in 1..whole.len() {
        let mut raw = world.raw();
        raw.send(&whole[..cut]);
        // Another caller's turn lies between the two, so they do arrive apart.
        world.raw().0.shutdown(std::net::Shutdown::Both).expect("close it");
        raw.send(&whole[cut..]);
        let rest = raw.rest();
        assert!(rest.windows(token.len()).any(|bytes| bytes == token.as_bytes()), "cut at {cut}");
    }
}

#[test]
fn c03_c09_every_body_that_is_no_request_is_refused_in_words_that_repeat_nothing() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    let before = idle_costs(&daemon);
    // A name and a list that announce 2^63 elements, variants that do not exist, and bytes left over.
    let huge = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0x80];
    let mut bodies: Vec<Vec<u8>> = vec![[&[0, 1][..], &huge].concat(), [&[5][..], &huge].concat()];
    bodies.extend((0..=255).map(|variant| vec![variant, 0xff, 0xff, 0xff]));
    bodies.extend([[&ASK_FOR_STATUS[..], b"\0"].concat(), [&ASK_FOR_A_TOKEN[..], b"more"].concat()]);
    bodies.extend((1..ASK_FOR_A_TOKEN.len()).map(|length| ASK_FOR_A_TOKEN[..length].to_vec()));
    for body in bodies {
        assert!(is_malformed(&answer(&world, &frame(&body))), "{body:?}");
    }
    before.come_back(&daemon, 1024);
    world.helper(&[]).token();
}

#[test]
fn c05_ten_thousand_requests_in_one_breath_are_refused_as_one() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    let before = idle_costs(&daemon);
    let mut raw = world.raw();
    // The daemon hangs up long before the end.
    drop(std::io::Write::write_all(&mut raw.0, &frame(&ASK_FOR_STATUS).repeat(10_000)));
    assert!(raw.rest().len() < 1024);
    assert!(is_malformed(&answer(&world, &frame(&ASK_FOR_STATUS).repeat(2))));
    before.come_back(&daemon, 1024);
}

#[test]
fn c09_another_version_is_told_which_one_is_spoken() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let _daemon = world.daemon();
    for version in [0_u16, 2, u16::MAX] {
        let head = [b"CPTK".as_slice(), &version.to_le_bytes(), b"\x00\x00\x01\x00\x00\x00\x01"].concat();
        assert_eq!(answer(&world, &head), b"CPTK\x01\x00\x01\x00\x04\x00\x00\x00\x01\x00\x01\x00");
    }
}

#[test]
fn c10_a_name_that_is_none_is_refused_by_both_ends() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let _daemon = world.daemon();
    world.create_profile("prod", "memory");
    let long = "x".repeat(65);
    for name in ["../../x", "a/b", "A", "prod ", "", "pr\u{043e}d", "\u{202e}dorp", "-p", ".", &long] {
        world.helper(&["-p", name]).failed(64);
        let body = [&[0, 1, name.len() as u8][..], name.as_bytes(), &[0, 0, 0xfb, 0x30, 0x75]].concat();
        let answer = answer(&world, &frame(&body));
        assert!(
            is_malformed(&answer) || answer.windows(20).any(|words| words == b"there is no profile "),
            "{name:?}"
        );
    }
    for name in [&b"pr\0d"[..], b"\xff\xfe\xfd"] {
        let body = [&[0, 1, name.len() as u8][..], name, &[0, 0, 0xfb, 0x30, 0x75]].concat();
        assert!(is_malformed(&answer(&world, &frame(&body))));
    }
    world.helper(&["-p", "prod"]).token();
}

#[test]
fn c11_a_daemon_that_announces_four_gibibytes_is_left_by_the_helper() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    for bytes in [preamble(u32::MAX), preamble(0), b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![0; 1 << 20]] {
        drop(std::fs::remove_file(world.socket()));
        let listener = UnixListener::bind(world.socket()).expect("listen");
        let posing = std::thread::spawn(move || {
            let (mut caller, _) = listener.accept().expect("a caller");
            drop(std::io::Write::write_all(&mut caller, &bytes));
            drop(std::io::Read::read_to_end(&mut caller, &mut Vec::new()));
        });
        world.helper(&[]).failed(76).saying("not our daemon");
        posing.join().expect("the one who posed ends");
    }
}

#[test]
fn c12_garbage_with_a_secret_in_it_comes_back_nowhere() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let _daemon = world.daemon();
    let secret = world.new_secret();
    for before in [&b""[..], b"CPTK", b"CPTK\x01\x00\x00\x00\x40\x00\x00\x00", &[0, 1, 40]] {
        for bytes in [[before, secret.as_bytes()].concat(), frame(&[before, secret.as_bytes()].concat())] {
            let mut raw = world.raw();
            raw.send(&bytes);
            raw.end_sending();
            let rest = raw.rest();
            assert!(!rest.windows(8).any(|piece| secret.as_bytes().windows(8).any(|other| other == piece)));
        }
    }
    // The end of the world searches the log, which is as verbose as can be.
    assert!(world.leaks().is_empty());
    world.oracle().record("the control", secret);
    assert_eq!(world.leaks(), ["the control"]);
    std::mem::forget(world_without_control(world));
}

/// A world whose record now holds a planted leak would fail at its end; it is ended by hand instead.
fn world_without_control(world: World) -> World {
    for pid in world.running() {
        cp_token_tests::world::processes::end(pid);
    }
    drop(std::fs::remove_dir_all(world.root()));
    world
}

#[test]
fn c13_no_browser_can_reach_the_daemon_because_it_listens_nowhere_but_at_its_socket() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    let pid = daemon.pid();
    let links = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("we may look").flatten();
    let links: Vec<_> = links.filter_map(|entry| std::fs::read_link(entry.path()).ok()).collect();
    let listening = |kind: &str, state: &str, column: usize| {
        let table = std::fs::read_to_string(format!("/proc/net/{kind}")).unwrap_or_default();
        let inodes = table.lines().filter(|line| line.split_whitespace().nth(3) == Some(state));
        let inodes = inodes.filter_map(|line| line.split_whitespace().nth(column).map(str::to_owned));
        inodes
            .map(|inode| format!("socket:[{inode}]"))
            .filter(|name| links.iter().any(|link| link.as_os_str() == name.as_str()))
            .count()
    };
    assert_eq!(
        ["tcp", "tcp6", "udp", "udp6"].map(|kind| listening(kind, "0A", 9) + listening(kind, "07", 9)),
        [0; 4]
    );
    assert_eq!(listening("unix", "00010000", 6), 1, "the control: the one socket that listens");
}
