//! Attacks on the memory of a locked daemon, with root's right to read all of it: the lock erases, and does not only
//! set a flag.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use cp_token_tests::programs;
use cp_token_tests::world::{Client, Daemon, FakeLogind, TIMEOUT, World, processes};

/// What is looked for, each in a form that nothing else in the daemon's memory has.
struct Sought {
    secret: Vec<u8>,
    encoded_secret: Vec<u8>,
    token: Vec<u8>,
    encoded_token: Vec<u8>,
}

impl Sought {
    fn of(client: &Client, token: &str) -> Self {
        let end = &token.as_bytes()[token.len() - 48..];
        let pair = STANDARD_NO_PAD.encode(format!("{}:{}", client.id, client.secret));
        Self {
            secret: client.secret.as_bytes().to_vec(),
            encoded_secret: pair.as_bytes()[..pair.len() - 4].to_vec(),
            token: end.to_vec(),
            encoded_token: STANDARD_NO_PAD.encode(end).into_bytes(),
        }
    }

    /// How often each lies in the daemon's memory: secret, its base64, token, its base64.
    fn found(&self, daemon: &Daemon) -> [usize; 4] {
        [&self.secret, &self.encoded_secret, &self.token, &self.encoded_token]
            .map(|bytes| processes::count_in_memory(daemon.pid(), bytes))
    }
}

fn lock(world: &World, passphrase: &str) {
    world.call(&["lock", "--passphrase-stdin"]).stdin(passphrase).run().succeeded();
}

fn unlock(world: &World, passphrase: &str) {
    world.call(&["unlock", "--passphrase-stdin"]).stdin(passphrase).run().succeeded();
}

/// Ten rounds of a profile of its own each: token requests of one are bounded.
fn ten_rounds(world: &World, source: &str) {
    let daemon = world.daemon();
    let passphrase = world.new_secret();
    for round in 0..10 {
        let name = format!("p{round}");
        let client = world.create_profile(&name, source);
        world.helper(&["-p", &name, "--fresh"]).token();
        let token = world.helper(&["-p", &name]).token();
        let sought = Sought::of(&client, &token);
        let [secret, _, live, _] = sought.found(&daemon);
        assert!(live >= 1, "the control: the token is there, round {round}");
        assert!(source == "keyring" || secret >= 1, "the control: the secret is there, round {round}");
        lock(world, &passphrase);
        assert_eq!(sought.found(&daemon), [0; 4], "{source}, round {round}");
        assert_eq!(processes::count_in_memory(daemon.pid(), passphrase.as_bytes()), 0, "round {round}");
        unlock(world, &passphrase);
        assert_eq!(sought.found(&daemon)[2], 0, "the token does not come back, round {round}");
        assert_eq!(processes::count_in_memory(daemon.pid(), passphrase.as_bytes()), 0, "round {round}");
        assert_ne!(world.helper(&["-p", &name]).token(), token);
    }
}

#[test]
fn e17_after_lock_neither_token_nor_secret_of_the_memory_is_anywhere_in_the_daemon() {
    if programs::is_root() {
        ten_rounds(&World::new(), "memory");
    }
}

#[test]
fn e17_after_lock_neither_token_nor_secret_of_the_keyring_is_anywhere_in_the_daemon() {
    if !programs::is_root() {
        return;
    }
    let Some(world) = World::with_keyring() else { return };
    ten_rounds(&world, "keyring");
}

#[test]
fn e17_a_secret_on_its_way_to_the_server_is_gone_when_the_lock_says_so() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    let passphrase = world.new_secret();
    let client = world.create_profile("prod", "memory");
    for round in 0..5 {
        let token = world.helper(&[]).token();
        let sought = Sought::of(&client, &token);
        let before = world.server().token_requests();
        world.server().hold();
        let waiting = world.spawn_helper(&["--fresh"]);
        assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.token_requests() > before));
        let [secret, encoded, ..] = sought.found(&daemon);
        assert!(secret >= 2 && encoded >= 1, "the control: it is at rest and on its way, round {round}");
        lock(&world, &passphrase);
        assert_eq!(sought.found(&daemon), [0; 4], "round {round}");
        world.server().release();
        waiting.finish().failed(77);
        unlock(&world, &passphrase);
    }
}

