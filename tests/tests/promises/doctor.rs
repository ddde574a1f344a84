//! Promises of `cp-token doctor`: where all is well every line says so, each fault is found where it is, with its fix
//! and its exit code, and no token is requested for it.

use cp_token_tests::world::{Client, Outcome, World};
use serde_json::Value;

mod broken;
mod daemon;
mod keyring;
mod machine;
mod network;
mod secrets;
mod variables;

/// What one run of `doctor` came to.
struct Report {
    outcome: Outcome,
    checks: Vec<Value>,
}

impl Report {
    /// Runs it and takes its JSON; what standard error then says is the first fault and nothing else.
    fn of(outcome: Outcome) -> Self {
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"));
        let checks = report["checks"].as_array().expect("checks").clone();
        let fails = checks.iter().any(|check| check["severity"] == "error");
        assert_eq!((report["ok"] == true, &report["exit"]), (!fails, &Value::from(outcome.code)));
        assert_eq!((outcome.code != 0, outcome.stderr.lines().count()), (fails, usize::from(fails)));
        Self { outcome, checks }
    }

    /// The one check of this name, of a profile or of the daemon.
    fn check(&self, profile: Option<&str>, check: &str) -> &Value {
        let is_it = |found: &&Value| found["check"] == check && found["profile"] == Value::from(profile);
        let mut found = self.checks.iter().filter(is_it);
        let first = found.next().unwrap_or_else(|| panic!("no {check} of {profile:?} in {:?}", self.checks));
        assert!(found.next().is_none(), "{check} of {profile:?} is there twice");
        first
    }

    /// That check is ok.
    fn ok(&self, profile: Option<&str>, check: &str) {
        assert_eq!(self.check(profile, check)["severity"], "ok", "{:?}", self.checks);
    }

    /// That check is a note, with this in what was found or in its fix.
    fn warned(&self, profile: Option<&str>, check: &str, words: &str) {
        let found = self.check(profile, check);
        assert!(found["severity"] == "warning" && found.to_string().contains(words), "{found}");
    }

    /// That check fails with this failure, and what to do about it has these words.
    fn failed(&self, profile: Option<&str>, check: &str, code: &str, fix: &str) {
        let found = self.check(profile, check);
        assert_eq!((&found["severity"], &found["code"]), (&"error".into(), &code.into()), "{found}");
        assert!(found["fix"].as_str().is_some_and(|text| text.contains(fix)), "{found}");
    }

    /// The exit code, and no fault but those of these checks.
    fn ends(&self, exit: i32, faults: &[&str]) {
        let failing = self.checks.iter().filter(|check| check["severity"] == "error");
        let failing: Vec<&str> = failing.filter_map(|check| check["check"].as_str()).collect();
        assert_eq!((self.outcome.code, failing.as_slice()), (exit, faults), "{:?}", self.checks);
    }
}

fn doctor(world: &World, arguments: &[&str]) -> Report {
    let line = [&["doctor", "--json"], arguments].concat();
    let before = world.server().token_requests();
    let report = Report::of(world.helper(&line));
    assert_eq!(world.server().token_requests(), before, "no token is requested");
    report
}

/// A profile that is not verified, so that nothing has been asked yet.
fn unverified_profile(world: &World, name: &str, url: &str) -> Client {
    let client = world.new_client();
    world.creating(name, "memory", &client, url).args(["--no-verify"]).run().succeeded();
    client
}

/// The time so many seconds from now, as a `Date` header has it.
fn date(world: &World, seconds: i64) -> String {
    let wanted = format!("{seconds} seconds");
    let result = world.program("date").args(["-u", "-d", &wanted, "+%a, %d %b %Y %H:%M:%S GMT"]).run();
    result.stdout.trim().to_owned()
}
