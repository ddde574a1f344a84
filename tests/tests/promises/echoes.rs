//! Promises about servers that repeat what they were sent: neither the secret, nor its header, nor a live token reaches
//! anybody, whatever the status, the place and the spelling. The oracle that looks for them finds each spelling.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cp_token_tests::certificates::ServerCertificate;
use cp_token_tests::echo_server::{EchoServer, Spelling, name_for};
use cp_token_tests::oracle::Oracle;
use cp_token_tests::world::{World, ask_for_a_token_of, frame};

use super::sizes::{repetitions, tell};

/// The statuses that mean something, and some that mean nothing, with every spelling in every run.
const CLASSES: [u16; 16] = [200, 201, 202, 206, 300, 302, 308, 400, 401, 403, 404, 407, 408, 418, 429, 503];

/// One request: as whom, and what the server answers.
struct Case {
    kind: &'static str,
    status: u16,
    spelling: usize,
}

impl Case {
    fn profile(&self) -> String {
        format!("{}-{}-{}", self.kind, self.status, self.spelling)
    }

    fn table(&self, url: &str, secret: &Path) -> String {
        let (kind, who, secret) = (self.kind, name_for(self.status, self.spelling), secret.display());
        let key = if kind == "api" { "client_id" } else { "kind = \"user\"\nusername" };
        format!(
            "[profile.{}]\nurl = \"{url}\"\n{key} = \"{who}\"\ninsecure_http = true\nsecret_source = \"file\"\n\
             secret_file = \"{secret}\"\n\n",
            self.profile()
        )
    }
}

/// A world with an echo server, and the file of the secret that goes there.
struct Stage {
    world: World,
    server: EchoServer,
    secret: String,
    token: String,
}

impl Stage {
    fn new() -> Self {
        let world = World::new();
        let secret = world.new_secret();
        let token: String = world.new_secret().chars().filter(char::is_ascii_alphanumeric).collect();
        world.oracle().register(&token);
        let file = world.path("secret");
        write_private(&file, &secret);
        world.oracle().spare(file);
        Self { server: EchoServer::start(&token, None), world, secret, token }
    }

    /// Makes a profile for each case, by hand, and starts the daemon; the header of each is one more secret.
    fn prepare(&self, cases: &[Case]) {
        let (url, file) = (self.server.url(), self.world.path("secret"));
        let tables: String = cases.iter().map(|case| case.table(&url, &file)).collect();
        write_private(&self.world.config_folder().join("config.toml"), &tables);
        for case in cases {
            let pair = format!("{}:{}", name_for(case.status, case.spelling), self.secret);
            self.world.oracle().register(STANDARD.encode(pair));
        }
    }

    /// Asks for a token of each profile, over a few connections at a time, and keeps every answer for the oracle.
    fn ask_all(&self, cases: &[Case]) {
        let left = Mutex::new(cases.iter().collect::<VecDeque<_>>());
        let next = || left.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Some(case) = next() {
                        let mut raw = self.world.raw();
                        raw.send(&frame(&ask_for_a_token_of(&case.profile())));
                        self.world.oracle().record(format!("the answer for {}", case.profile()), raw.rest());
                    }
                });
            }
        });
    }
}

fn write_private(file: &Path, text: &str) {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(file).expect("make a file");
    file.write_all(text.as_bytes()).expect("write it");
}

/// Every status with a spelling that goes round, and every spelling with the statuses that matter; in the long version
/// every one with every other.
fn matrix() -> Vec<Case> {
    let kinds = ["api", "user"];
    let spellings = Spelling::ALL.len();
    let all = kinds.into_iter().flat_map(|kind| (200..600).map(move |status| (kind, status)));
    let all =
        all.flat_map(|(kind, status)| (0..spellings).map(move |spelling| Case { kind, status, spelling }));
    let round = |case: &Case| usize::from(case.status) % spellings == case.spelling;
    all.filter(|case| repetitions(0, 1) == 1 || round(case) || CLASSES.contains(&case.status)).collect()
}

