//! Owns what the owner and the access list of a Windows object mean: whose it is, and whether others can read or write
//! it. Pure.

use crate::windows::sid::Sid;

/// Rights to change or replace a file, the generic ones included.
pub const WRITING: u32 = 0x0002 | 0x0004 | EXCHANGING | 0x0001_0000 | 0x4000_0000;
/// Rights to read a file.
pub const READING: u32 = 0x0001 | 0x8000_0000 | 0x1000_0000;
/// Rights over a folder to replace what is in it, or to grant such rights.
pub const EXCHANGING: u32 = 0x0040 | 0x0004_0000 | 0x0008_0000 | 0x1000_0000;

/// The owner and the access list of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Its owner.
    pub owner: Sid,
    /// Who is granted which rights.
    pub granted: Vec<(Sid, u32)>,
    /// Whether there is no list, so that everybody may do anything.
    pub is_open_to_all: bool,
}

impl Access {
    /// Whether the object belongs to `own` or to the system: what an elevated program creates belongs to the
    /// administrators.
    pub fn is_of(&self, own: &Sid) -> bool {
        self.owner == *own || self.owner.is_the_system()
    }

    /// Whether a user other than `own` and the system has one of these rights. Entries that deny rights are ignored: an
    /// object that is protected by those alone counts as open.
    pub fn lets_others(&self, own: &Sid, rights: u32) -> bool {
        let is_other = |sid: &Sid| sid != own && !sid.is_the_system() && !sid.stands_for_the_owner();
        self.is_open_to_all || self.granted.iter().any(|(sid, mask)| mask & rights != 0 && is_other(sid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid(numbers: &[u32]) -> Sid {
        let mut bytes = vec![1, numbers.len() as u8, 0, 0, 0, 0, 0, 5];
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        Sid::parse(&bytes).expect("an identifier")
    }

    #[test]
    fn l05_what_the_user_or_the_machine_itself_owns_is_the_users_and_what_another_user_owns_is_not() {
        let own = sid(&[21, 1, 2, 3, 1001]);
        let owned_by = |owner| Access { owner, granted: Vec::new(), is_open_to_all: false };
        assert!(owned_by(own).is_of(&own) && owned_by(sid(&[32, 544])).is_of(&own));
        assert!(!owned_by(sid(&[21, 1, 2, 3, 1002])).is_of(&own));
    }

    #[test]
    fn l04_a_right_of_somebody_else_is_seen_and_those_of_the_system_are_not_held_against_it() {
        let own = sid(&[21, 1, 2, 3, 1001]);
        let everybody = sid(&[11]);
        let of =
            |granted: &[(Sid, u32)]| Access { owner: own, granted: granted.to_vec(), is_open_to_all: false };
        let private = of(&[(own, u32::MAX), (sid(&[18]), u32::MAX), (sid(&[32, 544]), u32::MAX)]);
        assert!(!private.lets_others(&own, u32::MAX));
        let read = of(&[(own, u32::MAX), (everybody, 0x0012_0089)]);
        assert!(read.lets_others(&own, READING) && !read.lets_others(&own, WRITING));
        for right in [0x2, 0x4, 0x40, 0x1_0000, 0x4_0000, 0x8_0000, 0x1000_0000, 0x4000_0000] {
            assert!(of(&[(everybody, right)]).lets_others(&own, WRITING), "{right:x}");
        }
        let without_list = Access { is_open_to_all: true, ..of(&[]) };
        assert!(without_list.lets_others(&own, READING));
    }
}
