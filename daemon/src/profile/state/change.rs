//! Owns what can be remembered, as changes that can be made to any state: another daemon's, too. Pure.

use super::{JournalKey, StoredState};

/// One thing that is remembered, of a profile by name or of a keyring item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// It was created, in seconds since 1970.
    Created(String, u64),
    /// Its secret was traded, in seconds since 1970.
    TokenIssued(String, u64),
    /// It is gone.
    Removed(String),
    /// The item may exist without a profile that uses it.
    JournalBegun(JournalKey),
    /// The item is where it belongs.
    JournalCommitted(JournalKey),
}

impl Change {
    pub(super) fn apply(&self, state: &mut StoredState) {
        match self {
            Self::Created(name, at) => state.profiles.entry(name.clone()).or_default().created = Some(*at),
            Self::TokenIssued(name, at) => {
                state.profiles.entry(name.clone()).or_default().last_redeemed = Some(*at)
            }
            Self::Removed(name) => drop(state.profiles.remove(name)),
            Self::JournalBegun(key) if state.journal.contains(key) => {}
            Self::JournalBegun(key) => state.journal.push(key.clone()),
            Self::JournalCommitted(key) => state.journal.retain(|other| other != key),
        }
    }

    /// Whether nothing is missed of `earlier` once this is made.
    pub(super) fn replaces(&self, earlier: &Self) -> bool {
        use Change::{Created, JournalBegun, JournalCommitted, Removed, TokenIssued};
        match (self, earlier) {
            (Created(new, _), Created(old, _))
            | (TokenIssued(new, _), TokenIssued(old, _))
            | (Removed(new), Created(old, _) | TokenIssued(old, _) | Removed(old)) => new == old,
            (JournalBegun(new) | JournalCommitted(new), JournalBegun(old) | JournalCommitted(old)) => {
                new == old
            }
            _ => false,
        }
    }
}
