//! Owns the session that the README's picture shows: real programs at a terminal, against the loopback CrashPlan. What
//! differs between two runs, the server's address and the tokens, is masked.

mod svg;

use crate::fake_crashplan::Answer;
use crate::world::{Outcome, World};

pub use svg::draw;

/// The console and the client that the picture names.
const CONSOLE: &str = "https://console.us2.crashplan.com";
const CLIENT: &str = "key-79muGw9i424";
const CURL: &str = r#"curl -s -H "Authorization: Bearer $(cp-token)" "$URL/api/v3/users?active=true""#;
const USERS: &str = r#"{"data":{"users":[{"username":"jo@example.com"}]}}"#;
const MASK: &str = "••••••••••••••••••••••••••••••••";

/// A line of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// What a person types.
    Command(String),
    /// What a program shows.
    Output(String),
    /// What happens elsewhere.
    Comment(String),
}

/// The session as it took place; `None` where there is no keyring or no curl.
pub fn session() -> Option<Vec<Line>> {
    if !crate::programs::present(&["curl", "sh"]) {
        return None;
    }
    let world = World::with_keyring()?;
    let bundle = format!("ca_bundle = {:?}\n", world.ca_file());
    std::fs::create_dir_all(world.config_folder()).expect("make the config folder");
    std::fs::write(world.config_folder().join("config.toml"), bundle).expect("write the config");
    let mut session = Session { world, lines: Vec::new() };
    session.create_a_profile();
    session.use_a_token();
    session.reset_the_secret();
    Some(session.lines)
}

struct Session {
    world: World,
    lines: Vec<Line>,
}

impl Session {
    fn create_a_profile(&mut self) {
        let secret = self.world.new_secret();
        self.world.server().add_client(CLIENT, &secret);
        let url = self.world.server().url();
        self.typed(&["profile", "create", "prod", "--url", &url, "--client-id", CLIENT], &secret);
    }

    fn use_a_token(&mut self) {
        let token = self.world.helper(&[]).token();
        self.show("cp-token", &token);
        self.use_curl();
    }

    fn reset_the_secret(&mut self) {
        let (token, secret) = (self.world.helper(&[]).token(), self.world.new_secret());
        self.lines.push(Line::Comment("# Somebody clicks \"Reset API secret\" in the console.".to_owned()));
        self.world.server().reset_kills_tokens(true);
        self.world.server().reset_secret(CLIENT, &secret);
        let reported = self.world.call(&["--rejected"]).stdin(&token).run().failed(77);
        self.show("printf %s \"$token\" | cp-token --rejected", &reported.stderr);
        self.typed(&["profile", "reset-secret", "prod"], &secret);
        self.use_curl();
    }

    fn use_curl(&mut self) {
        let server = self.world.server();
        server.answer_api_next(Answer::json(200, USERS));
        let call = self.world.program("sh").args(["-c", CURL]).env("URL", server.url());
        let shown = call.env("CURL_CA_BUNDLE", self.world.ca_file()).run().succeeded().stdout;
        self.show(&CURL.replace("$URL", CONSOLE), &shown);
    }

    /// Runs `cp-token` at a terminal and types the secret where it asks for it.
    fn typed(&mut self, arguments: &[&str], secret: &str) {
        let mut dialogue = self.world.dialogue(arguments);
        dialogue.answer("ecret", secret);
        let Outcome { code, stdout, .. } = dialogue.end();
        assert_eq!(code, 0, "{stdout}");
        self.show(&format!("cp-token {}", arguments.join(" ")), &stdout);
    }

    fn show(&mut self, command: &str, output: &str) {
        self.lines.push(Line::Command(self.masked(command)));
        let output = self.masked(output);
        let lines = output.lines().filter(|line| !line.trim().is_empty());
        self.lines.extend(lines.map(|line| Line::Output(line.trim_end().to_owned())));
    }

    fn masked(&self, text: &str) -> String {
        let server = self.world.server();
        let text = text.replace(&server.url(), CONSOLE).replace('\r', "");
        server.issued().iter().fold(text, |text, token| text.replace(token.as_str(), MASK))
    }
}
