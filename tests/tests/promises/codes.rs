//! Promises about one-time codes: each way of giving one, and the ledger's proof that none is sent twice.

mod accounts;
mod programs;

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use cp_token_tests::clock_shim::{Clock, ClockShim};
use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::world::{TIMEOUT, World};

use crate::test_user::{TestUser, creating};

const STEP: Duration = Duration::from_secs(30);
/// The base32 of it is `GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ`.
const KEY: &[u8] = b"12345678901234567890";
const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// Every code that the server was sent, in order.
fn codes(world: &World) -> Vec<String> {
    let entries = world.server().entries();
    entries.iter().filter_map(|entry| entry.request.header("totp-auth").map(str::to_owned)).collect()
}

fn each_once(codes: &[String]) {
    let different: HashSet<_> = codes.iter().collect();
    assert_eq!(different.len(), codes.len(), "a code was sent twice: {codes:?}");
}

/// A program of this world that prints what a file holds, and leaves a line for each of its runs.
fn printer(world: &World, name: &str) -> (PathBuf, PathBuf) {
    let [program, answer, runs] =
        [name.to_owned(), format!("{name}.answer"), format!("{name}.runs")].map(|name| world.path(name));
    let text = format!("#!/bin/sh\necho \"$*\" >> {}\ncat {}\n", runs.display(), answer.display());
    fs::write(&program, text).expect("write a program");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("let it run");
    (program, answer)
}

/// A program in the folder that is its argument, and what lets its runs print: whoever writes for a run waits until
/// that run reads.
fn each_run_prints<'w>(world: &'w World, name: &str) -> impl Fn(usize, &str) + use<'w> {
    for run in 0..3 {
        world.program("mkfifo").args([world.path(format!("run-{run}"))]).run().succeeded();
    }
    fs::write(world.path("runs"), "0").expect("write a number");
    let text = "#!/bin/sh\ncd \"$1\" && run=$(cat runs) && echo $((run + 1)) > runs && cat run-$run\n";
    fs::write(world.path(name), text).expect("write a program");
    fs::set_permissions(world.path(name), fs::Permissions::from_mode(0o700)).expect("let it run");
    |run, code| fs::write(world.path(format!("run-{run}")), code).expect("the program reads")
}

/// A world with a daemon under moved clocks and a profile with a stored seed.
fn stored() -> Option<(World, ClockShim)> {
    let world = World::new();
    let clocks = ClockShim::build(&world)?;
    // The daemon goes on by itself until the world ends.
    std::mem::forget(world.launch(clocks.launch()));
    let jo = TestUser::new(&world);
    world.oracle().register(SEED);
    world.server().add_user_with_key(&jo.name, &jo.password, KEY);
    let lines = format!("{}\n{SEED}\n", jo.password);
    creating(&world, &jo, "jo").args(["--totp", "stored"]).stdin(&lines).run().succeeded();
    Some((world, clocks))
}

fn pass(world: &World, clocks: &ClockShim, time: Duration) {
    clocks.pass(time);
    world.server().set_code_clock(time);
}

#[test]
fn a_stored_seed_gives_a_new_code_for_every_login_and_waits_for_the_next_step() {
    let Some((world, clocks)) = stored() else { return };
    let first = world.helper(&[]).token();
    let waiting = world.spawn_helper(&["--fresh", "--timeout", "100s"]);
    assert_eq!(world.server().token_requests(), 1);
    pass(&world, &clocks, STEP);
    let second = waiting.finish().token();
    assert_ne!(first, second);
    pass(&world, &clocks, Duration::from_secs(31 * 60));
    assert_ne!(world.helper(&[]).token(), second, "it has ended and was renewed without anybody's help");
    assert_eq!(codes(&world).len(), 3);
    each_once(&codes(&world));
}

#[test]
fn whoever_cannot_wait_for_the_next_code_is_told_when_it_comes() {
    let Some((world, _clocks)) = stored() else { return };
    let outcome = world.helper(&["--fresh", "--timeout", "200ms"]).failed(75);
    outcome.saying("one-time code has been used already").saying("the next can be used in");
    each_once(&codes(&world));
}

#[test]
fn a_daemon_that_is_killed_does_not_send_the_same_code_again() {
    let world = World::new();
    let Some(clocks) = ClockShim::build(&world) else { return };
    let jo = TestUser::new(&world);
    world.server().add_user_with_key(&jo.name, &jo.password, KEY);
    world.oracle().register(SEED);
    let lines = format!("{}\n{SEED}\n", jo.password);
    let daemon = world.launch(clocks.launch());
    creating(&world, &jo, "jo").args(["--totp", "stored"]).stdin(&lines).run().succeeded();
    daemon.kill();
    let _daemon = world.launch(clocks.launch());
    // What only memory held is gone with the daemon, so it is given again.
    let reset = ["profile", "reset-secret", "jo", "--secret-stdin"];
    let waiting = world.call(&reset).stdin(&lines).spawn();
    pass(&world, &clocks, STEP);
    waiting.finish().succeeded();
    assert_eq!(codes(&world).len(), 2);
    each_once(&codes(&world));
}

