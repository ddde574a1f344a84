//! Promises of `cp-token exec --file`: what is in the file is valid or not there at all, it is in memory, and it goes
//! with the program.

mod signals;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::programs;
use cp_token_tests::world::processes::{self, Signal};
use cp_token_tests::world::{Call, World, eventually};

use super::{wait_for_file, world};

/// A folder in memory that goes away with the test.
struct Memory(PathBuf);

impl Memory {
    fn new(world: &World) -> Option<Self> {
        let name = world.root().file_name().expect("a world has a name").to_owned();
        let folder = Path::new("/dev/shm").join(name);
        let is_memory = world.program("stat").args(["-f", "-c", "%T", "/dev/shm"]).run().stdout;
        if is_memory.trim() != "tmpfs" {
            programs::absent("/dev/shm is no tmpfs");
            return None;
        }
        std::fs::create_dir(&folder).expect("make a folder in memory");
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).expect("for us alone");
        Some(Self(folder))
    }

    /// Everything below, files and folders.
    fn content(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.0.join("tokens")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                found.push(entry.path());
                folders.push(entry.path());
            }
        }
        found
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// `cp-token exec --file --` with this line of shell.
fn keeping(world: &World, memory: &Memory, line: &str) -> Call {
    let call = world.call(&["exec", "--file", "--", "sh", "-c", line]).printing_a_token();
    call.env("XDG_RUNTIME_DIR", &memory.0)
}

/// The same for a line that waits for something. A safety net, never a measure.
fn keeping_until(world: &World, memory: &Memory, line: &str) -> Call {
    let call = world.call(&["exec", "--file", "--", "timeout", "120", "sh", "-c", line]).printing_a_token();
    call.env("XDG_RUNTIME_DIR", &memory.0)
}

#[test]
fn the_file_holds_the_token_alone_is_private_and_goes_with_the_program() {
    let world = world();
    let Some(memory) = Memory::new(&world) else { return };
    let token = world.helper(&[]).token();
    let show = "cat \"$CP_TOKEN_FILE\"; printf '|%s|%s|' \"${CP_TOKEN-none}\" \"$CP_TOKEN_URL\"; \
                stat -c '%a %u' \"$CP_TOKEN_FILE\" \"${CP_TOKEN_FILE%/*}\" \"${CP_TOKEN_FILE%/*/*}\"";
    let outcome = keeping(&world, &memory, show).run();
    let user = world.program("id").args(["-u"]).run().stdout.trim().to_owned();
    let modes = format!("600 {user}\n700 {user}\n700 {user}\n");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert_eq!(outcome.stdout, format!("{token}|none|{}|{modes}", world.server().url()));
    assert_eq!(memory.content(), Vec::<PathBuf>::new());
}

#[test]
fn a_token_never_touches_the_disk() {
    let world = world();
    let disk = world.program("stat").args(["-f", "-c", "%T"]).args([world.root()]).run().stdout;
    if ["tmpfs", "ramfs"].contains(&disk.trim()) {
        return programs::skipped("the tests' own folder is in memory");
    }
    let result = world.helper(&["exec", "--file", "--", "touch", "ran"]).failed(69);
    result
        .saying("never touches the disk")
        .saying("CP_TOKEN_SOCKET to /")
        .saying("daemon.sock; or do without");
    assert!(!world.path("ran").exists());
}

/// Each look by the program finds a token that the server takes, across many lives.
#[test]
fn what_is_in_the_file_is_valid_for_as_long_as_the_program_runs() {
    if !programs::present(&["curl"]) {
        return;
    }
    let world = World::new();
    world.server().set_life(Duration::from_secs(4));
    world.create_profile("prod", "memory");
    let Some(memory) = Memory::new(&world) else { return };
    let url = format!("{}/api/v3/users", world.server().url());
    let line = format!(
        "while [ ! -e stop ]; do printf 'header = \"Authorization: Bearer %s\"\\n' \"$(cat \"$CP_TOKEN_FILE\")\" | \
         curl -q -s -o /dev/null -w '%{{http_code}}\\n' --cacert ca.pem -K - {url}; done"
    );
    let running = keeping_until(&world, &memory, &line).spawn();
    assert!(world.server().wait_for(cp_token_tests::world::TIMEOUT, |ledger| ledger.issued().len() >= 5));
    std::fs::write(world.path("stop"), "now").expect("write a sign");
    let outcome = running.finish().succeeded();
    let (all, refused) =
        (outcome.stdout.lines().count(), outcome.stdout.lines().filter(|code| *code != "200").count());
    assert!(all > 5 && refused == 0, "{refused} of {all} were refused");
    assert_eq!(world.server().refused_bearers(), 0);
}

