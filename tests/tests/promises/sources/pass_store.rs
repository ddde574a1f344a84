//! Owns a private `pass` store and the private gpg that locks it. Dropping it ends gpg's agent.

use std::path::PathBuf;

use cp_token_tests::programs;
use cp_token_tests::world::{Call, Outcome, World};

const WHO: &str = "cp-token tests <tests@cp-token.example>";

/// A store with a key of its own that has no passphrase.
pub(super) struct PassStore<'w> {
    world: &'w World,
    home: PathBuf,
    store: PathBuf,
}

impl<'w> PassStore<'w> {
    /// `None`, said aloud, where a program is missing.
    pub(super) fn new(world: &'w World) -> Option<Self> {
        if !programs::present(&["pass", "gpg", "gpgconf"]) {
            return None;
        }
        let store = Self { world, home: world.path("gnupg"), store: world.path("store") };
        let made = world.program("mkdir").args(["-m", "700"]).args([&store.home]).run();
        made.succeeded();
        let key = ["--batch", "--quiet", "--passphrase", "", "--quick-generate-key", WHO, "future-default"];
        store.message(world.program("gpg").args(key).args(["default", "never"])).run();
        let made = store.message(world.program("pass").args(["init", WHO])).run();
        assert_eq!(made.code, 0, "{made:?}");
        Some(store)
    }

    /// Puts text into an entry, in the place of what was there.
    pub(super) fn insert(&self, entry: &str, text: &str) {
        let insert = self.world.program("pass").args(["insert", "--force", "--multiline", entry]);
        let inserted: Outcome = self.message(insert).stdin(text).run();
        assert_eq!(inserted.code, 0, "{inserted:?}");
    }

    /// The call of a person whose environment says where gpg and the store are.
    pub(super) fn message(&self, call: Call) -> Call {
        call.env("GNUPGHOME", &self.home).env("PASSWORD_STORE_DIR", &self.store)
    }
}

impl Drop for PassStore<'_> {
    fn drop(&mut self) {
        self.message(self.world.program("gpgconf").args(["--kill", "all"])).run();
    }
}
