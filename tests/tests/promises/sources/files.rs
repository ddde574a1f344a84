//! Promises about secrets in files: a mounted secret that is rotated, and the credentials of a service as systemd
//! lays them out.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cp_token_tests::clock_shim::ClockShim;
use cp_token_tests::programs;
use cp_token_tests::world::{Client, Launch, World};

use super::commands::encrypt;
use super::{creating, private_path, put};

/// How often the server was sent this secret.
fn sent(world: &World, client: &Client) -> usize {
    let basic = STANDARD.encode(format!("{}:{}", client.id, client.secret));
    let ledger = world.server().ledger();
    let has = |value: Option<&str>| value.is_some_and(|value| value.contains(&basic));
    ledger.entries().iter().filter(|entry| has(entry.request.header("Authorization"))).count()
}

#[test]
fn a_rotated_file_is_picked_up_by_itself_and_the_refused_secret_is_never_sent_twice() {
    const LIFE: u64 = 900;
    const COOL_DOWN: u64 = 100;
    let world = World::new();
    let Some(clocks) = ClockShim::build(&world) else { return };
    let _daemon = world.launch(clocks.launch());
    let (old, file) = (world.new_client(), private_path(&world, "secret"));
    put(&file, &format!("{}\n", old.secret), 0o400);
    creating(&world, &old, "--secret-file", file.to_str().expect("a path in UTF-8")).run().succeeded();
    let first = world.helper(&[]).token();
    let new = Client { secret: world.new_secret(), ..old.clone() };
    world.server().reset_secret(&new.id, &new.secret);
    assert_eq!(sent(&world, &old), 1);
    for round in 1..=5 {
        clocks.pass(Duration::from_secs(LIFE + round * COOL_DOWN));
        for _ in 0..2 {
            let outcome = world.helper(&[]).failed(77).saying("not tried again");
            assert!(!outcome.stderr.contains("asked again"), "{outcome:?}");
        }
        assert_eq!(sent(&world, &old), 2, "round {round}: one that was taken, one that was refused");
    }
    put(&file, &format!("{}\n", new.secret), 0o400);
    clocks.pass(Duration::from_secs(LIFE + 6 * COOL_DOWN));
    assert_ne!(world.helper(&[]).token(), first);
    assert_eq!((sent(&world, &old), sent(&world, &new)), (2, 1));
}

#[test]
fn e12_a_file_that_others_may_read_is_refused_with_its_fix() {
    let world = World::new();
    let (client, file) = (world.new_client(), private_path(&world, "secret"));
    let create = || creating(&world, &client, "--secret-file", file.to_str().expect("UTF-8")).run();
    create().failed(69).saying("/bin/secret does not exist");
    put(&file, &client.secret, 0o644);
    create().failed(69).saying("its mode is 0644").saying("chmod 600");
    assert_eq!(world.server().token_requests(), 0);
    put(&file, &client.secret, 0o600);
    create().succeeded();
    world.helper(&[]).token();
}

#[test]
fn a_credential_of_the_service_is_the_secret_and_without_a_service_the_way_is_reported() {
    if !programs::present(&["systemd-creds"]) || !programs::is_root() {
        return;
    }
    let world = World::new();
    let client = world.new_client();
    let create = || creating(&world, &client, "--secret-credential", "crashplan").run();
    create().failed(69).saying("no credentials were handed to the daemon").saying("LoadCredential=");
    world.stop_daemon();
    let folder = private_path(&world, "credentials");
    let lay_out = "umask 077; mkdir $0 && systemd-creds decrypt --name=crashplan $1 $0/crashplan && \
                   chmod 400 $0/crashplan && chmod 500 $0";
    let laid_out = world
        .program("sh")
        .args(["-c", lay_out])
        .args([folder.as_os_str(), encrypt(&world, &client).as_ref()]);
    let laid_out = laid_out.env("SYSTEMD_CREDENTIAL_SECRET", world.path("host.key")).run();
    assert_eq!(laid_out.code, 0, "{laid_out:?}");
    let listed = world.program("systemd-creds").args(["list"]).env("CREDENTIALS_DIRECTORY", &folder).run();
    assert!(listed.stdout.contains("crashplan"), "the control: systemd takes it for one, too: {listed:?}");
    let _daemon = world.launch(Launch::default().env("CREDENTIALS_DIRECTORY", &folder));
    create().succeeded();
    world.helper(&[]).token();
    world.helper(&["profile", "delete", "prod", "--yes"]).succeeded();
    creating(&world, &client, "--secret-command", "systemd-creds cat crashplan").run().succeeded();
    assert!(folder.join("crashplan").exists(), "what others keep is left alone");
}