#[test]
fn while_there_is_no_token_there_is_no_file_and_it_comes_back() {
    let world = world();
    let Some(memory) = Memory::new(&world) else { return };
    let line = "until [ ! -e \"$CP_TOKEN_FILE\" ]; do :; done; echo gone > gone; \
                until [ -e \"$CP_TOKEN_FILE\" ]; do :; done; cat \"$CP_TOKEN_FILE\"";
    let running = keeping_until(&world, &memory, line).spawn();
    world.call(&["lock", "--passphrase-stdin"]).stdin("a passphrase").run().succeeded();
    wait_for_file(&world, "gone");
    world.call(&["unlock", "--passphrase-stdin"]).stdin("a passphrase").run().succeeded();
    let outcome = running.finish();
    assert_eq!((outcome.code, outcome.stdout), (0, world.helper(&[]).token()));
    assert!(outcome.stderr.lines().count() == 1 && outcome.stderr.contains("locked"), "{:?}", outcome.stderr);
}

#[test]
fn a_token_that_lives_stays_in_the_file_while_the_server_is_down_however_long_it_was_to_live() {
    let world = World::new();
    world.server().set_life(Duration::from_secs(20));
    world.create_profile("prod", "memory");
    let Some(memory) = Memory::new(&world) else { return };
    let line =
        "cp \"$CP_TOKEN_FILE\" bin/first; until [ -e checked ]; do sleep 0.01; done; cat \"$CP_TOKEN_FILE\"";
    let call =
        world.call(&["exec", "--file", "--min-validity", "17s", "--", "timeout", "120", "sh", "-c", line]);
    let running = call.env("XDG_RUNTIME_DIR", &memory.0).printing_a_token().spawn();
    eventually("the first one runs", || world.path("bin/first").exists());
    world.server().answer_always(Answer::status(503, &[], "down"));
    let before = world.server().token_requests();
    // The second look comes when the first one has done what it does.
    assert!(
        world
            .server()
            .wait_for(cp_token_tests::world::TIMEOUT, |ledger| ledger.token_requests() >= before + 2)
    );
    let kept = memory.content().iter().filter(|path| path.ends_with("token")).count();
    std::fs::write(world.path("checked"), "now").expect("write a sign");
    let outcome = running.finish().succeeded();
    assert_eq!(kept, 1);
    assert_eq!(outcome.stdout, std::fs::read_to_string(world.path("bin/first")).expect("the token"));
}

#[test]
fn without_a_thread_to_spare_the_program_is_not_run_and_nothing_is_left() {
    if !programs::present(&["strace"]) {
        return;
    }
    let world = world();
    let Some(memory) = Memory::new(&world) else { return };
    world.helper(&[]).token();
    let start = |inject: &[&str]| {
        let line = ["-f", "-qq", "-o", "trace"].iter().chain(inject);
        let call = world.program("strace").args(line).args([world.helper_file()]);
        call.args(["exec", "--file", "--", "touch", "ran"]).env("XDG_RUNTIME_DIR", &memory.0).run()
    };
    start(&["-e", "inject=clone3:error=EAGAIN"]).failed(69).saying("gives out no thread");
    assert!(!world.path("ran").exists() && memory.content().is_empty(), "{:?}", memory.content());
    let trace = std::fs::read_to_string(world.path("trace")).expect("the trace");
    assert!(trace.contains("(INJECTED)"), "the control: {trace}");
    start(&[]).succeeded();
    assert!(world.path("ran").exists());
}

#[test]
fn a_rejected_token_is_replaced_in_the_file() {
    let world = world();
    let Some(memory) = Memory::new(&world) else { return };
    let token = world.helper(&[]).token();
    let line = "first=$(cat \"$CP_TOKEN_FILE\"); printf %s \"$first\" | cp-token --rejected >/dev/null; \
                while [ \"$(cat \"$CP_TOKEN_FILE\")\" = \"$first\" ]; do :; done; cat \"$CP_TOKEN_FILE\"";
    let outcome = keeping_until(&world, &memory, line).run().succeeded();
    assert_eq!(outcome.stdout, world.helper(&[]).token());
    assert_ne!(outcome.stdout, token);
}

