//! Owns secret bytes in memory: never displayed, never logged, wiped when dropped. It does not encode or store them.

use std::fmt;
use std::io::{self, ErrorKind, Read};

#[cfg(unix)]
#[path = "secret/unix.rs"]
mod pages;

#[cfg(windows)]
#[path = "secret/windows.rs"]
mod pages;

#[cfg(unix)]
mod slots;

#[cfg(doctest)]
mod doctests;

/// The longest secret, in bytes: a client's secret, a password, a seed.
pub const SECRET_LIMIT: usize = 4096;
/// The longest passphrase of the lock, in bytes.
pub const PASSPHRASE_LIMIT: usize = 4096;

/// How many secrets this process holds, tokens included, and how many of them are in locked memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockedMemory {
    /// All of them, except empty ones.
    pub held: usize,
    /// Those that the system keeps out of swap.
    pub locked: usize,
}

/// Bytes that authenticate somebody: a client secret, a password, or the text of an access token. The bytes are in
/// pages that only secrets share, locked into memory and kept out of core dumps if the system allows it. There is no
/// `Display`, no `Clone` and no serialisation other than the wire's.
pub struct Secret {
    pages: pages::Pages,
}

impl Secret {
    /// Copies `bytes`; the caller wipes the original.
    pub fn copy_of(bytes: &[u8]) -> Self {
        let mut secret = Self::zeroed(bytes.len());
        secret.bytes_mut().copy_from_slice(bytes);
        secret
    }

    /// Room for `length` bytes, to be filled through [`Secret::bytes_mut`] without an intermediate copy.
    pub fn zeroed(length: usize) -> Self {
        Self { pages: pages::Pages::new(length) }
    }

    /// The parts one after another.
    pub fn concat<'p>(parts: impl Iterator<Item = &'p [u8]> + Clone) -> Self {
        let mut secret = Self::zeroed(parts.clone().map(<[u8]>::len).sum());
        let mut room = secret.bytes_mut();
        for part in parts {
            let (place, rest) = room.split_at_mut(part.len());
            place.copy_from_slice(part);
            room = rest;
        }
        secret
    }

    /// Reads `input` until its end, until `is_complete` or until `limit + 1` bytes, without an intermediate copy.
    /// Interruptions are retried.
    pub fn read_from(
        mut input: impl Read,
        limit: usize,
        is_complete: impl Fn(&[u8]) -> bool,
    ) -> io::Result<Self> {
        let (mut room, mut filled) = (Self::zeroed(limit + 1), 0);
        while filled <= limit && !is_complete(&room.expose()[..filled]) {
            match input.read(&mut room.bytes_mut()[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Self::copy_of(&room.expose()[..filled]))
    }

    /// The bytes. The caller is responsible for where they go.
    pub fn expose(&self) -> &[u8] {
        self.pages.bytes()
    }

    /// The bytes, to be filled in place.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.pages.bytes_mut()
    }

    /// Whether the system keeps these bytes out of swap.
    pub fn is_locked(&self) -> bool {
        self.pages.is_locked()
    }

    /// Tries again to lock the memory that could not be locked, and counts the secrets of this process.
    pub fn lock_memory() -> LockedMemory {
        pages::lock_memory()
    }

    /// Compares in constant time.
    pub fn matches(&self, other: &[u8]) -> bool {
        let mine = self.expose();
        let difference = mine.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
        mine.len() == other.len() && difference == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_a_fixed_mask_whatever_the_content() {
        assert_eq!(format!("{:?}", Secret::copy_of(b"hunter2")), "Secret(redacted)");
        assert_eq!(format!("{:?}", Secret::copy_of(b"")), "Secret(redacted)");
    }

    #[test]
    fn reading_stops_one_byte_past_the_limit() {
        let read = |input: &mut dyn Read| Secret::read_from(input, 15, |_| false).unwrap();
        assert!(read(&mut io::repeat(b'x')).matches(&[b'x'; 16]));
        assert!(read(&mut &b"abc"[..]).matches(b"abc"));
    }

    #[test]
    fn content_survives_at_every_length_around_a_page() {
        for length in [0, 1, 31, 4095, 4096, 4097, 9000] {
            let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            assert_eq!(Secret::copy_of(&bytes).expose(), bytes.as_slice());
        }
    }

    #[test]
    fn secrets_that_come_and_go_in_many_threads_keep_their_own_content() {
        let threads: Vec<_> = (0..4u8).map(|seed| std::thread::spawn(move || come_and_go(seed))).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }

    fn come_and_go(seed: u8) {
        let mut held: Vec<(u8, Secret)> = Vec::new();
        for round in 0..2000usize {
            let (fill, length) = (seed.wrapping_add(round as u8), round * 37 % 700);
            held.push((fill, Secret::copy_of(&vec![fill; length])));
            if round % 3 == 0 {
                let (fill, secret) = held.swap_remove(round % held.len());
                assert!(secret.expose().iter().all(|&byte| byte == fill));
            }
            assert!(
                Secret::zeroed(64).expose().iter().all(|&byte| byte == 0),
                "a slot is wiped before it is reused"
            );
        }
        assert!(held.iter().all(|(fill, secret)| secret.expose().iter().all(|byte| byte == fill)));
    }

    #[test]
    fn what_is_held_is_counted() {
        let before = Secret::lock_memory().held;
        let secrets: Vec<_> = (0..1000).map(|_| Secret::copy_of(&[7; 60])).collect();
        assert!(Secret::lock_memory().held >= 1000, "{before}");
        assert_eq!(Secret::zeroed(0).expose(), b"");
        drop(secrets);
    }

    #[test]
    fn comparison_tells_equal_from_different_and_from_prefix() {
        let secret = Secret::copy_of(b"abc");
        assert!(secret.matches(b"abc"));
        assert!(!secret.matches(b"abd"));
        assert!(!secret.matches(b"ab"));
        assert!(!secret.matches(b"abcd"));
    }
}
