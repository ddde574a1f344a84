//! Owns the changes of the state, which can be applied to the state of another daemon as well. Pure.

use super::StoredState;

/// A change of a profile, by name, or of a keyring item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// It was created, in seconds since 1970.
    Created(String, u64),
    /// It got a token, in seconds since 1970.
    TokenIssued(String, u64),
    Removed(String),
    /// The item may exist without a profile that uses it.
    JournalBegun(String),
    /// The item is where it belongs.
    JournalEnded(String),
}

impl Change {
    pub(super) fn apply(&self, state: &mut StoredState) {
        match self {
            Self::Created(name, at) => state.profiles.entry(name.clone()).or_default().created = Some(*at),
            Self::TokenIssued(name, at) => {
                state.profiles.entry(name.clone()).or_default().last_token_at = Some(*at)
            }
            Self::Removed(name) => drop(state.profiles.remove(name)),
            Self::JournalBegun(key) if state.journal.contains(key) => {}
            Self::JournalBegun(key) => state.journal.push(key.clone()),
            Self::JournalEnded(key) => state.journal.retain(|other| other != key),
        }
    }

    /// Whether this change makes `earlier` superfluous.
    pub(super) fn replaces(&self, earlier: &Self) -> bool {
        use Change::{Created, JournalBegun, JournalEnded, Removed, TokenIssued};
        match (self, earlier) {
            (Created(new, _), Created(old, _))
            | (TokenIssued(new, _), TokenIssued(old, _))
            | (Removed(new), Created(old, _) | TokenIssued(old, _) | Removed(old)) => new == old,
            (JournalBegun(new) | JournalEnded(new), JournalBegun(old) | JournalEnded(old)) => new == old,
            _ => false,
        }
    }
}
