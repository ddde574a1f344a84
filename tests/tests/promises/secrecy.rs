//! Promises about where a secret never is: not in memory after it was forgotten, not in arguments, environment,
//! logs or files. The oracle of every world watches too; here stand the controls.

use std::os::unix::fs::PermissionsExt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use cp_token_tests::programs;
use cp_token_tests::world::processes::{self, Signal};
use cp_token_tests::world::{Client, Launch, World};

use crate::sizes::{repetitions, tell};

/// The most copies of a token that is in use.
const LIVE_COPIES: usize = 4;

fn basic(client: &Client) -> String {
    STANDARD_NO_PAD.encode(format!("{}:{}", client.id, client.secret))
}

/// Any piece of a token that is its own.
fn piece(token: &str) -> &[u8] {
    &token.as_bytes()[token.len() - 48..]
}

/// Each round has a profile of its own, because the token requests of one are bounded.
#[test]
fn e04_a_forgotten_token_is_nowhere_in_the_daemons_memory() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    for round in 0..repetitions(3, 10) {
        let name = format!("p{round}");
        world.create_profile(&name, "memory");
        let token = world.helper(&["-p", &name]).token();
        for _ in 0..20 {
            world.helper(&["-p", &name]).token();
        }
        let live = processes::count_in_memory(daemon.pid(), piece(&token));
        assert!((1..=LIVE_COPIES).contains(&live), "round {round}: {live} copies of a live token");
        world.helper(&["forget", "-p", &name]).succeeded();
        assert_eq!(processes::count_in_memory(daemon.pid(), piece(&token)), 0, "round {round}");
        tell(&format!("a live token lay in memory {live} times, a forgotten one 0 times"));
    }
}

#[test]
fn e04_a_replaced_or_deleted_secret_is_nowhere_in_the_daemons_memory() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    let mut client = world.create_profile("prod", "memory");
    let count = |client: &Client| {
        let basic = basic(client);
        [client.secret.as_bytes(), &basic.as_bytes()[..basic.len() - 4]]
            .map(|bytes| processes::count_in_memory(daemon.pid(), bytes))
    };
    for round in 0..repetitions(3, 10) {
        let [plain, encoded] = count(&client);
        assert!(plain >= 1 && encoded == 0, "round {round}: {plain} plain and {encoded} encoded copies");
        let next = Client { secret: world.new_secret(), ..client.clone() };
        world.server().reset_secret(&next.id, &next.secret);
        let reset = world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&next.secret);
        reset.run().succeeded();
        assert_eq!(count(&client), [0, 0], "round {round}: the old secret");
        client = next;
    }
    world.helper(&["profile", "delete", "prod", "--yes"]).succeeded();
    assert_eq!(count(&client), [0, 0]);
}

#[test]
fn e05_an_end_by_abort_tells_nothing_and_leaves_no_core_file() {
    let world = World::new();
    let mut daemon = world.launch(Launch::default().env("RUST_BACKTRACE", "full"));
    world.create_profile("prod", "memory");
    world.helper(&[]).token();
    daemon.signal(Signal::ABORT);
    assert_eq!(daemon.wait(), 128 + 6);
    world.assert_no_leak();
    let names =
        std::fs::read_dir(world.root()).expect("read the folder").flatten().map(|entry| entry.file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().starts_with("core")));
}

#[test]
fn e06_the_most_verbose_log_tells_what_happens_and_no_secret() {
    let world = World::new();
    let daemon = world.launch(Launch::default().env("CP_TOKEN_LOG", "trace").env("RUST_LOG", "trace"));
    let client = world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    world.call(&["--rejected"]).stdin(&token).run().token();
    world.server().reset_secret(&client.id, &world.new_secret());
    world.helper(&["--fresh"]).failed(77);
    daemon.wait_for_log("token issued", 1);
    daemon.wait_for_log("token request failed", 1);
    world.assert_no_leak();
}

