//! Owns the attacks on the decoding of a body: false lengths, unknown numbers, trailing bytes.

use cp_token_protocol::message::Response;
use cp_token_protocol::{BODY_LIMIT, WireError, decode_request, decode_response};

use crate::allocations;

/// Small bodies up to a length: its name, the bytes before it, and the least memory of an element in bytes.
const REQUESTS_UP_TO_A_LENGTH: &[(&str, &[u8])] = &[
    ("a name", &[0, 1]),
    ("a URL", &[0, 2]),
    ("a token", &[0, 0, 1]),
    ("a name to delete", &[7]),
    ("a secret to reset", &[6, 1, b'p']),
    ("a client ID", &[4, 1, b'p', 0, 0]),
    ("a secret to create with", &[4, 1, b'p', 0, 0, 0, 0]),
    ("a list of origins", &[5, 1, b'p', 0, 0, 0, 0, 0, 0]),
    ("an origin", &[5, 1, b'p', 0, 0, 0, 0, 0, 0, 0, 0, 1]),
    ("a second list of origins", &[5, 1, b'p', 0, 0, 0, 0, 0, 0, 0, 0, 0]),
];

const RESPONSES_UP_TO_A_LENGTH: &[(&str, &[u8])] = &[
    ("a token", &[1]),
    ("a version", &[2]),
    ("a list of protections", &[2, 0, 1, 1, 0, 0, 0, 0, 0]),
    ("a list of profiles", &[2, 0, 1, 1, 0, 0, 0, 0, 0, 0]),
    ("profiles alone", &[3]),
    ("a list of lines", &[4]),
    ("a line", &[4, 1]),
    ("a message", &[5, 100]),
];

/// From one more than can fit to the largest number.
const LENGTHS: &[u64] = &[
    0x1_0001,
    1 << 20,
    1 << 21,
    1 << 27,
    2_000_000_000,
    1 << 31,
    1 << 32,
    1 << 40,
    1 << 61,
    1 << 63,
    u64::MAX,
];

fn with_length(start: &[u8], length: u64) -> Vec<u8> {
    let mut body = start.to_vec();
    body.push(253);
    body.extend(length.to_le_bytes());
    body.extend([0; 16]);
    body
}

#[test]
fn c03_a_length_that_lies_ends_a_request_before_a_frames_worth_of_memory_is_asked_for() {
    for (place, start) in REQUESTS_UP_TO_A_LENGTH {
        for &length in LENGTHS {
            let body = with_length(start, length);
            let (outcome, asked) = allocations::of(|| decode_request(&body).map(drop));
            assert_eq!(outcome, Err(WireError::Malformed), "{place}: {length}");
            assert!(asked.total <= BODY_LIMIT, "{place}: {length} asked for {asked:?}");
        }
    }
}

#[test]
fn c03_a_length_that_lies_ends_a_response_before_more_memory_is_asked_for_than_a_frame_can_fill() {
    for (place, start) in RESPONSES_UP_TO_A_LENGTH {
        for &length in LENGTHS {
            let body = with_length(start, length);
            let (outcome, asked) = allocations::of(|| decode_response(&body).map(drop));
            assert_eq!(outcome, Err(WireError::Malformed), "{place}: {length}");
            assert!(asked.total <= 32 * BODY_LIMIT, "{place}: {length} asked for {asked:?}");
        }
    }
}

#[test]
fn the_same_bodies_with_true_lengths_decode_and_an_allocation_is_counted() {
    let starts_of_requests =
        REQUESTS_UP_TO_A_LENGTH.iter().filter(|(place, _)| place.contains("second list"));
    for (place, start) in starts_of_requests {
        let mut body = start.to_vec();
        body.extend([0, 1, 0, 0, 0, 0, 0]);
        assert!(decode_request(&body).is_ok(), "{place}");
    }
    assert!(decode_response(&[4, 1, 1, b'x']).is_ok());
    let (_, asked) = allocations::of(|| Vec::<u8>::with_capacity(1 << 20));
    assert_eq!(asked, allocations::Asked { largest: 1 << 20, total: 1 << 20 });
}

/// An element that takes no bytes would make a length of 2^64 free; no list of the protocol has such elements.
#[test]
fn no_list_has_elements_that_cost_nothing() {
    for body in [[4, 252, 0, 94, 208, 178], [3, 252, 0, 94, 208, 178]] {
        let (outcome, asked) = allocations::of(|| decode_response(&body).map(drop));
        assert_eq!(outcome, Err(WireError::Malformed));
        assert_eq!(asked.total, 0);
    }
}

