//! Attacks through the socket that a service manager hands over: forged, of the wrong kind, of somebody else.

use cp_token_tests::programs;
use cp_token_tests::world::{Launch, Outcome, World};

use crate::python::interpreter;
use crate::stage::chmod;

/// Puts a socket of this kind at descriptor 3, as a service manager would, and becomes the daemon.
const HAND_OVER: &str = "
import os, socket, sys
kind, path, process, count, daemon = sys.argv[1:6]
os.umask(0o077)
if kind == 'file':
    number = os.open(path + '.file', os.O_RDWR | os.O_CREAT)
elif kind == 'pipe':
    number = os.pipe()[0]
elif kind == 'closed':
    number = None
else:
    family = {'tcp': socket.AF_INET, 'udp': socket.AF_INET}.get(kind, socket.AF_UNIX)
    type = {'udp': socket.SOCK_DGRAM, 'datagram': socket.SOCK_DGRAM, 'packets': socket.SOCK_SEQPACKET}
    s = socket.socket(family, type.get(kind, socket.SOCK_STREAM))
    if family == socket.AF_INET:
        s.bind(('127.0.0.1', 0))
    elif kind == 'abstract':
        s.bind('\\0' + path)
    else:
        s.bind(path + '.other' if kind == 'elsewhere' else path)
    if kind not in ('udp', 'datagram', 'deaf'):
        s.listen(8)
    number = s.detach()
if number is None:
    os.closerange(3, 100)
else:
    os.dup2(number, 3)
    os.set_inheritable(3, True)
os.environ['LISTEN_PID'] = {'own': str(os.getpid())}.get(process, process)
os.environ['LISTEN_FDS'] = count
os.execv(daemon, [daemon])
";

fn launch(world: &World, kind: &str, process: &str, count: &str) -> Launch {
    let socket = world.socket();
    let path = socket.to_str().expect("a path in UTF-8").to_owned();
    let words = [interpreter(), "-c", HAND_OVER, kind, &path, process, count].map(str::to_owned);
    Launch::by(words)
}

fn refused(world: &World, kind: &str, count: &str) -> Outcome {
    let outcome = world.try_launch(launch(world, kind, "own", count)).err();
    let outcome = outcome.unwrap_or_else(|| panic!("{kind} was adopted"));
    assert!(outcome.code == 69 && outcome.stdout.is_empty(), "{kind}: {outcome:?}");
    outcome
}

fn serves(world: &World) {
    world.create_profile("prod", "memory");
    world.helper(&[]).token();
}

#[test]
fn b12_only_a_listening_unix_stream_socket_at_the_meeting_place_is_adopted() {
    if !programs::is_root() {
        return;
    }
    for kind in ["tcp", "udp", "datagram", "packets", "deaf", "file", "pipe", "closed"] {
        let result = refused(&World::new(), kind, "1");
        assert!(result.stderr.contains("no listening Unix stream socket"), "{kind}: {result:?}");
    }
    for kind in ["elsewhere", "abstract"] {
        let result = refused(&World::new(), kind, "1");
        assert!(result.stderr.contains("does not listen where the helpers come"), "{kind}: {result:?}");
    }
    let world = World::new();
    chmod(world.path("run/cp-token"), 0o777);
    let result = refused(&world, "good", "1");
    assert!(result.stderr.contains("chmod 700"), "{result:?}");
    let result = refused(&World::new(), "good", "2");
    assert!(result.stderr.contains("where one is expected"), "{result:?}");
}

#[test]
fn b12_the_socket_that_is_meant_for_the_daemon_is_adopted_and_its_name_is_left_alone() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.launch(launch(&world, "good", "own", "1"));
    serves(&world);
    assert_eq!(daemon.terminate(), 0);
    assert!(world.socket().exists(), "the name is the service manager's");
}

#[test]
fn b12_after_a_hand_over_the_activated_sockets_name_is_still_the_service_managers() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.launch(launch(&world, "good", "own", "1"));
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    for _ in 0..2 {
        world.helper(&["daemon", "restart"]).succeeded();
        assert_eq!(world.helper(&[]).token(), token);
    }
    assert_eq!(daemon.terminate(), 0);
    assert!(world.socket().exists(), "the name is the service manager's");
}

#[test]
fn b19_beside_an_activated_daemon_no_other_one_starts() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let _daemon = world.launch(launch(&world, "good", "own", "1"));
    let second = world.try_launch(Launch::default()).err().expect("a second daemon started");
    assert!(second.stderr.contains("a daemon runs here already; use it"), "{second:?}");
    world.helper(&["daemon", "start"]).succeeded();
    assert_eq!(world.running(), [world.daemon_pid()]);
}

#[test]
fn b11_what_is_handed_to_another_process_or_in_no_readable_way_is_not_touched() {
    if !programs::is_root() {
        return;
    }
    for (process, count) in
        [("1", "1"), ("", "1"), ("x", "1"), ("-1", "1"), ("own", "0"), ("own", ""), ("own", "x")]
    {
        let world = World::new();
        let daemon = world.launch(launch(&world, "tcp", process, count));
        assert!(world.socket().exists(), "its own socket");
        let tcp = std::fs::read_to_string(format!("/proc/{}/net/tcp", daemon.pid())).expect("we may look");
        let third = std::fs::read_link(format!("/proc/{}/fd/3", daemon.pid())).unwrap_or_default();
        let third = third.to_string_lossy().replace("socket:[", "").replace(']', "");
        let is_tcp = tcp.lines().any(|line| line.split_whitespace().nth(9) == Some(third.as_str()));
        assert!(!is_tcp, "{process:?} {count:?}: the stranger's socket is held");
        serves(&world);
        assert_eq!(daemon.terminate(), 0);
    }
}
