//! Attacks of the user's own programs on a hand-over, in the window in which the new process of the daemon has not
//! hardened itself yet. The window is held open for as long as the attack takes.

use std::path::{Path, PathBuf};

use cp_token_tests::world::{Call, Client, Daemon, Launch, Running, World, eventually};

use crate::python::{Script, hex};
use crate::stage::{AS_OTHER, OTHER, by_other, can_be_others, give_to, give_world_to_other};

/// Takes from a process whatever the system lets it take: looks through its memory for bytes, copies its descriptors,
/// reads what lies in them, speaks on the channel of the hand-over as the new process would, and traces it. Then it keeps all
/// of it until a file exists, and says what it got and what it heard. The argument is PID:BYTES:HOW:FILE.
const TAKE: &str = "
import array, ctypes, os, socket, sys, time
pid, wanted, how, end = sys.argv[1].split(':', 3)
pid, wanted = int(pid), bytes.fromhex(wanted)
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
got, stolen, heard = [], {}, b''
try:
    found = 0
    memory = open('/proc/%d/mem' % pid, 'rb', 0)
    for line in open('/proc/%d/maps' % pid):
        start, limit = [int(n, 16) for n in line.split()[0].split('-')]
        try:
            memory.seek(start)
            found += memory.read(limit - start).count(wanted)
        except (OSError, ValueError, OverflowError): pass
    got.append('memory:%d' % found)
except OSError: pass
handle = os.pidfd_open(pid)
for number in range(3, 64):
    copy = libc.syscall(438, handle, number, 0)
    if copy >= 0:
        try: stolen[number] = socket.socket(fileno=copy)
        except OSError: pass
if stolen: got.append('descriptors')
for channel in stolen.values():
    try: heard += channel.recv(65536, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except OSError: pass
line = open('/proc/%d/cmdline' % pid).read().split('\\0')
given = [word for word in line if word.startswith('--take-over=')]
channel = given and stolen.get(int(given[0].split('=')[1].split(',')[2]))
if channel:
    ours, theirs = socket.socketpair()
    ours.settimeout(100)
    ours.sendall(b'\\x03\\x00\\x00\\x00\\x00\\x01x')
    passed = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [theirs.fileno()]))
    channel.sendmsg([b'CPTH\\x02\\x00\\x00\\x00'], [passed])
    theirs.close()
    got.append('spoke')
    # Whoever holds everything lets go of what is not its parent's.
    try: heard += ours.recv(65536)
    except ConnectionError: pass
if libc.ptrace(0x4206, pid, None, None) == 0:
    got.append('traced')
    if how == 'leaves':
        libc.ptrace(0x4207, pid, None, None)
        os.waitpid(pid, 0x40000000)
        libc.ptrace(17, pid, None, None)
print('done', flush=True)
while not os.path.exists(end): time.sleep(0.01)
for channel in stolen.values():
    try: heard += channel.recv(65536, socket.MSG_DONTWAIT)
    except OSError: pass
print(*got, '|', heard.hex())
";

/// A world of another user, whose daemon holds a secret and a token, in the middle of a hand-over: its process runs a new
/// process that has not hardened itself and waits for a word.
struct Stage {
    world: World,
    daemon: Daemon,
    client: Client,
    token: String,
    restarting: Option<Running>,
}

fn stage() -> Stage {
    let world = World::new();
    give_world_to_other(&world);
    give_to(world.path("bin"), OTHER);
    let daemon = world.launch(Launch::by(AS_OTHER));
    let client = world.new_client();
    let line = ["profile", "create", "prod", "--url", &world.server().url(), "--client-id", &client.id];
    let create = by_other(&world, world.helper_file()).args(line).args(["--secret-source", "memory"]);
    let create = create.args([Path::new("--secret-stdin"), Path::new("--ca-bundle"), &world.ca_file()]);
    create.stdin(&client.secret).run().succeeded();
    let token = ask(&world).run().token();
    replace_by_one_that_waits(&world);
    let restarting = by_other(&world, world.helper_file()).args(["daemon", "restart"]).spawn();
    eventually("the new process is there", || world.path("bin/successor.here").exists());
    Stage { world, daemon, client, token, restarting: Some(restarting) }
}

fn ask(world: &World) -> Call {
    by_other(world, world.helper_file()).printing_a_token()
}

fn replace_by_one_that_waits(world: &World) {
    std::fs::copy(world.daemon_file(), world.path("bin/kept")).expect("keep the real one");
    let fresh = world.path("bin/fresh");
    std::fs::copy(env!("CARGO_BIN_EXE_bad-new-process"), &fresh).expect("copy it");
    std::fs::write(world.path("bin/successor.mode"), "waits in place").expect("write the mode");
    std::fs::rename(fresh, world.daemon_file()).expect("put it in its place");
}

impl Stage {
    fn attack(&self, how: &str) -> (Script, PathBuf) {
        let end = self.world.path("run").join(format!("{how}.end"));
        let wanted = hex(&self.client.secret.as_bytes()[4..]);
        let argument = format!("{}:{wanted}:{how}:{}", self.daemon.pid(), end.display());
        (Script::begin(true, TAKE, Path::new(&argument)), end)
    }

    /// Lets the new process go on.
    fn resume(&self) {
        std::fs::write(self.world.path("bin/successor.go"), "").expect("say the word");
    }

    /// What an attacker got, once it was let end; it heard nothing that is worth anything.
    fn got(&self, (script, end): (Script, PathBuf)) -> String {
        std::fs::write(end, "").expect("say the word");
        let outcome = script.rest();
        let (got, heard) = outcome.split_once('|').expect("two parts");
        for text in [&self.client.secret, &self.token] {
            assert!(!heard.contains(&hex(text.as_bytes())), "it heard a secret: {outcome}");
        }
        got.trim().to_owned()
    }
}

#[test]
fn whoever_looks_into_an_image_that_is_not_hardened_finds_nothing_and_what_is_taken_from_it_leads_nowhere() {
    if !can_be_others() {
        return;
    }
    let mut stage = stage();
    let early = stage.attack("leaves");
    stage.resume();
    let outcome = stage.restarting.take().expect("it was begun").finish().succeeded();
    assert!(outcome.stdout.contains("1 token and 1 secret kept"), "{outcome:?}");
    assert_eq!(ask(&stage.world).run().token(), stage.token);
    let late = stage.attack("late");
    assert_eq!(
        stage.got(early),
        "memory:0 descriptors spoke traced",
        "the control: it got all that there was"
    );
    assert_eq!(stage.got(late), "", "nothing of a process that is hardened");
}

#[test]
fn an_image_that_somebody_traces_is_given_nothing() {
    if !can_be_others() {
        return;
    }
    let mut stage = stage();
    let tracer = stage.attack("stays");
    stage.resume();
    let outcome = stage.restarting.take().expect("it was begun").finish();
    assert_ne!(outcome.code, 0, "{outcome:?}");
    ask(&stage.world).run().failed(69).saying("there is no secret for");
    assert!(stage.got(tracer).ends_with("traced"), "the control");
}
