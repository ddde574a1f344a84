//! Promises that git's documentation of credential helpers has for all of them, as far as they apply to one that
//! stores nothing; asked through git's own `credential` command.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cp_token_tests::world::{Outcome, World};

use super::{bare_git, gits, knows_authtype};

/// `git credential` with our helper; whatever it does not know, a program answers that says so.
fn credential(world: &World, program: &Path, operation: &str, input: &str) -> Outcome {
    let askpass = world.path("askpass");
    fs::write(&askpass, "#!/bin/sh\necho ASKED\n").expect("write a program");
    fs::set_permissions(&askpass, fs::Permissions::from_mode(0o700)).expect("let it run");
    let helper = ["-c", "credential.helper=", "-c", "credential.helper=!cp-token git-credential"];
    let call =
        bare_git(world, program).env("GIT_ASKPASS", askpass).args(helper).args(["credential", operation]);
    call.stdin(input).printing_a_token().run()
}

fn stage() -> (World, String, String) {
    let world = World::new();
    world.create_profile("prod", "memory");
    let host = format!("localhost:{}", world.server().port());
    let token = world.helper(&[]).token();
    (world, host, token)
}

fn lines(outcome: Outcome) -> Vec<String> {
    outcome.succeeded().stdout.lines().map(str::to_owned).collect()
}

fn has(outcome: Outcome, line: &str) -> bool {
    lines(outcome).iter().any(|known| known == line)
}

#[test]
fn h12_a_credential_is_found_and_only_for_its_own_protocol_host_and_user() {
    for git in gits() {
        let (world, host, token) = stage();
        let fill = |input: &str| credential(&world, &git, "fill", input);
        let found = lines(fill(&format!("protocol=https\nhost={host}\n\n")));
        assert!(found.contains(&"username=prod".to_owned()), "{git:?} {found:?}");
        assert!(found.contains(&format!("password={token}")));
        assert!(has(
            fill(&format!("protocol=https\nhost={host}\nusername=prod\n\n")),
            &format!("password={token}")
        ));
        assert!(has(fill(&format!("url=https://{host}/some/path\n\n")), &format!("password={token}")));
        for foreign in [
            format!("protocol=http\nhost={host}\n\n"),
            format!("protocol=ssh\nhost={host}\n\n"),
            "protocol=https\nhost=other.example\n\n".to_owned(),
            format!("protocol=https\nhost={host}.example\n\n"),
            "protocol=https\nhost=localhost\n\n".to_owned(),
        ] {
            let asked = fill(&foreign);
            assert!(!asked.stdout.contains(&token), "{foreign}");
            assert!(has(asked, "password=ASKED"), "{git:?} goes on to ask: {foreign}");
        }
        let of_somebody = fill(&format!("protocol=https\nhost={host}\nusername=somebody\n\n"));
        assert!(!of_somebody.stdout.contains(&token) && of_somebody.stdout.contains("password=ASKED"));
        assert_eq!(of_somebody.stderr.lines().count(), 1, "{of_somebody:?}");
        assert!(of_somebody.stderr.contains("is called by that user name"), "{of_somebody:?}");
    }
}

#[test]
fn the_user_git_of_a_url_is_whoever_answers_for_its_host() {
    for git in gits() {
        let (world, host, token) = stage();
        let found = lines(credential(&world, &git, "fill", &format!("url=https://git@{host}/some/path\n\n")));
        assert!(found.contains(&"username=git".to_owned()), "{git:?} {found:?}");
        assert!(found.contains(&format!("password={token}")), "{git:?} {found:?}");
        let itself = super::get(&world, &format!("url=https://git@{host}/some/path\n\n")).run().succeeded();
        assert!(itself.stdout.contains(&format!("password={token}\n")), "{}", itself.stdout);
        for foreign in ["git@h.example", "git@git", "git:x", ""] {
            let asked = super::get(&world, &format!("url=https://{foreign}@{host}\n\n")).run();
            assert_eq!((asked.code, asked.stdout.as_str(), asked.stderr.as_str()), (0, "", ""), "{foreign}");
        }
    }
}

#[test]
fn h12_an_answer_carries_its_end_and_what_was_announced() {
    for git in gits() {
        let (world, host, token) = stage();
        if !knows_authtype(&world, &git) {
            continue;
        }
        let capabilities = "capability[]=authtype\ncapability[]=state\n";
        let input = format!("{capabilities}protocol=https\nhost={host}\n\n");
        let found = lines(credential(&world, &git, "fill", &input));
        for line in
            ["authtype=Bearer", &format!("credential={token}"), "ephemeral=1", "state[]=cp-token:prod"]
        {
            assert!(found.contains(&line.to_owned()), "{git:?}: {line} is not in {found:?}");
        }
        let end = found.iter().find_map(|line| line.strip_prefix("password_expiry_utc=")).expect("an end");
        let result = world.helper(&["-f", "json"]).json();
        let result = result["expires_at"].as_str().map(str::to_owned).expect("a time");
        let at = world.program("date").args(["-u", "-d", &result, "+%s"]).run().succeeded().stdout;
        let distance = at.trim().parse::<i64>().expect("a number") - end.parse::<i64>().expect("a number");
        assert!(distance.abs() <= 1, "{at} and {end} are both less the margin");
    }
}

#[test]
fn h12_a_rejected_credential_is_replaced_and_one_that_is_not_ours_is_not() {
    for git in gits() {
        let (world, host, token) = stage();
        let target = format!("protocol=https\nhost={host}\n");
        let now = || world.helper(&[]).token();
        for other in [
            format!("{target}username=prod\npassword=another\n\n"),
            format!("{target}username=somebody\npassword={token}\n\n"),
            format!("protocol=https\nhost=other.example\nusername=prod\npassword={token}\n\n"),
            format!("{target}username=prod\n\n"),
        ] {
            let rejected = credential(&world, &git, "reject", &other);
            assert_eq!((rejected.code, rejected.stdout.as_str()), (0, ""), "{rejected:?}");
            assert_eq!(now(), token, "{other}");
        }
        let rejected =
            credential(&world, &git, "reject", &format!("{target}username=prod\npassword={token}\n\n"));
        assert_eq!((rejected.code, rejected.stdout.as_str(), rejected.stderr.as_str()), (0, "", ""));
        assert_ne!(now(), token);
        assert_eq!(world.server().token_requests(), 2);
    }
}

#[test]
fn h09_h12_what_is_approved_is_kept_nowhere() {
    for git in gits() {
        let (world, host, token) = stage();
        let config = || fs::read(world.config_folder().join("config.toml")).expect("a config");
        let before = config();
        let attacker = world.new_secret();
        for host in [&host, "other.example"] {
            let input = format!("protocol=https\nhost={host}\nusername=prod\npassword={attacker}\n\n");
            let approved = credential(&world, &git, "approve", &input);
            assert_eq!((approved.code, approved.stdout.as_str(), approved.stderr.as_str()), (0, "", ""));
        }
        assert_eq!((config(), world.helper(&[]).token()), (before, token));
        assert_eq!(world.server().token_requests(), 1);
    }
}
