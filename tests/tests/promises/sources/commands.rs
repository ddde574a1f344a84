//! Promises about secrets that a program prints: the real `pass` and the real `systemd-creds`.

use cp_token_tests::fake_crashplan::Credential;
use cp_token_tests::programs;
use cp_token_tests::world::{Client, World};

use super::pass_store::PassStore;
use super::{creating, private_path, put, script};

const SHOW: &str = "pass show crashplan";

#[test]
fn a_secret_in_pass_serves_every_daemon_and_lies_nowhere_else() {
    let world = World::new();
    let Some(pass) = PassStore::new(&world) else { return };
    let client = world.new_client();
    pass.insert("crashplan", &format!("{}\nurl: a line of a person's own\n", client.secret));
    pass.message(creating(&world, &client, "--secret-command", SHOW)).run().succeeded();
    let first = world.helper(&[]).token();
    world.stop_daemon();
    let second = pass.message(world.call(&[])).run().token();
    assert_ne!(first, second);
    let config = std::fs::read_to_string(world.path("config/config.toml")).expect("the config");
    let file = programs::find("pass").expect("it is installed");
    assert!(config.contains(file.to_str().expect("a path in UTF-8")), "the whole path is kept: {config}");
    world.assert_no_leak();
}

#[test]
fn a_secret_that_changes_in_pass_is_found_there_and_reset_secret_only_looks() {
    let world = World::new();
    let Some(pass) = PassStore::new(&world) else { return };
    let client = world.new_client();
    pass.insert("crashplan", &client.secret);
    pass.message(creating(&world, &client, "--secret-command", SHOW)).run().succeeded();
    let next = Client { secret: world.new_secret(), ..client };
    world.server().reset_secret(&next.id, &next.secret);
    world.helper(&["profile", "reset-secret", "prod"]).failed(77).saying("nothing was changed");
    pass.insert("crashplan", &next.secret);
    world.helper(&["profile", "reset-secret", "prod"]).succeeded();
    world.helper(&[]).token();
    world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&next.secret).run().failed(64);
    world.helper(&["profile", "delete", "prod", "--yes"]).succeeded();
    pass.message(creating(&world, &next, "--secret-command", SHOW)).run().succeeded();
}

#[test]
fn a_program_without_the_secret_is_named_by_its_exit_code_and_nothing_is_kept() {
    let world = World::new();
    let Some(pass) = PassStore::new(&world) else { return };
    let client = world.new_client();
    let create = || pass.message(creating(&world, &client, "--secret-command", SHOW)).run();
    create().failed(69).saying("/pass failed with exit code 1").saying("run it as cp-tokend does");
    world.helper(&[]).failed(78).saying("there is no profile");
    assert_eq!(world.server().token_requests(), 0);
    pass.insert("crashplan", &client.secret);
    create().succeeded();
}

#[test]
fn what_a_failing_program_printed_is_neither_sent_nor_told() {
    let world = World::new();
    let daemon = world.daemon();
    let client = world.new_client();
    let secret = private_path(&world, "secret");
    put(&secret, &client.secret, 0o600);
    let program =
        script(&world, "show", &format!("cat {0}; cat {0} >&2; exit $(cat $0.code)", secret.display()));
    put(&private_path(&world, "show.code"), "0", 0o600);
    creating(&world, &client, "--secret-command", &program).run().succeeded();
    put(&private_path(&world, "show.code"), "3", 0o600);
    world.helper(&["--fresh"]).failed(69).saying("failed with exit code 3");
    daemon.wait_for_log("secret_command_failed", 1);
    assert_eq!(world.server().token_requests(), 1);
    world.assert_no_leak();
}

#[test]
fn b07_the_program_that_was_chosen_is_run_and_none_that_path_offers_later() {
    let world = World::new();
    let Some(pass) = PassStore::new(&world) else { return };
    let client = world.new_client();
    pass.insert("crashplan", &client.secret);
    pass.message(creating(&world, &client, "--secret-command", SHOW)).run().succeeded();
    world.stop_daemon();
    let mark = world.path("mark");
    let trap = script(&world, "pass", &format!("touch {}", mark.display()));
    // The world's own programs come first in PATH.
    pass.message(world.call(&[])).run().token();
    assert!(!mark.exists());
    assert_eq!(world.program("sh").args(["-c", "pass"]).run().code, 0);
    assert!(mark.exists(), "the control: {trap} is what PATH offers");
}

#[test]
fn systemd_creds_decrypts_a_secret_as_a_program() {
    if !programs::present(&["systemd-creds"]) || !programs::is_root() {
        return;
    }
    let world = World::new();
    let client = world.new_client();
    let sealed = encrypt(&world, &client);
    let key = world.path("host.key");
    let line = format!(
        "env SYSTEMD_CREDENTIAL_SECRET={} systemd-creds decrypt --name=crashplan {sealed} -",
        key.display()
    );
    creating(&world, &client, "--secret-command", &line).run().succeeded();
    world.helper(&[]).token();
    let sent = world.server().ledger();
    assert!(
        sent.entries().iter().all(|entry| matches!(entry.credential, Credential::Basic { right: true, .. }))
    );
    std::fs::remove_file(key).expect("take the key away");
    world.helper(&["--fresh"]).failed(69).saying("the secret command /").saying("/env failed");
}

/// Seals the client's secret under a host key of this world; the sealed file.
pub(super) fn encrypt(world: &World, client: &Client) -> String {
    let sealed = world.path("crashplan.cred").to_str().expect("a path in UTF-8").to_owned();
    let creds = || world.program("systemd-creds").env("SYSTEMD_CREDENTIAL_SECRET", world.path("host.key"));
    assert_eq!(creds().args(["setup"]).run().code, 0);
    let encrypt = creds().args(["encrypt", "--with-key=host", "--name=crashplan", "-", &sealed]);
    let encrypted = encrypt.stdin(&client.secret).run();
    assert_eq!(encrypted.code, 0, "{encrypted:?}");
    sealed
}