#[test]
fn e06_no_status_and_no_spelling_lets_a_secret_or_a_token_out() {
    let cases = matrix();
    // A config file holds many profiles, and not any number.
    for part in cases.chunks(1500) {
        let stage = Stage::new();
        stage.prepare(part);
        let daemon = stage.world.daemon();
        stage.ask_all(part);
        assert!(stage.server.answered() >= part.len(), "each has repeated what it was sent");
        stage.world.assert_no_leak();
        assert_eq!(daemon.terminate(), 0);
    }
    let (statuses, spellings) = (400, Spelling::ALL.len());
    tell(&format!("{} echoes: {statuses} statuses, {spellings} spellings, 2 kinds: 0 hits", cases.len()));
    assert!(cases.len() >= 2 * (statuses + CLASSES.len() * (spellings - 1)));
}

#[test]
fn e06_no_caller_no_later_one_no_doctor_and_no_creation_gets_to_see_them() {
    let stage = Stage::new();
    let statuses = [401, 403, 400, 302, 404, 201, 500, 429];
    let case = |spelling| {
        let kind = if spelling % 2 == 0 { "api" } else { "user" };
        Case { kind, status: statuses[spelling % statuses.len()], spelling }
    };
    let cases: Vec<Case> = (0..Spelling::ALL.len()).map(case).collect();
    stage.prepare(&cases);
    let daemon = stage.world.daemon();
    for case in &cases {
        let name = case.profile();
        for _ in 0..2 {
            let outcome = stage.world.helper(&["-p", &name]);
            assert!(outcome.code != 0 && outcome.stderr.starts_with("cp-token: profile "), "{outcome:?}");
        }
        let outcome = stage.world.helper(&["doctor", "-p", &name, "--json"]);
        assert!(outcome.stdout.contains(&name), "{outcome:?}");
    }
    stage.world.helper(&["status", "--json"]);
    stage.world.helper(&["log", "-n", "1000", "--json"]);
    assert!(stage.server.answered() >= cases.len());
    creations(&stage, &cases);
    stage.world.assert_no_leak();
    assert_eq!(daemon.terminate(), 0);
}

/// Of every kind, the deprecated one included, which only a creation sends to a server; each twice. What is shown the second
/// time is what the daemon kept of the first answer, or the server's answer once more if the pause after it is over.
fn creations(stage: &Stage, cases: &[Case]) {
    let tls = stage.world.server().authority().server_config(ServerCertificate::Good);
    let server = EchoServer::start(&stage.token, Some(tls));
    for (number, case) in cases.iter().enumerate() {
        let (who, url) = (name_for(case.status, case.spelling), server.url());
        let kind: &[&str] = match number % 3 {
            0 => &["--client-id", &who],
            1 => &["--username", &who],
            _ => &["--username", &who, "--basic"],
        };
        let mut least = 1;
        for _ in 0..2 {
            let before = server.answered();
            let create =
                ["profile", "create", "new", "--url", &url, "--secret-stdin", "--secret-source", "memory"];
            let create =
                stage.world.call(&create).args(kind).args(["--ca-bundle"]).args([stage.world.ca_file()]);
            let outcome = create.stdin(&stage.secret).run();
            assert!(outcome.code != 0 && outcome.stderr.contains("nothing was changed"), "{outcome:?}");
            let sent = server.answered() - before;
            assert!((least..2).contains(&sent), "{sent} {} {outcome:?}", case.profile());
            least = 0;
        }
    }
}

/// The control: whatever the echo server writes down, the oracle reads.
#[test]
fn e11_the_oracle_finds_every_spelling_of_a_secret_a_header_and_a_token() {
    let world = World::new();
    for spelling in Spelling::ALL {
        let oracle = Oracle::default();
        let (secret, other) = (world.new_secret(), world.new_secret());
        oracle.register(&secret);
        oracle.record("another", format!("before {} behind", spelling.of(&other)));
        assert_eq!(oracle.leaks(&[], Path::new("/nonexistent"), &[]), Vec::<String>::new(), "{spelling:?}");
        oracle.record("planted", format!("before {} behind", spelling.of(&secret)));
        assert_eq!(oracle.leaks(&[], Path::new("/nonexistent"), &[]), ["planted"], "{spelling:?}");
    }
}