#[test]
fn signals_reach_the_program_once_and_its_end_is_repeated() {
    let world = world();
    let Some(memory) = Memory::new(&world) else { return };
    let count = "for name in TERM INT HUP USR1; do trap \"echo $name; echo x > seen\" $name; done; \
                 trap 'exit 7' USR2; echo x > started; while :; do sleep 0.01; done";
    let running = keeping(&world, &memory, count).spawn();
    wait_for_file(&world, "started");
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::USR1] {
        running.signal(signal);
        wait_for_file(&world, "seen");
    }
    running.signal(Signal::USR2);
    let outcome = running.finish();
    assert_eq!((outcome.code, outcome.stdout.as_str()), (7, "TERM\nINT\nHUP\nUSR1\n"));
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::QUIT, 131)] {
        let running = keeping(&world, &memory, "echo x > started; exec sleep 1000").spawn();
        wait_for_file(&world, "started");
        running.signal(signal);
        assert_eq!(running.finish().code, code);
        assert_eq!(memory.content(), Vec::<PathBuf>::new());
    }
}

#[test]
fn ctrl_c_at_a_terminal_reaches_the_program_once() {
    if !programs::present(&["strace"]) {
        return;
    }
    let world = world();
    let Some(memory) = Memory::new(&world) else { return };
    // Two of the same signal may become one on their way, so what is looked at is that none is sent on.
    let line = format!(
        "XDG_RUNTIME_DIR={} strace -f -qq -e trace=kill,tgkill -o trace cp-token exec --file -- \
         sh -c 'trap \"echo once\" INT; echo READY; read x; read y; echo END'",
        memory.0.display()
    );
    let Some(outcome) = world.talk_at_a_terminal(&line, &[("READY", "\u{3}"), ("once", "a\nb\n")]) else {
        return;
    };
    assert!(outcome.stdout.contains("once\r") && outcome.stdout.contains("END"), "{outcome:?}");
    let trace = std::fs::read_to_string(world.path("trace")).expect("read the trace");
    assert!(trace.matches("--- SIGINT {si_signo=SIGINT, si_code=SI_KERNEL}").count() >= 2, "{trace}");
    assert!(!trace.contains("kill("), "{trace}");
}

#[test]
fn stopped_with_its_program_it_goes_on_with_it() {
    let world = world();
    let Some(memory) = Memory::new(&world) else { return };
    let line = "echo $$ > pid; while [ ! -e stop ]; do sleep 0.01; done; exit 5";
    let running = keeping(&world, &memory, line).in_its_own_group().spawn();
    eventually("it says its number", || {
        std::fs::read_to_string(world.path("pid")).is_ok_and(|pid| pid.ends_with('\n'))
    });
    let pid = std::fs::read_to_string(world.path("pid")).expect("a number").trim().parse().expect("a number");
    running.signal(Signal::TSTP);
    for pid in [pid, running.pid()] {
        eventually("it stands still", || state(pid) == 'T');
    }
    running.signal(Signal::CONT);
    eventually("both go on", || state(pid) != 'T' && state(running.pid()) != 'T');
    std::fs::write(world.path("stop"), "now").expect("write a sign");
    assert_eq!(running.finish().code, 5);
}

/// The letter that the system has for what a process does.
fn state(pid: u32) -> char {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process is there");
    let behind = status.rsplit(") ").next().expect("its state");
    behind.chars().next().expect("a letter")
}

#[test]
fn what_a_killed_run_has_left_the_next_one_removes_and_a_living_ones_stays() {
    let world = world();
    let Some(memory) = Memory::new(&world) else { return };
    let start = || {
        let running = keeping(&world, &memory, "echo $$ > pid; echo x > started; exec sleep 1000").spawn();
        wait_for_file(&world, "started");
        running
    };
    let killed = start();
    processes::end(killed.pid());
    let orphan: u32 =
        std::fs::read_to_string(world.path("pid")).expect("a number").trim().parse().expect("a number");
    assert_eq!(memory.content().iter().filter(|path| path.ends_with("token")).count(), 1);
    let living = start();
    keeping(&world, &memory, "true").run().succeeded();
    let left: Vec<_> = memory.content().into_iter().filter(|path| path.ends_with("token")).collect();
    assert!(left.len() == 1 && left[0].to_string_lossy().contains(&living.pid().to_string()), "{left:?}");
    processes::end(orphan);
    living.signal(Signal::TERM);
    assert_eq!(living.finish().code, 143);
    assert_eq!(memory.content(), Vec::<PathBuf>::new());
}
