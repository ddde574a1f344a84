//! Owns the list of tokens that the API rejected, so that none is served again. Pure.

use std::collections::VecDeque;

use cp_token_protocol::AccessToken;
use sha2::{Digest, Sha256};

const MAX_TOKENS: usize = 16;

/// The SHA-256 of a token, which is long and random: the hash reveals nothing of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenFingerprint([u8; 32]);

impl TokenFingerprint {
    /// The fingerprint of this token.
    pub fn of(token: &AccessToken) -> Self {
        Self(Sha256::digest(token.expose()).into())
    }
}

impl std::fmt::Debug for TokenFingerprint {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("TokenFingerprint")
    }
}

/// The fingerprints of the tokens that were rejected last.
#[derive(Debug, Default)]
pub(super) struct RejectedTokens {
    fingerprints: VecDeque<TokenFingerprint>,
}

impl RejectedTokens {
    /// Adds the token; `true` if it is new.
    pub(super) fn insert(&mut self, token: TokenFingerprint) -> bool {
        if self.contains(token) {
            return false;
        }
        if self.fingerprints.len() == MAX_TOKENS {
            self.fingerprints.pop_front();
        }
        self.fingerprints.push_back(token);
        true
    }

    pub(super) fn fingerprints(&self) -> Vec<[u8; 32]> {
        self.fingerprints.iter().map(|token| token.0).collect()
    }

    /// Keeps the last of them, up to the limit.
    pub(super) fn import_state(fingerprints: &[[u8; 32]]) -> Self {
        let first = fingerprints.len().saturating_sub(MAX_TOKENS);
        Self { fingerprints: fingerprints[first..].iter().copied().map(TokenFingerprint).collect() }
    }

    pub(super) fn contains(&self, token: TokenFingerprint) -> bool {
        self.fingerprints.contains(&token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_of_a_token_is_the_same_in_every_version() {
        let token = AccessToken::copy_of(b"abc").expect("a token");
        let known: String = TokenFingerprint::of(&token).0.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(known, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