#[test]
fn a_refused_stored_code_is_not_tried_again_until_a_person_says_so() {
    let Some((world, clocks)) = stored() else { return };
    world.server().answer_always(Answer::json(401, r#"{"error":"unauthorized"}"#));
    pass(&world, &clocks, STEP);
    let asked = world.server().token_requests();
    let refused = world.spawn_helper(&["--fresh", "--timeout", "100s"]);
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.token_requests() > asked));
    // A request that is under way has no part in it.
    clocks.set(Clock::Wall, 90);
    world.server().set_code_clock(3 * STEP);
    let refused = refused.finish().failed(77);
    refused.saying("the password or the one-time code").saying("clock is right").saying("API client");
    pass(&world, &clocks, 10 * STEP);
    for _ in 0..10 {
        world.helper(&["--fresh"]).failed(77);
    }
    assert_eq!(world.server().token_requests(), asked + 2, "a code, and one of another step");
    world.server().answer_normally();
    world.helper(&["forget"]).succeeded();
    pass(&world, &clocks, 20 * STEP);
    world.helper(&[]).token();
    each_once(&codes(&world));
}

#[test]
fn without_anybody_to_ask_a_needed_code_is_a_refusal_that_says_what_to_do() {
    let world = World::new();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, Some("123456"));
    let create = || creating(&world, &jo, "jo").args(["--totp", "ask"]).stdin(&jo.password);
    let outcome = create().run().failed(77).saying("one-time code").saying("nothing was changed");
    let outcome =
        outcome.saying("; run the creation at a terminal, set CP_TOKEN_ASKPASS for it, or add --no-verify");
    assert!(!outcome.stderr.contains("cp-token -p jo"), "there is no such profile: {outcome:?}");
    create().args(["--no-verify"]).run().succeeded();
    let reset = world.alone(&["profile", "reset-secret", "jo", "--secret-stdin"]).stdin(&jo.password);
    reset
        .run()
        .failed(77)
        .saying("; run this at a terminal, set CP_TOKEN_ASKPASS for it, or add --no-verify");
    for _ in 0..3 {
        world.alone(&[]).run().failed(77).saying("needs a one-time code").saying("CP_TOKEN_ASKPASS");
    }
    assert_eq!(world.server().token_requests(), 0, "nothing is sent without the code");
}

#[test]
fn an_askpass_program_is_asked_where_there_is_no_terminal_and_its_code_is_sent_once() {
    let world = World::new();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, Some("123456"));
    let (askpass, answer) = printer(&world, "askpass");
    creating(&world, &jo, "jo").args(["--totp", "ask", "--no-verify"]).stdin(&jo.password).run().succeeded();
    let get = |variable: &str, arguments: &[&str]| {
        world.alone(arguments).env(variable, &askpass).printing_a_token().run()
    };
    for text in ["12345\n", "no code", ""] {
        fs::write(&answer, text).expect("write the answer");
        world.helper(&["forget"]).succeeded();
        assert!([65, 77].contains(&get("SSH_ASKPASS", &[]).code), "{text:?}");
    }
    fs::remove_file(world.path("askpass.runs")).expect("it was asked for each");
    fs::write(&answer, "123456\n").expect("write the answer");
    let token = get("CP_TOKEN_ASKPASS", &[]).token();
    assert_eq!(get("SSH_ASKPASS", &[]).token(), token, "nobody is asked while it lives");
    let asked = fs::read_to_string(world.path("askpass.runs")).expect("it was asked");
    assert!(asked.lines().count() == 1 && asked.contains("jo") && asked.contains("one-time code"), "{asked}");
    let again = get("SSH_ASKPASS", &["--fresh"]).failed(75);
    again.saying("has been used").saying("the next can be used in");
    assert_eq!(codes(&world), ["123456"]);
}

