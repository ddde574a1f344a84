//! Owns what is sealed: every secret that only memory holds.

use cp_token_protocol::Secret;

use super::Lock;
use crate::secrets::secret_bundle;

const MEMORY: &str = "memory";
const REFUSALS: &str = "refusals";

/// Takes the secrets out of memory, as one text.
pub(super) fn take(lock: &Lock) -> Secret {
    let parts = [(MEMORY, lock.memory.take_secrets()), (REFUSALS, lock.deps.fetcher.refusals().take_key())];
    secret_bundle::pack(parts.iter().map(|(name, part)| (*name, part)))
}

/// Puts the secrets back.
pub(super) fn put_back(lock: &Lock, text: &Secret) {
    for (name, part) in secret_bundle::unpack(text) {
        match name.as_str() {
            MEMORY => lock.memory.put_back(&part),
            REFUSALS => lock.deps.fetcher.refusals().put_back_key(&part),
            _ => {}
        }
    }
}
