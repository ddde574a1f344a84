//! Owns what lies under the seal: every secret that only memory holds, whoever holds it there.

use cp_token_protocol::Secret;

use super::LockDeps;
use crate::secrets::secret_bundle;

const MEMORY: &str = "memory";
const REFUSALS: &str = "refusals";

/// Takes it all out of its places, as one text.
pub(super) fn withdraw(rooms: &LockDeps) -> Secret {
    let parts = [(MEMORY, rooms.memory.take_secrets()), (REFUSALS, rooms.refusals.take_key())];
    secret_bundle::pack(parts.iter().map(|(name, part)| (*name, part)))
}

/// Puts it all back.
pub(super) fn restore(rooms: &LockDeps, text: &Secret) {
    for (name, part) in secret_bundle::unpack(text) {
        match name.as_str() {
            MEMORY => rooms.memory.put_back(&part),
            REFUSALS => rooms.refusals.put_back_key(&part),
            _ => {}
        }
    }
}