#[test]
fn a_person_types_the_code_and_may_type_another_after_a_wrong_one() {
    let world = World::new();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, Some("123456"));
    creating(&world, &jo, "jo").args(["--totp", "ask", "--no-verify"]).stdin(&jo.password).run().succeeded();
    let typed = |code: &str| world.at_a_terminal("cp-token > typed", &format!("{code}\n"));
    let Some(wrong) = typed("654321") else { return };
    assert!(wrong.code == 77 && wrong.stdout.contains("needs a one-time code"), "{wrong:?}");
    assert!(!wrong.stdout.contains("654321"), "a code is not shown: {wrong:?}");
    let right = typed("123456").expect("a terminal");
    let token = fs::read_to_string(world.path("typed")).expect("the token");
    fs::remove_file(world.path("typed")).expect("the token is not left behind");
    assert_eq!((right.code, world.api_status(token.trim())), (0, 200), "{right:?}");
    assert_eq!(codes(&world), ["654321", "123456"]);
}

/// A profile whose codes are asked for, created with one that a program gives.
fn create_asking(world: &World) -> (TestUser, PathBuf, PathBuf) {
    let jo = TestUser::new(world);
    world.server().add_user(&jo.name, &jo.password, Some("123456"));
    let (askpass, answer) = printer(world, "askpass");
    fs::write(&answer, "123456\n").expect("write the answer");
    let create = creating(world, &jo, "jo").args(["--totp", "ask"]).stdin(&jo.password);
    create.env("CP_TOKEN_ASKPASS", &askpass).run().succeeded();
    let asked = fs::read_to_string(world.path("askpass.runs")).expect("it was asked");
    assert!(asked.contains("one-time code") && !asked.contains("nothing was changed"), "{asked}");
    (jo, askpass, answer)
}

#[test]
fn a_token_that_needs_a_code_for_its_renewal_says_so_and_is_not_renewed_ahead() {
    let world = World::new();
    let Some(clocks) = ClockShim::build(&world) else { return };
    let _daemon = world.launch(clocks.launch());
    create_asking(&world);
    for table in [world.helper(&["profile", "list"]), world.helper(&["status"])] {
        assert!(table.succeeded().stdout.contains("left, then a code is needed"));
    }
    clocks.pass(Duration::from_secs(25 * 60));
    let token = world.helper(&[]).token();
    assert_eq!(world.helper(&[]).token(), token);
    assert_eq!(world.server().token_requests(), 1, "nobody renews what only a person can renew");
}

#[test]
fn a_report_without_a_code_takes_the_token_from_nobody_else_and_one_with_a_code_brings_another() {
    let world = World::new();
    let Some(clocks) = ClockShim::build(&world) else { return };
    let _daemon = world.launch(clocks.launch());
    let (jo, askpass, answer) = create_asking(&world);
    let token = world.helper(&[]).token();
    for _ in 0..2 {
        let report = world.alone(&["--rejected"]).stdin(&token).run();
        report.failed(77).saying("needs a one-time code");
        assert_eq!(world.alone(&[]).printing_a_token().run().token(), token, "it stays for the others");
    }
    // The code of this moment was used: another is another moment's.
    clocks.pass(3 * STEP);
    world.server().add_user(&jo.name, &jo.password, Some("7654321"));
    fs::write(&answer, "7654321\n").expect("write the answer");
    let report = world.alone(&["--rejected"]).stdin(&token).env("CP_TOKEN_ASKPASS", &askpass);
    let other = report.printing_a_token().run().token();
    assert_ne!(other, token);
    assert_eq!(world.helper(&[]).token(), other);
    assert_eq!(codes(&world), ["123456", "7654321"]);
}

#[test]
fn a_program_prints_the_code_and_is_run_again_when_its_code_was_used() {
    let world = World::new();
    let Some(clocks) = ClockShim::build(&world) else { return };
    let _daemon = world.launch(clocks.launch());
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, Some("123456"));
    let print = each_run_prints(&world, "crash plan");
    let line = format!("'{}' {}", world.path("crash plan").display(), world.root().display());
    let created = creating(&world, &jo, "jo").args(["--totp-command", &line]).stdin(&jo.password).spawn();
    print(0, "123456\n");
    created.finish().succeeded();
    let first = world.helper(&[]).token();
    let waiting = world.spawn_helper(&["--fresh", "--timeout", "100s"]);
    print(1, "123456\n");
    world.server().add_user(&jo.name, &jo.password, Some("7654321"));
    clocks.pass(STEP);
    print(2, "7654321\n");
    assert_ne!(waiting.finish().token(), first);
    assert_eq!(codes(&world), ["123456", "7654321"]);
}

#[test]
fn a_server_that_hangs_is_not_taken_for_a_code_that_is_waited_for() {
    let Some((world, clocks)) = stored() else { return };
    pass(&world, &clocks, STEP);
    world.server().hold();
    let outcome = world.helper(&["--fresh", "--timeout", "300ms"]).failed(75);
    outcome.saying("no token was issued within the time allowed");
    world.server().release();
}
