//! Owns the format of a Windows security identifier: its bytes, its text, its last number. Pure.

use std::fmt;

/// The longest identifier: a head of eight bytes and fifteen numbers.
const MAX_LEN: usize = 8 + 15 * 4;

/// The identifier of a user or a group on Windows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sid {
    bytes: [u8; MAX_LEN],
    length: usize,
}

impl Sid {
    /// The identifier that these bytes begin with, in the system's layout.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let length = 8 + usize::from(*bytes.get(1)?) * 4;
        let given = bytes.get(..length).filter(|_| bytes[0] == 1 && length <= MAX_LEN)?;
        let mut kept = [0; MAX_LEN];
        kept[..length].copy_from_slice(given);
        Some(Self { bytes: kept, length })
    }

    /// The last number, which differs among the users of one machine or domain. For people, never for decisions.
    pub fn last_number(&self) -> u32 {
        self.numbers().last().unwrap_or(0)
    }

    /// Whether it is the system or its administrators, who can do everything anyway.
    pub fn is_the_system(&self) -> bool {
        const INSTALLER: &str = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
        ["S-1-5-18", "S-1-5-32-544", INSTALLER].contains(&self.to_string().as_str())
    }

    /// Whether it is no user, but stands for the owner or the creator of an object.
    pub fn stands_for_the_owner(&self) -> bool {
        ["S-1-3-0", "S-1-3-4"].contains(&self.to_string().as_str())
    }

    fn numbers(&self) -> impl Iterator<Item = u32> {
        let bytes = &self.bytes[8..self.length.max(8)];
        bytes.chunks_exact(4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
    }
}

impl fmt::Display for Sid {
    /// `S-1-5-21-…`
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.bytes[2..8].iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        write!(out, "S-{}-{authority}", self.bytes[0])?;
        self.numbers().try_for_each(|number| write!(out, "-{number}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(numbers: &[u32]) -> Vec<u8> {
        let mut bytes = vec![1, numbers.len() as u8, 0, 0, 0, 0, 0, 5];
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        bytes
    }

    #[test]
    fn an_identifier_reads_as_windows_writes_it() {
        let sid = Sid::parse(&bytes(&[21, 1, 2, 4_294_967_295, 1001]));
        assert_eq!(sid.map(|sid| sid.to_string()).as_deref(), Some("S-1-5-21-1-2-4294967295-1001"));
        assert_eq!(sid.map(|sid| sid.last_number()), Some(1001));
        assert_eq!(sid.map(|sid| sid.is_the_system()), Some(false));
        for system in [&[18][..], &[32, 544]] {
            assert!(Sid::parse(&bytes(system)).is_some_and(|sid| sid.is_the_system()), "{system:?}");
        }
    }

    #[test]
    fn what_is_cut_or_of_another_edition_is_no_identifier_and_what_follows_is_left_alone() {
        let whole = bytes(&[21, 7]);
        assert!((0..whole.len()).all(|length| Sid::parse(&whole[..length]).is_none()));
        assert_eq!(Sid::parse(&[&whole[..], b"rest"].concat()), Sid::parse(&whole));
        let mut other = whole.clone();
        other[0] = 2;
        assert_eq!(Sid::parse(&other), None);
        assert_eq!(Sid::parse(&[&[1, 255][..], &[0; 2000]].concat()), None);
    }

    #[test]
    fn l01_another_user_of_the_machine_is_another_identifier() {
        assert_ne!(Sid::parse(&bytes(&[21, 1, 2, 3, 1001])), Sid::parse(&bytes(&[21, 1, 2, 3, 1002])));
        assert_eq!(Sid::parse(&bytes(&[21, 9])), Sid::parse(&bytes(&[21, 9])));
    }
}
