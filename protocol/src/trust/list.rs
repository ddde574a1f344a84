//! Owns what a POSIX access list grants, as the kernel stores it. Only Linux has such lists: those of macOS are of
//! another kind, and are not read.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::io::Errno;

use super::Viewer;

const NAME: &str = "system.posix_acl_access";
/// Where there is a list, these bits of the mode are its mask: nobody who is named in it has more rights than they say.
const GROUP: u32 = 0o070;
const GROUP_WRITES: u32 = 0o020;
/// Room for a hundred names, which no list in use exceeds.
const ROOM: usize = 1024;

const VERSION: [u8; 4] = [2, 0, 0, 0];
const NAMED_USER: u16 = 2;
const OWN_GROUP: u16 = 4;
const NAMED_GROUP: u16 = 8;
const MASK: u16 = 16;
const EVERY_RIGHT: u32 = 0o7;

/// What a list grants, the rights as one octal digit. The mode's group bits are then the list's mask, so only the list
/// says what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Granted {
    /// The rights of the file's own group, within the mode's group bits.
    pub(super) group: u32,
    /// The rights of users by name other than root and us, and of groups by name.
    pub(super) others: u32,
}

impl Granted {
    /// There is no list.
    const NO_LIST: Self = Self { group: EVERY_RIGHT, others: 0 };
    /// What is assumed of a list that cannot be read or understood.
    const UNKNOWN: Self = Self { group: EVERY_RIGHT, others: EVERY_RIGHT };
}

/// What the list of the open file grants.
pub(super) fn of_file(file: &OwnedFd, mode: u32, viewer: &Viewer) -> Granted {
    read_unless_masked(mode & GROUP, viewer, |room| rustix::fs::fgetxattr(file, NAME, room))
}

/// As [`of_file`], for a folder or a program, where only writing matters. The path has no links, and all its folders
/// have been judged. It may be longer than the system accepts, so the list is read only if the mode lets a group write.
pub(super) fn of_path(path: &Path, mode: u32, viewer: &Viewer) -> Granted {
    read_unless_masked(mode & GROUP_WRITES, viewer, |room| rustix::fs::lgetxattr(path, NAME, room))
}

fn read_unless_masked(
    mask: u32,
    viewer: &Viewer,
    read: impl Fn(&mut [u8]) -> rustix::io::Result<usize>,
) -> Granted {
    if mask == 0 || cfg!(not(target_os = "linux")) {
        return Granted::NO_LIST;
    }
    let mut room = [0; ROOM];
    match read(&mut room) {
        Ok(length) => granted(room.get(..length).unwrap_or_default(), viewer),
        Err(Errno::NODATA | Errno::NOTSUP) => Granted::NO_LIST,
        Err(_) => Granted::UNKNOWN,
    }
}

/// What the list grants, in the kernel's format.
fn granted(list: &[u8], viewer: &Viewer) -> Granted {
    let Some(entries) = list.strip_prefix(&VERSION) else { return Granted::UNKNOWN };
    let (entries, rest) = entries.as_chunks::<8>();
    if !rest.is_empty() {
        return Granted::UNKNOWN;
    }
    let (mut named, mut group, mut mask) = (0, EVERY_RIGHT, EVERY_RIGHT);
    for [tag, tag_high, rights, rights_high, id @ ..] in entries {
        let rights = u32::from(u16::from_le_bytes([*rights, *rights_high]));
        match u16::from_le_bytes([*tag, *tag_high]) {
            NAMED_USER if [0, viewer.user].contains(&u32::from_le_bytes(*id)) => {}
            NAMED_USER | NAMED_GROUP => named |= rights,
            OWN_GROUP => group = rights,
            MASK => mask = rights,
            _ => {}
        }
    }
    Granted { group: group & mask, others: named & mask }
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
        for (named, mask, others) in [
            (vec![], 7, 0),
            (vec![(NAMED_USER, 6, 7)], 7, 6),
            (vec![(NAMED_USER, 7, 7)], 4, 4),
            (vec![(NAMED_USER, 7, 7)], 0, 0),
            (vec![(NAMED_USER, 7, 1000), (NAMED_USER, 7, 0)], 7, 0),
            (vec![(NAMED_USER, 7, 1000), (NAMED_USER, 2, 7)], 7, 2),
            (vec![(NAMED_USER, 4, 7), (NAMED_GROUP, 2, 1000)], 7, 6),
            (vec![(NAMED_USER, 4, NOBODY)], 7, 4),
        ] {
            let mut entries =
                vec![(1, 7, NOBODY), (OWN_GROUP, 5, NOBODY), (32, 0, NOBODY), (MASK, mask, NOBODY)];
            entries.extend(named.clone());
            let expected = Granted { group: 5 & u32::from(mask), others };
            assert_eq!(granted(&list(&entries), &VIEWER), expected, "{named:?} {mask}");
        }
    }

    #[test]
    fn a_list_that_cannot_be_understood_grants_everything() {
        let good = list(&[(NAMED_USER, 7, 1000), (MASK, 7, NOBODY)]);
        assert_eq!(granted(&good, &VIEWER), Granted::NO_LIST, "the control");
        for bad in
            [&b""[..], b"\x01\0\0\0", b"\x02\0\0", &good[..good.len() - 1], &[&good[..], b"\0"].concat()]
        {
            assert_eq!(granted(bad, &VIEWER), Granted::UNKNOWN, "{bad:?}");
        }
    }
}
