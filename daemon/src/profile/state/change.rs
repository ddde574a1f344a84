//! Owns what can be remembered, as changes that can be made to any state: another daemon's, too. Pure.

use super::{StoredState, UnsettledKey};

/// One thing that is remembered, of a profile by name or of a keyring item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// It was created, in seconds since 1970.
    Created(String, u64),
    /// Its secret was traded, in seconds since 1970.
    Redeemed(String, u64),
    /// It is gone.
    Removed(String),
    /// The item may exist without a profile that uses it.
    Unsettled(UnsettledKey),
    /// The item is where it belongs.
    Settled(UnsettledKey),
}

impl Change {
    pub(super) fn apply(&self, state: &mut StoredState) {
        match self {
            Self::Created(name, at) => state.profiles.entry(name.clone()).or_default().created = Some(*at),
            Self::Redeemed(name, at) => {
                state.profiles.entry(name.clone()).or_default().last_redeemed = Some(*at)
            }
            Self::Removed(name) => drop(state.profiles.remove(name)),
            Self::Unsettled(key) if state.unsettled.contains(key) => {}
            Self::Unsettled(key) => state.unsettled.push(key.clone()),
            Self::Settled(key) => state.unsettled.retain(|other| other != key),
        }
    }

    /// Whether nothing is missed of `earlier` once this is made.
    pub(super) fn replaces(&self, earlier: &Self) -> bool {
        use Change::{Created, Redeemed, Removed, Settled, Unsettled};
        match (self, earlier) {
            (Created(new, _), Created(old, _))
            | (Redeemed(new, _), Redeemed(old, _))
            | (Removed(new), Created(old, _) | Redeemed(old, _) | Removed(old)) => new == old,
            (Unsettled(new) | Settled(new), Unsettled(old) | Settled(old)) => new == old,
            _ => false,
        }
    }
}
