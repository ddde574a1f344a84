//! Tells the main job as a story with the real programs, and ends by itself. It shows what happened and never a
//! whole token; everything it starts is private and gone at the end.
#![allow(clippy::expect_used, reason = "a story that cannot go on has to stop where it broke")]

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    story::tell()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    use std::io::Write;
    drop(writeln!(std::io::stderr(), "the demo runs on Linux only so far"));
    ExitCode::from(69)
}

#[cfg(target_os = "linux")]
mod story {
    use std::io::{Write, stdout};
    use std::process::ExitCode;
    use std::time::Duration;

    use cp_token_tests::programs;
    use cp_token_tests::world::{Client, Outcome, World};

    /// The vendor's own example, with nothing but the token's place filled in.
    const VENDORS_EXAMPLE: &str = r#"curl -X GET "$URL/api/v3/users?active=true&blocked=false&pageSize=100" -H "authorization: Bearer $(cp-token)""#;
    const LIFE: Duration = Duration::from_secs(3);
    const RENEWALS: usize = 2;
    const USUAL_LIFE: Duration = Duration::from_secs(15 * 60);
    const CALLERS: usize = 50;

    pub(super) fn tell() -> ExitCode {
        if !programs::present(&["curl", "sh"]) {
            return ExitCode::from(69);
        }
        say("Building cp-token and cp-tokend, where that is still to be done ...");
        let demo = Demo::new();
        demo.create_a_profile();
        demo.use_a_token();
        demo.outlive_tokens();
        demo.survive_a_rejection();
        demo.show_the_ledger();
        demo.end();
        ExitCode::SUCCESS
    }

    struct Demo {
        world: World,
    }

    impl Demo {
        fn new() -> Self {
            let world = World::new();
            let curlrc = "silent\nshow-error\nwrite-out = \"\\nHTTP %{http_code}\\n\"\n";
            std::fs::write(world.path("home/.curlrc"), curlrc).expect("write .curlrc");
            say("");
            say(&format!(
                "A stand-in for CrashPlan listens at {}, over TLS, on this machine alone.",
                world.server().url()
            ));
            say("It knows one API client, key-1, and writes down every request that reaches it.");
            Self { world }
        }

        fn create_a_profile(&self) {
            chapter("1. A profile: which API client, where, and its secret");
            let client = self.world.new_client();
            show("printf %s \"$SECRET\" | cp-token profile create demo --url \"$URL\" --client-id key-1 \\");
            say("      --ca-bundle ca.pem --secret-source memory --secret-stdin");
            self.world.server().set_life(LIFE);
            let created = self.create(&client).succeeded();
            say(created.stdout.trim_end());
            say("cp-token found no daemon and started one. The secret was proved with one token request.");
            say(
                "--secret-source memory: the daemon alone holds the secret, because a demo leaves your keyring alone.",
            );
            say("Without it, the secret rests in the system keyring and outlives daemon and reboot.");
        }

        fn create(&self, client: &Client) -> Outcome {
            self.world.creating("demo", "memory", client, &self.world.server().url()).run()
        }

        fn use_a_token(&self) {
            chapter("2. A token, wherever a command line wants one");
            show("cp-token");
            say(&short(&self.token()));
            show(VENDORS_EXAMPLE);
            say(self.example().stdout.trim_end());
        }

        /// Without a pause, as no script would: the clock that matters is the server's.
        fn outlive_tokens(&self) {
            chapter("3. Tokens end; whoever asks does not notice");
            say(
                "The stand-in's tokens live for 3 seconds here, not 15 minutes. The same curl, again and again,",
            );
            say("until two more tokens have been issued:");
            let (first, before) = (self.token(), self.world.server().token_requests());
            let mut asked = 0;
            let mut welcome = 0;
            while self.world.server().token_requests() < before + RENEWALS {
                asked += 1;
                welcome += usize::from(self.example().stdout.ends_with("HTTP 200\n"));
            }
            say(&format!("{asked} requests, {welcome} of them welcome, {RENEWALS} renewals."));
            say(&format!("The token of the beginning, {}, is long over:", short(&first)));
            say(&format!("HTTP {}", self.world.api_status(&first)));
        }

        fn survive_a_rejection(&self) {
            chapter("4. A token that the server takes back");
            self.world.server().set_life(USUAL_LIFE);
            self.world.helper(&["--fresh"]).token();
            let token = self.token();
            self.world.server().revoke_all();
            say("The stand-in revokes every token. Nobody can know that before trying:");
            show(VENDORS_EXAMPLE);
            say(self.example().stdout.trim_end());
            say(&format!("{CALLERS} scripts notice at the same time and report it:"));
            show("printf %s \"$token\" | cp-token --rejected");
            let before = self.world.server().token_requests();
            let report = || self.world.call(&["--rejected"]).stdin(&token).spawn();
            let reports: Vec<_> = (0..CALLERS).map(|_| report()).collect();
            let mut tokens: Vec<_> = reports.into_iter().map(|report| report.finish().token()).collect();
            tokens.dedup();
            say(&format!(
                "{CALLERS} answers, {} new token, {} token request.",
                tokens.len(),
                self.world.server().token_requests() - before
            ));
            show(VENDORS_EXAMPLE);
            say(self.example().stdout.trim_end());
        }

        fn show_the_ledger(&self) {
            chapter("5. What the server saw");
            let ledger = self.world.server().ledger();
            say(&format!(
                "{:5} requests for a token, never two at once: {}",
                ledger.token_requests(),
                ledger.max_in_flight() == 1
            ));
            say(&format!("{:5} API requests", ledger.api_requests()));
            say(&format!(
                "{:5} of them with a token that was over or revoked: the two above",
                ledger.refused_bearers()
            ));
            show("cp-token status");
            say(self.world.helper(&["status"]).succeeded().stdout.trim_end());
        }

        fn end(self) {
            chapter("6. The end");
            self.world.assert_no_leak();
            say(
                "Every file, log, argument and environment of this demo was searched for the secret and every token,",
            );
            say("plain and in base64: nothing was found. Now the daemon is stopped and the folder removed.");
            drop(self.world);
            say("");
            say("With a real tenant: cp-token profile create prod --url https://YOUR.CONSOLE --client-id ID");
        }

        fn token(&self) -> String {
            self.world.helper(&[]).token()
        }

        fn example(&self) -> Outcome {
            let line = self.world.program("sh").args(["-c", VENDORS_EXAMPLE]);
            let line = line.env("URL", self.world.server().url()).env("CURL_CA_BUNDLE", self.world.ca_file());
            line.run().succeeded()
        }
    }

    fn chapter(title: &str) {
        say(&format!("\n{title}\n"));
    }

    fn show(command: &str) {
        say(&format!("$ {command}"));
    }

    fn say(line: &str) {
        // Whoever has closed the pipe has seen enough.
        drop(writeln!(stdout(), "{line}"));
    }

    /// Enough to tell two tokens apart, and useless to whoever reads it.
    fn short(token: &str) -> String {
        format!("{}...{} ({} characters)", &token[..6], &token[token.len() - 6..], token.len())
    }
}
