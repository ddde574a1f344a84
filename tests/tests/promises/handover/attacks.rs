//! Promises about other programs of the same user who want what is handed over: they get nothing.

use std::process::Command;

use cp_token_tests::world::{World, frame, processes};

use super::{restart, stage};

/// Becomes the daemon with descriptors of its own making, as if it handed over: a pair, a socket at the daemon's path
/// or elsewhere, and a lock file.
const FORGER: &str = "
import os, signal, socket, struct, sys
daemon, path, how, word, old = sys.argv[1:6]
ours, theirs = socket.socketpair()
place = socket.socket(socket.AF_UNIX)
if how == 'elsewhere':
    if os.path.exists(path + '.elsewhere'): os.unlink(path + '.elsewhere')
    place.bind(path + '.elsewhere')
else:
    # Another socket of the same name: the old one keeps its callers, under another. The daemon would make its own anew
    # as soon as its name is gone.
    os.kill(int(old), signal.SIGSTOP)
    os.rename(path, path + '.kept')
    place.bind(path)
    os.kill(int(old), signal.SIGCONT)
place.listen(8)
lock = os.open(os.path.join(os.path.dirname(path), 'other.lock' if how == 'other lock' else 'daemon.lock'),
               os.O_RDWR | os.O_CREAT, 0o600)
piece = struct.pack('<I', 2) + bytes([0, 0])
ours.sendall(b'CPTH\\x02\\x00\\x00\\x00' + piece)
numbers = [place.fileno(), lock, theirs.fileno()]
if how == 'numbers':
    numbers = [numbers[0], numbers[0] + 90, numbers[2]]
for number in numbers:
    try: os.set_inheritable(number, True)
    except OSError: pass
child = os.fork()
if child == 0:
    os.execv(daemon, [daemon, word + ','.join(map(str, numbers))])
theirs.close()
heard = b''
while True:
    try: piece = ours.recv(4096)
    except OSError: break
    if not piece: break
    heard += piece
_, status = os.waitpid(child, 0)
if how != 'elsewhere':
    os.rename(path + '.kept', path)
sys.stdout.write('%d %s' % (os.waitstatus_to_exitcode(status), heard.hex()))
";

fn forge(world: &World, how: &str, word: &str) -> String {
    let daemon = world.daemon_file();
    let socket = world.socket();
    let old = world.daemon_pid().to_string();
    // A forger who succeeds would wait for its daemon.
    let program = world.program("timeout").args(["60", "python3", "-I", "-c", FORGER]);
    let run = program
        .args([daemon.as_os_str(), socket.as_os_str(), how.as_ref(), word.as_ref(), old.as_ref()])
        .run();
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("cannot start"), "{how}: {run:?}");
    run.stdout
}

#[test]
fn a_forged_hand_over_beside_a_daemon_is_refused_and_hears_no_secret() {
    if !cp_token_tests::programs::present(&["python3"]) {
        return;
    }
    let world = stage();
    let old = world.daemon_pid();
    let token = world.helper(&["-p", "prod"]).token();
    for word in ["--rehearse=", "--take-over="] {
        for how in ["elsewhere", "lock", "other lock", "numbers"] {
            let heard = forge(&world, how, word);
            assert!(heard.starts_with("69 "), "{how}: {heard}");
        }
    }
    assert_eq!(world.helper(&["-p", "prod"]).token(), token, "the daemon is as it was");
    assert_eq!(world.daemon_pid(), old);
}

#[test]
fn odd_take_over_arguments_start_nothing() {
    let world = World::new();
    for word in [
        "--take-over=",
        "--take-over=3,4",
        "--take-over=0,1,2",
        "--take-over=3,3,3",
        "--take-over=3,4,5,5",
        "--rehearse=3,4",
        "--rehearse=3,4,5,6",
    ] {
        let run = Command::new(world.daemon_file()).arg(word).output().expect("run it");
        assert_eq!(run.status.code(), Some(64), "{word}: {run:?}");
    }
    let outcome = world.program(world.daemon_file()).args(["--take-over=30,31,32"]).run();
    assert_eq!(outcome.code, 69, "{outcome:?}");
    assert!(outcome.stderr.contains("does not come from a daemon"), "{outcome:?}");
}

#[test]
fn whoever_asks_by_the_socket_names_no_program_and_hears_no_more_than_one_line() {
    let world = stage();
    let token = world.helper(&["-p", "prod"]).token();
    let mut raw = world.raw();
    raw.send(&frame(&[16]));
    let heard = raw.rest();
    let text = String::from_utf8_lossy(&heard);
    assert!(text.contains("took over from") && !text.contains(&token), "{text}");
    let mut more = world.raw();
    more.send(&frame(&[16, 1]));
    assert!(String::from_utf8_lossy(&more.rest()).contains("malformed"));
    restart(&world).succeeded();
    assert!(processes::running(&[world.daemon_file()]).len() == 1);
}