#[test]
fn e17_a_secret_that_is_being_entered_is_gone_when_the_lock_says_so() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    let client = world.new_client();
    let sought = Sought::of(&client, &"x".repeat(48));
    world.server().hold();
    let creating = world.creating("prod", "memory", &client, &world.server().url()).spawn();
    assert!(world.server().wait_for(TIMEOUT, |ledger| ledger.token_requests() > 0));
    assert!(sought.found(&daemon)[0] >= 1, "the control: it is there");
    lock(&world, &world.new_secret());
    assert_eq!(sought.found(&daemon), [0; 4]);
    world.server().release();
    creating.finish().failed(77);
}

/// The key of one-time codes, and how people have it.
const KEY: &[u8] = b"e17-key-of-the-codes";
const SEED: &str = "MUYTOLLLMV4S233GFV2GQZJNMNXWIZLT";

#[test]
fn e17_the_password_of_a_user_and_the_seed_of_the_codes_are_gone_too() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    let (passphrase, password) = (world.new_secret(), world.new_secret());
    world.oracle().register(SEED);
    world.server().add_user_with_key("jo@example.com", &password, KEY);
    let url = world.server().url();
    let line = ["profile", "create", "jo", "--url", &url, "--username", "jo@example.com", "--totp", "stored"];
    let creating = world.call(&line).args(["--secret-stdin", "--secret-source", "memory", "--ca-bundle"]);
    creating.args([world.ca_file()]).stdin(format!("{password}\n{SEED}\n")).run().succeeded();
    world.helper(&[]).token();
    // The two forms in which HMAC takes a key into its hash.
    let pads = [0x36, 0x5c].map(|pad| KEY.iter().map(|byte| byte ^ pad).collect::<Vec<_>>());
    let found = || {
        [password.as_bytes(), SEED.as_bytes(), KEY, &pads[0], &pads[1]]
            .map(|bytes| processes::count_in_memory(daemon.pid(), bytes))
    };
    let [secret, seed, ..] = found();
    assert!(secret >= 1 && seed >= 1, "the control: both are there");
    lock(&world, &passphrase);
    assert_eq!(found(), [0; 5]);
    unlock(&world, &passphrase);
    let [secret, seed, ..] = found();
    assert!(secret >= 1 && seed >= 1, "both are back");
}

#[test]
fn e17_a_refused_secret_is_gone_too_and_is_still_not_sent_again_afterwards() {
    if !programs::is_root() {
        return;
    }
    let Some(world) = World::with_keyring() else { return };
    let daemon = world.daemon();
    let passphrase = world.new_secret();
    let client = world.create_profile("prod", "keyring");
    world.helper(&["forget"]).succeeded();
    world.server().reset_secret(&client.id, &world.new_secret());
    world.helper(&[]).failed(77).saying("refused");
    let before = world.server().token_requests();
    let held = world.create_profile("held", "memory");
    let found = |client: &Client| processes::count_in_memory(daemon.pid(), client.secret.as_bytes());
    assert!(found(&held) >= 1, "the control: a secret that is held is found");
    assert_eq!(found(&client), 0, "of a refused one only a fingerprint is kept");
    let before = before + 1;
    lock(&world, &passphrase);
    assert_eq!([found(&held), found(&client)], [0; 2]);
    unlock(&world, &passphrase);
    world.helper(&["-p", "prod"]).failed(77).saying("refused").saying("reset-secret prod");
    assert_eq!(world.server().token_requests(), before);
}

#[test]
fn e17_a_machine_that_sleeps_has_neither_token_nor_secret_in_its_memory() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let Some(logind) = FakeLogind::start(&world) else { return };
    let daemon = world.launch(logind.launch());
    let passphrase = world.new_secret();
    let client = world.create_profile("prod", "memory");
    world.call(&["lock", "--on-suspend", "--passphrase-stdin"]).stdin(&passphrase).run().succeeded();
    for round in 0..3 {
        let delay = logind.granted();
        let sought = Sought::of(&client, &world.helper(&[]).token());
        let [secret, _, token, _] = sought.found(&daemon);
        assert!(secret >= 1 && token >= 1, "the control: both are there, round {round}");
        logind.announce(true);
        delay.wait_until_released();
        assert_eq!(sought.found(&daemon), [0; 4], "round {round}");
        assert_eq!(processes::count_in_memory(daemon.pid(), passphrase.as_bytes()), 0, "round {round}");
        unlock(&world, &passphrase);
    }
}