#[test]
fn c09_a_number_past_the_last_variant_is_refused_in_every_place() {
    let requests: &[&[u8]] = &[&[14], &[0, 3, 0, 0, 0], &[0, 0, 3, 0, 0], &[2, 2], &[4, 1, b'p', 0, 3, 0]];
    for body in requests {
        assert_eq!(decode_request(body).err(), Some(WireError::Malformed), "{body:?}");
    }
    let responses: &[&[u8]] = &[&[6], &[2, 0, 1, 1, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0], &[255]];
    for body in responses {
        assert_eq!(decode_response(body).err(), Some(WireError::Malformed), "{body:?}");
    }
    assert!(decode_request(&[13]).is_ok() && decode_request(&[2, 1]).is_ok());
    assert!(decode_response(&[2, 0, 1, 1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0]).is_ok());
}

#[test]
fn a_flag_is_zero_or_one_and_text_is_utf_8() {
    let reset = |flag: u8| [6, 1, b'p', 1, 1, b's', 0, 0, flag, 0, 0];
    assert!(decode_request(&reset(0)).is_ok() && decode_request(&reset(1)).is_ok());
    assert_eq!(decode_request(&reset(2)).err(), Some(WireError::Malformed));
    assert!(matches!(decode_response(&[4, 1, 1, b'a']), Ok(Response::Done(_))));
    assert_eq!(decode_response(&[4, 1, 1, 0xff]).err(), Some(WireError::Malformed));
}

#[test]
fn c10_names_and_tokens_of_another_grammar_are_refused_by_the_decoding_itself() {
    assert!(decode_request(&[7, 1, b'p']).is_ok());
    for name in [&b"../../x"[..], b"P", b"a\0", b"", "аdmin".as_bytes(), &[b'a'; 65]] {
        let mut body = vec![7, u8::try_from(name.len()).unwrap()];
        body.extend(name);
        assert_eq!(decode_request(&body).err(), Some(WireError::Malformed), "{name:?}");
    }
    assert!(decode_request(&[0, 0, 1, 1, b't', 0, 1, 0, 0, 0]).is_ok());
    for byte in [b' ', b'\n', 0, b'"', 0x1b, 0xc3] {
        assert_eq!(
            decode_request(&[0, 0, 1, 1, byte, 0, 1, 0, 0, 0]).err(),
            Some(WireError::Malformed),
            "{byte}"
        );
    }
}

#[test]
fn c09_bytes_that_are_left_over_are_refused() {
    assert!(decode_request(&[1]).is_ok());
    assert_eq!(decode_request(&[1, 0]).err(), Some(WireError::Trailing));
    assert_eq!(decode_response(&[0, 0]).err(), Some(WireError::Trailing));
    assert_eq!(decode_request(&[]).err(), Some(WireError::Malformed));
}

#[test]
fn a_body_longer_than_a_frame_is_refused_unread() {
    let (outcome, asked) = allocations::of(|| decode_response(&vec![0; BODY_LIMIT + 1]).map(drop));
    assert_eq!(outcome, Err(WireError::TooLong));
    assert_eq!(asked.total, BODY_LIMIT + 1, "only the body itself");
}

#[test]
fn a_number_in_a_longer_form_than_it_needs_is_still_that_number() {
    for body in [&[1][..], &[251, 1, 0], &[252, 1, 0, 0, 0]] {
        assert!(decode_request(body).is_ok(), "{body:?}");
    }
    assert!(decode_request(&[253, 1, 0, 0, 0, 0, 0, 0, 0]).is_err(), "a variant has 32 bits at most");
}

#[test]
fn c12_an_error_repeats_nothing_of_the_request() {
    const SENT: &[u8] = b"sentinel-of-a-secret";
    for end in [&[0, 0, 2][..], &[0, 0, 1, 0, 0, 0], &[]] {
        let mut body = vec![6, 1, b'p', 1, 20];
        body.extend(SENT);
        body.extend(end);
        let error = decode_request(&body).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("sentinel"));
    }
    let mut body = vec![6, 1, b'p', 1, 20];
    body.extend(SENT);
    body.extend([0, 0, 1, 0, 0]);
    let request = decode_request(&body).unwrap();
    assert!(!format!("{request:?}").contains("sentinel"), "and the request itself does not show it");
}
