//! Owns where blocks of the pages are tried: a world with a profile, whose server stands in for the vendor's, and what
//! is looked at afterwards.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use cp_token_tests::fake_crashplan::{Answer, Asked, Credential, Entry};
use cp_token_tests::world::{Call, World};

/// The console of the pages.
const CONSOLE: &str = "https://console.us2.crashplan.com";

/// A world with one profile.
pub(super) struct PageWorld {
    pub(super) world: World,
}

impl PageWorld {
    /// With a profile of an API client.
    pub(super) fn new() -> Self {
        Self::around(World::new())
    }

    /// The same in this world.
    pub(super) fn around(world: World) -> Self {
        world.create_profile("prod", "memory");
        Self { world }
    }

    /// A file with this block, in which this world's server is the vendor's.
    pub(super) fn file(&self, name: &str, text: &str) -> PathBuf {
        written(&self.world, name, text)
    }

    /// A program of the person's own, in `PATH` and in the folder where blocks are run.
    pub(super) fn own_program(&self, name: &str, text: &str) {
        for place in [self.world.path("bin").join(name), self.world.path(name)] {
            std::fs::write(&place, text).expect("write a program");
            std::fs::set_permissions(&place, PermissionsExt::from_mode(0o755)).expect("let it be run");
        }
    }

    /// This interpreter with this block, beside a person's own roots.
    pub(super) fn call(&self, interpreter: &str, text: &str) -> Call {
        let file = self.file("block", text);
        self.trusting(self.world.program(interpreter).args([file]))
    }

    /// The same call with this world's roots where curl and Python look for them.
    pub(super) fn trusting(&self, call: Call) -> Call {
        call.env("CURL_CA_BUNDLE", self.world.ca_file()).env("SSL_CERT_FILE", self.world.ca_file())
    }

    /// The next answers of the API; it checks no token meanwhile, but notes it.
    pub(super) fn serve(&self, bodies: &[&str]) {
        for body in bodies {
            self.world.server().answer_api_next(Answer::json(200, body));
        }
    }

    /// What the API was asked, in order. Panics where one of them came without a live token.
    pub(super) fn asked(&self) -> Vec<String> {
        let mut asked = Vec::new();
        for entry in self.world.server().entries().iter().filter(|entry| entry.asked == Asked::Api) {
            assert!(is_welcome(entry), "{entry:?}");
            asked.push(target(entry));
        }
        asked
    }

    /// One token request served it all.
    pub(super) fn cost_one_token_request(&self) {
        assert_eq!(self.world.server().token_requests(), 1);
    }
}

/// A file in this world with this block, in which the world's server is the vendor's.
pub(super) fn written(world: &World, name: &str, text: &str) -> PathBuf {
    let file = world.path(name);
    std::fs::write(&file, text.replace(CONSOLE, &world.server().url())).expect("write the block");
    file
}

fn is_welcome(entry: &Entry) -> bool {
    matches!(entry.credential, Credential::Bearer { live: true, .. })
}

/// Path and query.
pub(super) fn target(entry: &Entry) -> String {
    let query = entry.request.query.as_ref().map(|query| format!("?{query}"));
    entry.request.path.clone() + &query.unwrap_or_default()
}
