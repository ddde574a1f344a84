//! Promises about one-time codes of an account that several profiles, daemons and devices share: none is sent twice, and
//! nobody with the right password is refused for good.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use cp_token_tests::clock_shim::{Clock, ClockShim};
use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::slow_disk::SlowDisk;
use cp_token_tests::world::{Call, Daemon, Launch, TIMEOUT, World};

use super::{KEY, SEED, codes, each_once};
use crate::test_user::TestUser;

/// A world under moved clocks, in which a user's step has just begun, and what moves them on.
struct Stage {
    world: World,
    clocks: ClockShim,
    period: u64,
    begin: i64,
}

impl Stage {
    fn new(period: u64) -> Option<Self> {
        let world = World::new();
        let clocks = ClockShim::build(&world)?;
        let jo = TestUser::new(&world);
        world.server().add_user_with_steps(&jo.name, &jo.password, KEY, Duration::from_secs(period));
        world.oracle().register(SEED);
        let uri = format!("otpauth://totp/jo?secret={SEED}&period={period}");
        put(&world.path("bin/secret"), &format!("{}\n{uri}\n", jo.password));
        let stage = Self { begin: begin_of_step(period), world, clocks, period };
        stage.go_to_step(0);
        Some(stage)
    }

    /// The wall clocks of everybody stand a second or more in this step, counted from the first.
    fn go_to_step(&self, number: u64) {
        self.advance(number * self.period);
    }

    /// So many seconds after the first step's begin. Requests under way have no part in it.
    fn advance(&self, seconds: u64) {
        let ahead = self.begin + i64::try_from(seconds).expect("a few steps");
        self.clocks.set(Clock::Wall, ahead);
        self.world.server().set_code_clock(Duration::from_secs(ahead.cast_unsigned()));
    }

    /// A daemon that listens at a place of its own; all others are where they would be.
    fn daemon(&self, place: &str) -> Daemon {
        self.world.launch(self.at(place))
    }

    fn at(&self, place: &str) -> Launch {
        self.clocks.launch().env("CP_TOKEN_SOCKET", self.socket(place))
    }

    fn socket(&self, place: &str) -> std::path::PathBuf {
        self.world.path("run").join(place).join("daemon.sock")
    }

    /// `cp-token` with the daemon at that place, under the true clock.
    fn call(&self, place: &str, words: &[&str]) -> Call {
        self.world.call(words).env("CP_TOKEN_SOCKET", self.socket(place))
    }

    /// A profile of the user; the secret is in a file, so that every daemon can read it.
    fn create(&self, place: &str, profile: &str) {
        let url = self.world.server().url();
        let [secret, ca] = [self.world.path("bin/secret"), self.world.ca_file()];
        let files =
            ["--secret-file", secret.to_str().expect("text"), "--ca-bundle", ca.to_str().expect("text")];
        let line = ["profile", "create", profile, "--url", &url, "--username", "jo@example.com"];
        let call = self.call(place, &line).args(files);
        call.args(["--totp", "stored", "--no-verify"]).run().succeeded();
    }

    /// Waits until the server has been asked for so many tokens.
    fn wait_for_requests(&self, count: usize) {
        assert!(self.world.server().wait_for(TIMEOUT, |ledger| ledger.token_requests() >= count));
    }
}

fn put(path: &Path, text: &str) {
    std::fs::write(path, text).expect("write a file");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).expect("close it");
}

/// How far to go ahead so that a step begins.
#[allow(clippy::disallowed_methods, reason = "to know where in its step the machine's clock is")]
fn begin_of_step(period: u64) -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(period - now.as_secs() % period + 1).expect("less than a period")
}

const NOW: &[&str] = &["--fresh", "--timeout", "300ms"];
const LATER: &[&str] = &["--fresh", "--timeout", "200s"];

#[test]
fn of_two_profiles_of_one_account_one_sends_and_the_other_waits_for_the_next_step() {
    let Some(stage) = Stage::new(30) else { return };
    let _daemon = stage.daemon("cp-token");
    ["a", "b"].iter().for_each(|profile| stage.create("cp-token", profile));
    let get = |profile, words: &[&str]| stage.call("cp-token", words).args(["-p", profile]);
    let first = get("a", LATER).printing_a_token().run().token();
    let outcome = get("b", NOW).run().failed(75);
    outcome.saying("profile b: the one-time code has been used already").saying("can be used in");
    let waiting = get("b", LATER).printing_a_token().spawn();
    stage.go_to_step(1);
    assert_ne!(waiting.finish().token(), first);
    assert_eq!(codes(&stage.world).len(), 2);
    each_once(&codes(&stage.world));
}

#[test]
fn of_two_daemons_on_one_home_the_one_that_runs_already_sees_the_code_that_the_other_has_used() {
    let Some(stage) = Stage::new(30) else { return };
    let _session = stage.daemon("cp-token");
    stage.create("cp-token", "jo");
    stage.call("cp-token", LATER).printing_a_token().run().token();
    stage.go_to_step(1);
    let place = stage.world.path("run/cron");
    std::fs::create_dir(&place).expect("a place for another daemon");
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o700)).expect("close it");
    let _cron = stage.daemon("cron");
    stage.call("cron", LATER).printing_a_token().run().token();
    stage.call("cp-token", NOW).run().failed(75).saying("the one-time code has been used already");
    let waiting = stage.call("cp-token", LATER).printing_a_token().spawn();
    stage.go_to_step(2);
    waiting.finish().token();
    assert_eq!(codes(&stage.world).len(), 3);
    each_once(&codes(&stage.world));
}

