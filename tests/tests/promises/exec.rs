//! Promises of `cp-token exec`: a program gets a token, and in all else runs as if it had been called itself.

mod file;

use cp_token_tests::programs;
use cp_token_tests::world::processes::Signal;
use cp_token_tests::world::{Call, World, eventually};

/// `cp-token exec --` with this line of shell.
fn running(world: &World, line: &str) -> Call {
    world.call(&["exec", "--", "sh", "-c", line]).printing_a_token()
}

fn world() -> World {
    let world = World::new();
    world.create_profile("prod", "memory");
    world
}

#[test]
fn the_program_has_the_token_and_its_url_and_nobody_else_has() {
    let world = world();
    let token = world.helper(&[]).token();
    let outcome = running(&world, "printf '%s %s' \"$CP_TOKEN\" \"$CP_TOKEN_URL\"").run().succeeded();
    assert_eq!(outcome.stdout, format!("{token} {}", world.server().url()));
    let by_url = world.call(&[
        "exec",
        "--url",
        &world.server().url(),
        "--min-validity",
        "1m",
        "--",
        "printenv",
        "CP_TOKEN",
    ]);
    assert_eq!(by_url.printing_a_token().run().token(), token);
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn the_program_takes_the_place_of_cp_token() {
    let world = world();
    let outcome = running(&world, "cat; echo out; echo err >&2; echo $$; exit 42").stdin("in").spawn();
    let pid = outcome.pid();
    let outcome = outcome.finish();
    assert_eq!((outcome.code, outcome.stderr.as_str()), (42, "err\n"));
    assert_eq!(outcome.stdout, format!("inout\n{pid}\n"));
    let odd = world.call(&["exec", "--", "printf", "%s|", "--error-format", "a b", "", "--"]);
    assert_eq!(odd.run().succeeded().stdout, "--error-format|a b||--|");
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::KILL, 137)] {
        let running = running(&world, "printf x > started; exec sleep 1000").spawn();
        wait_for_file(&world, "started");
        running.signal(signal);
        assert_eq!(running.finish().code, code);
    }
}

/// A line of shell that is run by whoever ignores SIGCHLD, which outlives `exec`; nothing without bash.
pub(crate) fn ignoring_children(world: &World, line: &str) -> Option<Call> {
    let call = world.program("bash").args(["-c", &format!("trap '' CHLD; exec {line}")]);
    programs::present(&["bash"]).then_some(call)
}

/// Waits until a file has something in it, and takes it away.
pub(crate) fn wait_for_file(world: &World, name: &str) {
    let path = world.path(name);
    eventually("the file is written", || std::fs::read(&path).is_ok_and(|content| !content.is_empty()));
    std::fs::remove_file(path).expect("take it away");
}

#[test]
fn settings_of_the_caller_reach_the_program_unchanged() {
    if !programs::present(&["python3"]) {
        return;
    }
    let world = world();
    // Ignored and blocked signals of itself, as the system tells them. A shell would change them.
    let show = ["grep", "-E", "^Sig(Ign|Blk)", "/proc/self/status"];
    for handling in ["SIG_IGN", "SIG_DFL"] {
        let shown = |words: &[&str]| {
            let code = format!(
                "import os, signal; signal.signal(signal.SIGPIPE, signal.{handling}); \
                 signal.signal(signal.SIGCHLD, signal.{handling}); \
                 signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]); os.execvp({:?}, {words:?})",
                words[0]
            );
            world.program("python3").args(["-c", &code]).run().succeeded().stdout
        };
        let itself = shown(&show);
        assert!(itself.contains("SigBlk:\t0000000000000200"), "{itself}");
        assert_eq!(shown(&[&["cp-token", "exec", "--"], show.as_slice()].concat()), itself, "{handling}");
    }
}

#[test]
fn a_program_that_is_not_there_or_no_program_has_the_exit_codes_of_env() {
    let world = world();
    world.helper(&["exec", "--", "no-such-program-anywhere"]).failed(127).saying("no such program");
    world.helper(&["exec", "--", "/nonexistent/program"]).failed(127);
    world.helper(&["exec", "--", "/etc/passwd"]).failed(126);
    world.helper(&["exec", "--", "/etc"]).failed(126);
    let script = world.path("home/script");
    std::fs::write(&script, "#!/nonexistent/interpreter\n").expect("write a script");
    world.program("chmod").args(["755"]).args([&script]).run().succeeded();
    world.call(&["exec", "--"]).args([&script]).run().failed(127);
    assert_eq!(world.server().token_requests(), 1);
    let json =
        world.helper(&["--error-format", "json", "exec", "--", "no-such-program-anywhere"]).failed(127);
    assert!(json.stderr.contains(r#""code":"program_not_found","exit":127"#), "{json:?}");
}

#[test]
fn one_exec_inside_of_another_is_refused_and_says_how_to_go_on() {
    let world = world();
    running(&world, "exec cp-token exec -- true").run().failed(64).saying("env -u CP_TOKEN");
    running(&world, "exec cp-token exec --file -- true").run().failed(64);
    running(&world, "exec env -u CP_TOKEN cp-token exec -- true").run().succeeded();
    world
        .call(&["exec", "--", "true"])
        .env("CP_TOKEN_FILE", "/x")
        .run()
        .failed(64)
        .saying("CP_TOKEN_FILE is set");
}

#[test]
fn a_user_name_and_password_are_no_token() {
    let world = World::new();
    let password = world.new_secret();
    world.server().add_user("jo@example.com", &password, None);
    let url = world.server().url();
    let line = ["profile", "create", "old", "--url", &url, "--username", "jo@example.com", "--basic"];
    let creating = world.call(&line).args(["--secret-stdin", "--secret-source", "memory", "--ca-bundle"]);
    creating.args([world.ca_file()]).stdin(&password).run();
    world.helper(&["exec", "--", "true"]).failed(64);
}

#[test]
fn a_failure_to_get_a_token_runs_nothing() {
    let world = world();
    world.helper(&["exec", "-p", "nobody", "--", "touch", "ran"]).failed(64);
    world.helper(&["exec", "--min-validity", "1h", "--", "touch", "ran"]).failed(64);
    assert!(!world.path("ran").exists());
}
