//! Attacks on the daemon's memory by programs of its own user, and by whatever keeps the memory of a process that
//! died.

use cp_token_tests::programs;
use cp_token_tests::world::processes::Signal;
use cp_token_tests::world::{Launch, World};

use crate::python::{Script, interpreter};
use crate::stage::{AS_OTHER, by_other, can_be_others, give_world_to_other};

/// Says what it gets hold of in the process of its argument.
const PRY: &str = "
import ctypes, os, sys
process = int(sys.argv[1])
for name in ['environ', 'mem', 'maps', 'fd']:
    path = f'/proc/{process}/{name}'
    try:
        os.listdir(path) if name == 'fd' else open(path, 'rb').read(1 if name == 'environ' else 0)
        print(name)
    except PermissionError:
        pass
if ctypes.CDLL(None).ptrace(16, process, None, None) == 0:
    print('trace')
";

const WAIT: &str = "import sys; print('here', flush=True); sys.stdin.read()";

#[test]
fn e02_e03_a_program_of_the_same_user_can_neither_trace_the_daemon_nor_read_it() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    give_world_to_other(&world);
    let daemon = world.launch(Launch::by(AS_OTHER));
    let pry = |pid: u32| {
        let call = by_other(&world, interpreter()).args(["-c", PRY, &pid.to_string()]);
        call.run().succeeded().stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(pry(daemon.pid()), Vec::<String>::new());
    let unprotected = Script::begin(true, WAIT, "".as_ref());
    let held = pry(unprotected.pid());
    assert!(held.iter().any(|what| what == "environ"), "the control: an ordinary process is read, {held:?}");
    if may_trace() {
        assert_eq!(
            held,
            ["environ", "mem", "maps", "fd", "trace"],
            "the control: an ordinary process is open"
        );
    }
}

/// Whether the system lets a user trace his own ordinary processes.
fn may_trace() -> bool {
    let scope = std::fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    ["", "0"].contains(&scope.trim())
}

/// The program behind it believes that these calls of its first thread were done.
fn deceived(calls: &[String]) -> Launch {
    let faults = calls.iter().flat_map(|call| ["-e".to_owned(), format!("inject={call}")]);
    let words = ["prlimit", "--core=unlimited", "strace", "-f", "-qq", "-o", "/dev/null"].map(str::to_owned);
    Launch::by(words.into_iter().chain(faults))
}

/// Such a deception about the call that has this word, out of all those of this name.
fn without(call: &str, word: &str) -> String {
    let world = World::new();
    let trace = world.path("trace");
    let file = trace.to_str().expect("a path in UTF-8");
    world.launch(Launch::by(["strace", "-qq", "-o", file, "-e", &format!("trace={call}")])).kill();
    let trace = std::fs::read_to_string(trace).expect("read the trace");
    let place = trace.lines().position(|line| line.contains(word)).expect("such a call");
    format!("{call}:retval=0:when={}", place + 1)
}

fn core_files(world: &World) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(world.root()).expect("look").flatten();
    let is_core = |path: &std::path::PathBuf| {
        path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"core"))
    };
    entries.map(|entry| entry.path()).filter(is_core).collect()
}

/// Whether a daemon that lacks these protections leaves a core file when it is aborted.
fn leaves_a_core(calls: &[String]) -> bool {
    let world = World::new();
    let mut daemon = world.launch(deceived(calls));
    world.create_profile("prod", "memory");
    daemon.signal(Signal::ABORT);
    assert_eq!(daemon.wait(), 128 + 6);
    let cores = core_files(&world);
    // It holds the secret, as a core does, and must be gone before the world is searched.
    cores.iter().for_each(|core| std::fs::remove_file(core).expect("remove the core"));
    !cores.is_empty()
}

#[test]
fn e01_an_aborted_daemon_leaves_no_core_even_where_the_limit_on_cores_is_taken_away() {
    if !programs::is_root() || !programs::present(&["strace", "prlimit"]) {
        return;
    }
    let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    if pattern.starts_with(['|', '/']) || !pattern.starts_with("core") {
        return programs::absent("this system gives cores to a program or puts them elsewhere");
    }
    // Without it a core would lie elsewhere than in the world's folder, where it is looked for.
    let moves = without("chdir", "chdir(");
    let limit = without("prlimit64", "RLIMIT_CORE, {");
    let undumpable = without("prctl", "PR_SET_DUMPABLE");
    assert!(!leaves_a_core(std::slice::from_ref(&moves)));
    assert!(!leaves_a_core(&[moves.clone(), limit.clone()]), "without the limit");
    assert!(leaves_a_core(&[moves, limit, undumpable]), "the control: without any protection");
}