#[test]
fn a_step_of_two_minutes_is_taken_for_two_minutes_also_after_a_restart() {
    let Some(stage) = Stage::new(120) else { return };
    let daemon = stage.daemon("cp-token");
    stage.create("cp-token", "jo");
    stage.call("cp-token", LATER).printing_a_token().run().token();
    daemon.kill();
    stage.advance(31);
    let _daemon = stage.daemon("cp-token");
    stage.call("cp-token", NOW).run().failed(75).saying("the one-time code has been used already");
    let waiting = stage.call("cp-token", LATER).printing_a_token().spawn();
    stage.go_to_step(1);
    waiting.finish().token();
    assert_eq!(codes(&stage.world).len(), 2);
    each_once(&codes(&stage.world));
}

/// A stage whose daemon's disk can be stopped when codes are written down.
fn on_a_slow_disk() -> Option<(Stage, SlowDisk, Daemon)> {
    let stage = Stage::new(30)?;
    let disk = SlowDisk::build(&stage.world)?;
    let shim = stage.world.path("shim.so").display().to_string();
    let variables = disk.variables(&shim, "codes.json");
    let launch = variables.iter().fold(stage.at("cp-token"), |launch, (name, value)| launch.env(name, value));
    let daemon = stage.world.launch(launch);
    stage.create("cp-token", "jo");
    Some((stage, disk, daemon))
}

#[test]
fn a_code_whose_step_has_passed_while_the_disk_was_slow_is_computed_anew() {
    let Some((stage, disk, _daemon)) = on_a_slow_disk() else { return };
    disk.stop();
    let waiting = stage.call("cp-token", LATER).printing_a_token().spawn();
    disk.wait_until_waited_for();
    stage.world.call(&["status"]).run().succeeded();
    stage.go_to_step(5);
    disk.resume();
    waiting.finish().token();
    assert_eq!(codes(&stage.world).len(), 1, "the server took the first that it was sent");
}

#[test]
fn a_disk_that_hangs_is_a_clear_failure_and_holds_up_nobody_else() {
    let Some((stage, disk, _daemon)) = on_a_slow_disk() else { return };
    let hung = || {
        let waiting = stage.call("cp-token", LATER).spawn();
        disk.wait_until_waited_for();
        waiting
    };
    disk.stop();
    let waiting = hung();
    stage.world.call(&["status"]).run().succeeded();
    stage.clocks.set(Clock::Monotonic, 60);
    let outcome = waiting.finish().failed(74).saying("no one-time code was sent").saying("codes.json");
    outcome.saying("was not written within 20 seconds").saying("see that its disk works");
    assert_eq!(stage.world.server().token_requests(), 0);
    disk.resume();
    stage.go_to_step(2);
    stage.call("cp-token", LATER).printing_a_token().run().token();
    each_once(&codes(&stage.world));
}

#[test]
fn without_a_readable_file_of_used_codes_none_is_sent_and_the_file_is_named() {
    let Some(stage) = Stage::new(30) else { return };
    let _daemon = stage.daemon("cp-token");
    stage.create("cp-token", "jo");
    let file = stage.world.state_folder().join("codes.json");
    put(&file, "something else");
    let outcome = stage.call("cp-token", LATER).run().failed(74).saying("no one-time code was sent");
    outcome.saying("codes.json holds something else than used codes").saying("remove that file");
    assert_eq!(stage.world.server().token_requests(), 0);
    std::fs::remove_file(&file).expect("as it says");
    stage.go_to_step(1);
    stage.call("cp-token", LATER).printing_a_token().run().token();
}

fn unauthorized() -> Answer {
    Answer::json(401, r#"{"error":"unauthorized"}"#)
}

#[test]
fn a_code_that_was_used_elsewhere_recovers_in_the_next_step() {
    let Some(stage) = Stage::new(30) else { return };
    let _daemon = stage.daemon("cp-token");
    stage.create("cp-token", "jo");
    stage.world.server().answer_next(unauthorized());
    let waiting = stage.call("cp-token", LATER).printing_a_token().spawn();
    stage.wait_for_requests(1);
    stage.call("cp-token", &["--timeout", "300ms"]).run().failed(75).saying("can be used in");
    stage.go_to_step(1);
    waiting.finish().token();
    assert_eq!(codes(&stage.world).len(), 2);
    each_once(&codes(&stage.world));
}

#[test]
fn a_refusal_is_final_after_exactly_two_codes_of_two_steps_for_all_profiles_of_the_account() {
    let Some(stage) = Stage::new(30) else { return };
    let _daemon = stage.daemon("cp-token");
    ["a", "b", "c"].iter().for_each(|profile| stage.create("cp-token", profile));
    stage.world.server().answer_always(unauthorized());
    let get = |profile| stage.call("cp-token", LATER).args(["-p", profile]).spawn();
    let waiting: Vec<_> = ["a", "b", "c"].into_iter().map(get).collect();
    stage.wait_for_requests(1);
    stage.go_to_step(1);
    stage.wait_for_requests(2);
    (2..5).for_each(|step| stage.go_to_step(step));
    for caller in waiting {
        caller.finish().failed(77).saying("refused");
    }
    for profile in ["a", "b", "c", "a"] {
        get(profile).finish().failed(77);
    }
    assert_eq!(codes(&stage.world).len(), 2, "no account is locked by a daemon that insists");
    each_once(&codes(&stage.world));
    stage.world.server().answer_normally();
    stage.call("cp-token", &["forget", "-p", "a"]).run().succeeded();
    stage.go_to_step(9);
    stage.call("cp-token", LATER).args(["-p", "a"]).printing_a_token().run().token();
}
