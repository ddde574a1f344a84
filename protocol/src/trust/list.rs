//! Owns what a POSIX access list grants beyond the mode, from the bytes that the kernel keeps it in. It touches no file.
#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has such lists"))]

use super::Viewer;

#[cfg(target_os = "linux")]
#[path = "list/linux.rs"]
mod system;
#[cfg(all(unix, not(target_os = "linux")))]
#[path = "list/macos.rs"]
mod system;

#[cfg(unix)]
pub(super) use system::{of_file, of_path};

/// The mode's group bits stand for the mask where there is a list, so the list is what tells whom they let in.
const VERSION: [u8; 4] = [2, 0, 0, 0];
const NAMED_USER: u16 = 2;
const MASK: u16 = 16;
const NAMED_GROUP: u16 = 8;

/// All rights: what is assumed of a list that cannot be understood.
pub(super) const EVERY_RIGHT: u32 = 0o7;

/// The rights, as one octal digit, that the list grants to users by name other than root and us, and to groups by name.
pub(super) fn rights_of_others(list: &[u8], viewer: &Viewer) -> u32 {
    let Some(entries) = list.strip_prefix(&VERSION) else { return EVERY_RIGHT };
    let (entries, rest) = entries.as_chunks::<8>();
    if !rest.is_empty() {
        return EVERY_RIGHT;
    }
    let (mut named, mut mask) = (0, EVERY_RIGHT);
    for [tag, tag_high, rights, rights_high, id @ ..] in entries {
        let rights = u32::from(u16::from_le_bytes([*rights, *rights_high]));
        match u16::from_le_bytes([*tag, *tag_high]) {
            NAMED_USER if [0, viewer.user].contains(&u32::from_le_bytes(*id)) => {}
            NAMED_USER | NAMED_GROUP => named |= rights,
            MASK => mask = rights,
            _ => {}
        }
    }
    named & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: u32 = u32::MAX;
    const VIEWER: Viewer = Viewer { user: 1000, group: 1000, maps_root: true, maps_us: true };

    fn list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut bytes = VERSION.to_vec();
        for (tag, rights, id) in entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(rights.to_le_bytes());
            bytes.extend(id.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn a_list_grants_what_it_names_others_for_within_its_mask() {
        for (named, mask, rights) in [
            (vec![], 7, 0),
            (vec![(NAMED_USER, 6, 7)], 7, 6),
            (vec![(NAMED_USER, 7, 7)], 4, 4),
            (vec![(NAMED_USER, 7, 7)], 0, 0),
            (vec![(NAMED_USER, 7, 1000), (NAMED_USER, 7, 0)], 7, 0),
            (vec![(NAMED_USER, 7, 1000), (NAMED_USER, 2, 7)], 7, 2),
            (vec![(NAMED_USER, 4, 7), (NAMED_GROUP, 2, 1000)], 7, 6),
            (vec![(NAMED_USER, 4, NOBODY)], 7, 4),
        ] {
            let mut entries = vec![(1, 7, NOBODY), (4, 7, NOBODY), (32, 0, NOBODY), (MASK, mask, NOBODY)];
            entries.extend(named.clone());
            assert_eq!(rights_of_others(&list(&entries), &VIEWER), rights, "{named:?} {mask}");
        }
    }

    #[test]
    fn a_list_that_cannot_be_understood_grants_everything() {
        let good = list(&[(NAMED_USER, 7, 1000), (MASK, 7, NOBODY)]);
        assert_eq!(rights_of_others(&good, &VIEWER), 0, "the control");
        for bad in
            [&b""[..], b"\x01\0\0\0", b"\x02\0\0", &good[..good.len() - 1], &[&good[..], b"\0"].concat()]
        {
            assert_eq!(rights_of_others(bad, &VIEWER), EVERY_RIGHT, "{bad:?}");
        }
    }
}
