//! Owns the attacks on framing: other protocols, lengths at every edge, and a daemon that never ends.

use std::io::{self, Read};

use cp_token_protocol::blocking::{FrameReader, ReadError};
use cp_token_protocol::{BODY_LIMIT, FrameDecoder, FrameError, PREAMBLE_LENGTH};

use crate::allocations;

fn preamble(length: u32) -> Vec<u8> {
    let mut bytes = b"CPTK\x01\0\0\0".to_vec();
    bytes.extend(length.to_le_bytes());
    bytes
}

fn first_error(bytes: &[u8]) -> Option<FrameError> {
    FrameDecoder::default().push(bytes).err()
}

#[test]
fn c02_a_body_has_from_one_byte_to_64_kib() {
    for length in [1, BODY_LIMIT - 1, BODY_LIMIT] {
        let mut bytes = preamble(u32::try_from(length).unwrap());
        bytes.resize(PREAMBLE_LENGTH + length, 7);
        let frame = FrameDecoder::default().push_only(&bytes).unwrap().unwrap();
        assert_eq!(frame.body.len(), length);
        let read = FrameReader::default().next_frame(&mut &bytes[..]).unwrap();
        assert_eq!(read.body, frame.body);
    }
    for length in [0, 0x1_0001, 0x7fff_ffff, 0xffff_ffff] {
        assert_eq!(first_error(&preamble(length)), Some(FrameError::Length(length)));
    }
}

#[test]
fn c01_a_length_of_four_gigabytes_is_refused_with_its_last_byte_and_costs_no_memory() {
    let bytes = preamble(0xffff_ffff);
    let (error, asked) = allocations::of(|| first_error(&bytes));
    assert_eq!(error, Some(FrameError::Length(u32::MAX)));
    assert_eq!(asked.total, 0);
    assert_eq!(first_error(&bytes[..PREAMBLE_LENGTH - 1]), None, "nothing is wrong before");
}

#[test]
fn a_length_that_is_announced_is_not_yet_allocated() {
    let mut bytes = preamble(0x1_0000);
    bytes.push(0);
    let mut decoder = FrameDecoder::default();
    let (frame, asked) = allocations::of(|| decoder.push(&bytes).unwrap().0);
    assert!(frame.is_none());
    assert!(asked.total < 64, "{asked:?}");
}

/// A daemon that sends `start` and then zeros without end.
struct Endless<'s> {
    start: &'s [u8],
    sent: u64,
}

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = if self.start.is_empty() { buffer.len() } else { self.start.read(buffer)? };
        self.sent += count as u64;
        Ok(count)
    }
}

#[test]
fn c11_a_daemon_that_sends_without_end_is_given_up_after_a_frame() {
    for (start, refused) in [(preamble(0xffff_ffff), true), (preamble(0x1_0000), false), (vec![], true)] {
        let mut daemon = Endless { start: &start, sent: 0 };
        let (outcome, asked) = allocations::of(|| FrameReader::default().next_frame(&mut daemon));
        assert_eq!(outcome.is_err(), refused);
        assert!(asked.largest <= 2 * BODY_LIMIT, "{asked:?}");
        assert!(daemon.sent <= (BODY_LIMIT + 2 * 2048) as u64, "{} bytes were read", daemon.sent);
    }
}

#[test]
fn c08_other_protocols_are_refused_at_their_first_wrong_byte() {
    let others: &[(&str, &[u8])] = &[
        ("HTTP", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ("TLS", &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0x55]),
        ("ssh-agent", &[0, 0, 0, 1, 11]),
        ("D-Bus", b"\0AUTH EXTERNAL 31303030\r\n"),
        ("a later magic", b"CPTL\x01\0\0\0\x01\0\0\0\x01"),
        ("ones", &[0xff; 64]),
        ("zeros", &[0; 64]),
    ];
    for (name, bytes) in others {
        assert_eq!(first_error(bytes), Some(FrameError::UnknownProtocol), "{name}");
    }
    assert_eq!(first_error(b"C"), None);
    assert_eq!(first_error(b"CX"), Some(FrameError::UnknownProtocol));
    assert_eq!(first_error(b"CPTK\x01\0\0\0\x01\0\0\0\x01"), None, "and this one is ours");
}

#[test]
fn c09_the_error_of_a_preamble_that_is_not_of_this_version_says_what_is_wrong() {
    let good = b"CPTK\x01\0\0\0\x01\0\0\0\x01";
    let with = |place: usize, byte: u8| {
        let mut bytes = *good;
        bytes[place] = byte;
        first_error(&bytes)
    };
    assert_eq!(first_error(good), None);
    assert_eq!(with(4, 2), Some(FrameError::Version(2)));
    assert_eq!(with(5, 1), Some(FrameError::Version(257)));
    assert_eq!(with(6, 2), Some(FrameError::UnknownProtocol), "an unknown kind");
    assert_eq!(with(7, 1), Some(FrameError::UnknownProtocol), "a reserved byte");
    assert_eq!(with(6, 1), None, "the version range is of every version");
}

#[test]
fn a_length_is_judged_only_in_a_version_that_is_known() {
    let mut bytes = preamble(0xffff_ffff);
    bytes[4] = 9;
    assert_eq!(first_error(&bytes), Some(FrameError::Version(9)));
}

#[test]
fn c12_a_stream_that_ends_or_fails_repeats_nothing_of_what_it_sent() {
    let mut bytes = preamble(64);
    bytes.extend(b"sentinel-of-a-secret");
    let ended = FrameReader::default().next_frame(&mut &bytes[..]).unwrap_err();
    assert!(matches!(ended, ReadError::Ended));
    let foreign = FrameReader::default().next_frame(&mut &b"sentinel-of-a-secret"[..]).unwrap_err();
    for error in [ended, foreign] {
        assert!(!format!("{error} {error:?}").contains("sentinel"));
    }
}
