//! Owns the memory of tokens that the API rejected, so that none is handed out again. Pure.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use cp_token_protocol::AccessToken;

const CAPACITY: usize = 16;

/// The latest few, as fingerprints: a dead token is not worth keeping in memory.
#[derive(Debug, Default)]
pub(super) struct Rejected {
    fingerprints: VecDeque<u64>,
}

impl Rejected {
    pub(super) fn remember(&mut self, token: &AccessToken) {
        if self.contains(token) {
            return;
        }
        if self.fingerprints.len() == CAPACITY {
            self.fingerprints.pop_front();
        }
        self.fingerprints.push_back(fingerprint(token));
    }

    pub(super) fn fingerprints(&self) -> Vec<u64> {
        self.fingerprints.iter().copied().collect()
    }

    /// Of more than there is room for, the latest.
    pub(super) fn inherited(fingerprints: &[u64]) -> Self {
        let first = fingerprints.len().saturating_sub(CAPACITY);
        Self { fingerprints: fingerprints[first..].iter().copied().collect() }
    }

    pub(super) fn contains(&self, token: &AccessToken) -> bool {
        self.fingerprints.contains(&fingerprint(token))
    }
}

fn fingerprint(token: &AccessToken) -> u64 {
    let mut hasher = DefaultHasher::new();
    token.expose().hash(&mut hasher);
    hasher.finish()
}