#[test]
fn e09_no_option_takes_a_secret_and_none_is_repeated_where_somebody_tries() {
    const TRIED: &str = "hunter2-hunter2-hunter2";
    let world = World::new();
    let created = ["profile", "create", "prod", "--url", "https://localhost", "--client-id", "key-1"];
    for more in
        [["--secret", TRIED].as_slice(), &["--client-secret", TRIED], &["--password", TRIED], &[TRIED]]
    {
        let outcome = world.call(&created).args(more).run().failed(64);
        assert!(!outcome.stderr.contains(TRIED), "{outcome:?}");
    }
    let outcome = world.helper(&["profile", "reset-secret", "prod", TRIED]).failed(64);
    assert!(!outcome.stderr.contains(TRIED), "{outcome:?}");
    let outcome = world.helper(&["--rejected", TRIED]).failed(64);
    assert!(!outcome.stderr.contains(TRIED), "{outcome:?}");
    let joined = ["profile create p --secret-stdin=", "lock --passphrase-stdin=", "--rejected=", "--fresh="];
    let taken = ["profile update p --totp stored:", "profile update p --secret-source ", "--timeout "];
    for line in joined.into_iter().chain(taken) {
        let line = format!("{line}{TRIED}");
        let words: Vec<&str> = line.split(' ').collect();
        for format in ["text", "json"] {
            let outcome =
                world.call(&words).args(["--error-format", format]).run().failed(64).saying("value for '--");
            assert!(!outcome.stderr.contains(TRIED) && outcome.stdout.is_empty(), "{outcome:?}");
        }
    }
}

#[test]
fn e10_a_daemon_that_was_started_for_somebody_has_nothing_of_their_environment() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let names = [
        "CP_TOKEN_SECRET",
        "CRASHPLAN_SECRET",
        "AWS_SECRET_ACCESS_KEY",
        "HTTPS_PROXY",
        "SSL_CERT_FILE",
        "EDITOR",
    ];
    let call = world.call(&["daemon", "start"]).env("XDG_DATA_HOME", world.path("home/data"));
    let call = names.iter().fold(call, |call, name| call.env(name, format!("planted-for-{name}")));
    call.run().succeeded();
    let environment =
        std::fs::read(format!("/proc/{}/environ", world.daemon_pid())).expect("read its environment");
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.contains("XDG_DATA_HOME="), "the control: what it needs is there");
    assert!(!environment.contains("planted-for"), "{environment}");
}

#[test]
fn e11_a_thousand_operations_leave_no_secret_in_any_file() {
    let Some(world) = World::with_keyring() else { return };
    let mut client = world.create_profile("prod", "keyring");
    let mut token = world.helper(&[]).token();
    for round in 0..repetitions(15, 170) {
        world.helper(&["status"]).succeeded();
        world.helper(&["profile", "list"]).succeeded();
        let reported = world.call(&["--rejected"]).stdin(&token).run();
        // A profile's share of requests may be used up.
        token = if reported.code == 0 { reported.token() } else { token };
        client.secret = world.new_secret();
        world.server().reset_secret(&client.id, &client.secret);
        let reset = world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(&client.secret);
        reset.run().succeeded();
        let also = format!("https://gateway-{round}.example");
        world.helper(&["profile", "update", "prod", "--also-for", &also]).succeeded();
        world.helper(&["forget"]).succeeded();
    }
    world.helper(&["profile", "delete", "prod", "--yes"]).succeeded();
    world.assert_no_leak();
}

/// The place of the first line, at or after `from`, that has all of these words.
fn find(lines: &[&str], from: usize, words: &[&str]) -> usize {
    let found = lines[from..].iter().position(|line| words.iter().all(|word| line.contains(word)));
    from + found.unwrap_or_else(|| panic!("no {words:?} from line {from} in:\n{}", lines.join("\n")))
}

#[test]
fn e12_config_and_state_are_replaced_whole_durable_and_private() {
    // The daemon shows the paths that it opens to nobody but root.
    if !programs::present(&["strace"]) || !programs::is_root() {
        return;
    }
    let world = World::new();
    let trace = world.path("trace");
    let calls = "trace=openat,write,fsync,fdatasync,rename,renameat,renameat2";
    let launch = Launch::by(
        ["strace", "-f", "-qq", "-y", "-e", calls, "-o"]
            .map(Into::into)
            .into_iter()
            .chain([trace.clone().into_os_string()]),
    );
    let daemon = world.launch(launch);
    world.create_profile("prod", "memory");
    assert_eq!(daemon.terminate(), 0);
    let trace = std::fs::read_to_string(trace).expect("read the trace");
    for (folder, name) in [("config", "config.toml"), ("state", "state.json")] {
        let lines: Vec<_> = trace.lines().filter(|line| line.contains(&format!("/{folder}"))).collect();
        let draft = format!("{name}.new");
        let opened = find(&lines, 0, &["openat(", &draft, "O_EXCL", "O_NOFOLLOW", "0600"]);
        let written = find(&lines, opened, &["write(", &draft]);
        let synced = find(&lines, written, &["sync(", &draft]);
        let renamed = find(&lines, synced, &["rename", &draft]);
        find(&lines, renamed, &["sync(", &format!("/{folder}>")]);
        let mode = std::fs::metadata(world.path(folder).join(name)).expect("the file").permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }
}
