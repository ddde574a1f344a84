//! Owns what a test says of the server's users and their one-time codes.

use std::collections::HashSet;
use std::time::Duration;

use super::FakeCrashPlan;
use super::accounts::AccountKind;
use super::codes::Codes;

impl FakeCrashPlan {
    /// Adds a user, or replaces the one of this name. With a code, every login must carry exactly it in
    /// `totp-auth`; adding the user again changes the code.
    pub fn add_user(&self, name: &str, password: &str, code: Option<&str>) {
        let codes = code.map_or(Codes::None, |code| Codes::Fixed(code.to_owned()));
        self.shared.with(|state| state.accounts.add(name, password, AccountKind::User { codes }));
    }

    /// Adds a user whose logins must carry a code of this key (RFC 6238, six digits of SHA-1), each code once.
    pub fn add_user_with_key(&self, name: &str, password: &str, key: &[u8]) {
        self.add_user_with_steps(name, password, key, Duration::from_secs(30));
    }

    /// As [`Self::add_user_with_key`], with time steps of another length.
    pub fn add_user_with_steps(&self, name: &str, password: &str, key: &[u8], step: Duration) {
        let codes = Codes::Computed { key: key.to_vec(), period: step.as_secs(), used: HashSet::new() };
        self.shared.with(|state| state.accounts.add(name, password, AccountKind::User { codes }));
    }

    /// The clock by which codes are checked is this far ahead of the machine's from now on.
    pub fn set_code_clock(&self, ahead: Duration) {
        self.shared.with(|state| state.manners.ahead = ahead);
    }

    /// Whether a missing code is refused without being named. Off at first.
    pub fn hide_missing_codes(&self, on: bool) {
        self.shared.with(|state| state.manners.is_opaque = on);
    }
}
