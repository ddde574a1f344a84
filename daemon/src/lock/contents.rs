//! Owns what lies under the seal: every secret that only memory holds, whoever holds it there.

use cp_token_protocol::Secret;

use super::Rooms;
use crate::packed;

const MEMORY: &str = "memory";
const REFUSALS: &str = "refusals";

/// Takes it all out of its places, as one text.
pub(super) fn withdraw(rooms: &Rooms) -> Secret {
    let parts = [(MEMORY, rooms.memory.withdraw()), (REFUSALS, rooms.refusals.withdraw())];
    packed::pack(parts.iter().map(|(name, part)| (*name, part)))
}

/// Puts it all back.
pub(super) fn restore(rooms: &Rooms, text: &Secret) {
    for (name, part) in packed::unpack(text) {
        match name.as_str() {
            MEMORY => rooms.memory.restore(&part),
            REFUSALS => rooms.refusals.restore(&part),
            _ => {}
        }
    }
}
