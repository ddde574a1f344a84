//! Promises where all is well, and of the checks that belong to no profile but to files and this shell.

use cp_token_tests::world::World;

use super::{Report, date, doctor};

#[test]
fn where_all_is_well_every_line_says_so_in_its_order_and_no_secret_is_sent() {
    let Some(world) = World::with_keyring() else { return };
    world.create_profile("audit", "keyring");
    world.create_profile("prod", "memory");
    world.server().add_header("Date", &date(&world, 0));
    let report = doctor(&world, &[]);
    report.ends(0, &[]);
    let outcome = |check: &serde_json::Value| {
        let profile = check["profile"].as_str().map(|name| format!("{name}: ")).unwrap_or_default();
        format!(
            "{}  {profile}{}",
            check["severity"].as_str().expect("a severity"),
            check["check"].as_str().expect("a name")
        )
    };
    let own = ["socket", "daemon", "version", "lock", "protections", "config", "state", "keyring"];
    let each = ["secret", "name", "server", "clock", "token"];
    let of = |name: &str| each.map(|check| format!("{name}: {check}"));
    let wanted =
        own.map(str::to_owned).into_iter().chain(of("audit")).chain(of("prod")).chain(["shell".to_owned()]);
    let wanted: Vec<String> = wanted.map(|check| format!("ok  {check}")).collect();
    assert_eq!(report.checks.iter().map(outcome).collect::<Vec<_>>(), wanted);
    let outcome = world.helper(&["doctor"]).succeeded().stdout;
    assert_eq!(outcome.lines().count(), wanted.len());
    assert!(outcome.lines().all(|line| line.starts_with("ok  ")), "{outcome}");
    let looks: Vec<_> =
        world.server().entries().into_iter().filter(|it| it.request.method == "HEAD").collect();
    assert_eq!(looks.len(), 2, "two profiles share a server, which each run looks at once");
    assert!(looks.iter().all(|it| it.request.header("Authorization").is_none()));
    let left = world.keyring().secret_tool(&["search", "--all", "service", "cp-token-doctor"], "");
    assert_eq!(left, "", "the trial item is gone");
}

#[test]
fn one_profile_is_looked_at_alone_and_one_that_is_none_is_a_mistake() {
    let world = World::new();
    world.create_profile("audit", "memory");
    world.create_profile("prod", "memory");
    let report = doctor(&world, &["-p", "prod"]);
    report.ok(Some("prod"), "server");
    assert!(!report.checks.iter().any(|check| check["profile"] == "audit"));
    world.helper(&["doctor", "-p", "test"]).failed(64).saying("there is no profile test");
}

#[test]
fn a_config_file_that_is_broken_or_open_is_a_fault_and_so_is_having_no_profile() {
    let world = World::new();
    let _daemon = world.daemon();
    let report = doctor(&world, &[]);
    report.failed(None, "profiles", "no_profile", "cp-token profile create");
    report.ends(78, &["profiles"]);
    world.create_profile("prod", "memory");
    let file = world.config_folder().join("config.toml");
    let good = std::fs::read_to_string(&file).expect("a config");
    std::fs::write(&file, good.replace("client_id", "client id")).expect("break it");
    let report = doctor(&world, &[]);
    report.failed(None, "config", "config_broken", "fix the file");
    report.ends(78, &["config"]);
    std::fs::write(&file, good).expect("fix it");
    world.program("chmod").args(["666"]).args([&file]).run().succeeded();
    doctor(&world, &[]).failed(None, "config", "config_unsafe", "fix that first");
    world.program("chmod").args(["600"]).args([&file]).run().succeeded();
    doctor(&world, &[]).ends(0, &[]);
}

#[test]
fn a_state_file_that_cannot_be_written_is_a_fault() {
    let world = World::new();
    world.create_profile("prod", "memory");
    doctor(&world, &[]).ok(None, "state");
    let file = world.state_folder().join("state.json");
    std::fs::remove_file(&file).expect("remove it");
    std::fs::create_dir(&file).expect("stand in the way");
    let report = doctor(&world, &[]);
    report.failed(None, "state", "write_failed", "right to write");
    report.ends(74, &["state"]);
}

#[test]
fn variables_of_this_shell_that_choose_another_way_or_profile_are_reported_without_a_password() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let call = |name: &str, value: &str| world.call(&["doctor", "--json"]).env(name, value);
    let report = Report::of(call("HTTPS_PROXY", "http://jo:pw@127.0.0.1:9").run());
    assert!(!report.outcome.stdout.contains("pw"));
    report.warned(
        Some("prod"),
        "shell",
        "HTTPS_PROXY is http://jo@127.0.0.1:9, and the daemon goes through no proxy",
    );
    report.warned(Some("prod"), "shell", "cp-token profile update prod --proxy http://jo@127.0.0.1:9");
    report.ends(0, &[]);
    let report = Report::of(call("SSL_CERT_FILE", "/etc/company.pem").run());
    report.warned(Some("prod"), "shell", "SSL_CERT_FILE is /etc/company.pem");
    let report = Report::of(call("CP_TOKEN_PROFILE", "test").run());
    let stray = report.checks.iter().find(|check| check["code"] == "unknown_profile").expect("a fault");
    assert_eq!((&stray["check"], report.outcome.code), (&"shell".into(), 64));
    let report = Report::of(call("CP_TOKEN_PROFILE", "prod").run());
    report.ends(0, &[]);
}
