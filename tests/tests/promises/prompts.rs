//! Promises of every hidden prompt: whatever stops or ends it, the terminal is as it was, and the end is that of the
//! signal.

mod early;
mod job;

use cp_token_tests::world::processes::Signal;
use cp_token_tests::world::{World, eventually};

use crate::test_user::{TestUser, creating};
use job::{Once, Shell};

/// What the passphrase is asked for with.
const PASSPHRASE: &str = "Passphrase for cp-tokend (not shown): ";

/// What asks for each thing that is asked for without being shown, and how it asks.
fn every_question(world: &World) -> Vec<(String, &'static str)> {
    let jo = TestUser::new(world);
    let create = creating(world, &jo, "codes").args(["--totp", "ask", "--no-verify"]);
    create.stdin(&jo.password).run().succeeded();
    let create = "profile create --no-verify --secret-source memory --url https://api.example";
    let proxy = "profile update codes --proxy http://me@proxy.example:1";
    vec![
        ("lock".to_owned(), PASSPHRASE),
        (format!("{create} --client-id key-1 new"), "API client secret for new (not shown): "),
        (format!("{create} --username jo new"), "Password of jo for new (not shown): "),
        ("-p codes".to_owned(), "The code (not shown): "),
        ("profile update codes --totp stored".to_owned(), "(not shown): "),
        (proxy.to_owned(), "(not shown): "),
    ]
}

#[test]
fn ctrl_c_at_each_hidden_prompt_leaves_the_terminal_as_it_was_and_ends_it_as_of_that_signal() {
    let world = World::new();
    for (line, question) in every_question(&world) {
        Once::asking(&world, &line, question).press("\u{3}").expect_end(130);
    }
    Once::asking(&world, "lock", PASSPHRASE).press("\u{1c}").expect_end(131);
}

#[test]
fn a_signal_from_outside_leaves_the_terminal_as_it_was_and_ends_it_as_of_that_signal() {
    let world = World::new();
    for signal in [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM, Signal::ALARM, Signal::USR1] {
        Once::asking(&world, "lock", PASSPHRASE).signal(signal).expect_end(128 + signal.as_raw());
    }
    // Those that hardly anybody sends, by number, since a real-time signal has no name.
    for signal in [4, 5, 6, 7, 8, 11, 16, 24, 25, 26, 27, 29, 30, 31, 64] {
        Once::asking(&world, "lock", PASSPHRASE).signal_by_number(signal).expect_end(128 + signal);
    }
}

/// The C library lets nobody catch some of these: they wait until the prompt has its answer.
#[test]
fn a_signal_that_the_c_library_keeps_for_itself_leaves_the_terminal_as_it_was() {
    let world = World::new();
    for signal in [32, 33] {
        // The C library has a program ignore them that it starts by posix_spawn, as cargo starts this one.
        let code = if is_ignored(signal) { 64 } else { 128 + signal };
        Once::asking(&world, "lock", PASSPHRASE).signal_by_number(signal).press("\u{4}").expect_end(code);
    }
}

/// Whether this process, and with it whatever it starts, ignores the signal.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("a mask").trim();
    u64::from_str_radix(mask, 16).expect("bits") & (1 << (signal - 1)) != 0
}

#[test]
fn a_prompt_that_is_answered_leaves_the_terminal_as_it_was() {
    let world = World::new();
    Once::asking(&world, "lock", PASSPHRASE).press("\u{4}").expect_end(64);
    let mut once = Once::asking(&world, "lock", PASSPHRASE);
    once.press("wrong\u{15}a passphrasé\u{7f}e\n").wait_for_question("The same once more (not shown): ");
    once.press("a passphrase\n").expect_end(0);
    let unlock = world.call(&["unlock", "--passphrase-stdin"]).stdin("a passphrase");
    unlock.run().succeeded();
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_asks_again_without_showing_the_answer() {
    let world = World::new();
    let Some(mut shell) = Shell::start(&world) else { return };
    shell.ask("cp-token lock", PASSPHRASE);
    for question in [PASSPHRASE, "The same once more (not shown): "] {
        shell.stop("half of it\u{1a}");
        shell.ask("fg", question);
        shell.keys("a passphrase\n");
        if question == PASSPHRASE {
            shell.question("The same once more (not shown): ");
        }
    }
    shell.expect_end(0);
    assert!(world.helper(&["unlock"]).code != 0, "it is locked, and there is nobody to ask");
    let shown = shell.leave();
    assert!(!shown.contains("a passphrase") && !shown.contains("half of it"), "{shown}");
}

#[test]
fn one_that_stands_still_leaves_the_terminal_to_the_shell_whatever_comes_next() {
    let world = World::new();
    let Some(mut shell) = Shell::start(&world) else { return };
    shell.ask("cp-token lock", PASSPHRASE);
    shell.stop("\u{1a}");
    // In the background it may not change the terminal, so it stops again.
    shell.line("bg");
    let process = shell.process();
    eventually("it stands still", || job::is_stopped(process));
    shell.expect_terminal_as_before();
    shell.keys("kill %1\n");
    eventually("it ends", || !job::is_there(process));
    shell.expect_note("Terminated");
    // Nobody can catch this one: the terminal is set right by the shell, and found so by fg.
    shell.ask("cp-token lock", PASSPHRASE);
    shell.signal(Signal::STOP);
    shell.prompt();
    shell.ask("fg", PASSPHRASE);
    shell.keys("\u{3}");
    shell.prompt();
    shell.expect_end(130);
}

#[test]
fn a_closed_terminal_ends_it_as_of_a_hang_up_and_one_that_ignores_that_ends_all_the_same() {
    let world = World::new();
    for (trap, code) in [(":", "129\n"), ("", "64\n")] {
        let line =
            format!("trap '{trap}' HUP; cp-token lock 2>errors; echo $? > ended.new; mv ended.new ended");
        let mut dialogue = world.dialogue_with("sh", &["-c", &line]);
        dialogue.wait_for_question(PASSPHRASE);
        drop(dialogue);
        eventually("the shell goes on", || world.path("ended").exists());
        assert_eq!(std::fs::read_to_string(world.path("ended")).expect("its end"), code, "trap {trap:?}");
        std::fs::remove_file(world.path("ended")).expect("forget it");
    }
}

#[test]
fn a_deletion_asks_or_was_agreed_to_with_yes_and_no_pipe_answers_it() {
    let world = World::new();
    let _daemon = world.daemon();
    world.create_profile("prod", "memory");
    for piped in ["", "y\n", "n\n"] {
        let outcome = world.call(&["profile", "delete", "prod"]).stdin(piped).run().failed(64);
        outcome.saying("profile prod was not deleted; run this again with --yes");
    }
    world.helper(&["--fresh"]).token();
    world.helper(&["profile", "delete", "prod", "--yes"]).succeeded();
    world.helper(&[]).failed(78).saying("there is no profile");
}
