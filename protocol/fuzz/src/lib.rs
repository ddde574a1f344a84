//! Owns what the fuzz targets check, as plain functions, so that any toolchain can replay a corpus. It must not
//! name libFuzzer.

use cp_token_protocol::blocking::{FrameReader, ReadError};
use cp_token_protocol::message::Response;
use cp_token_protocol::{
    BODY_LIMIT, FrameDecoder, FrameError, FrameKind, PREAMBLE_LENGTH, TokenView, VersionRange,
    decode_request, decode_response, encode_request, encode_response,
};

/// A function that panics if some bytes violate a property.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name of its corpus folder.
    pub name: &'static str,
    /// What it checks.
    pub check: fn(&[u8]),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "frame", check: frame },
    Target { name: "request", check: request },
    Target { name: "response", check: response },
    Target { name: "token_view", check: token_view },
];

/// Bytes on a connection: the same frame or the same error however they are split, none longer than the limit, and once
/// refused stays refused.
pub fn frame(data: &[u8]) {
    let whole = outcome(&[data]);
    let middle = data.first().map_or(0, |&byte| usize::from(byte) % data.len());
    for place in [middle, data.len().min(PREAMBLE_LENGTH - 1), data.len().min(PREAMBLE_LENGTH)] {
        let (first, second) = data.split_at(place);
        assert_eq!(outcome(&[first, second]), whole);
    }
    assert_eq!(outcome(&data.chunks(3).collect::<Vec<_>>()), whole);
    assert_eq!(outcome_of_reader(data), whole);
}

/// A request's body: if it decodes, its shortest form means the same.
pub fn request(body: &[u8]) {
    let Ok(request) = decode_request(body) else { return };
    let shortest = encode_request(&request).expect("what fitted a frame fits one again");
    assert!(shortest.len() <= PREAMBLE_LENGTH + body.len());
    let again = decode_request(&shortest[PREAMBLE_LENGTH..]).expect("what is encoded decodes");
    assert_eq!(encode_request(&again).as_deref(), Ok(&*shortest));
    assert_eq!(format!("{again:?}"), format!("{request:?}"));
}

/// A response's body, likewise.
pub fn response(body: &[u8]) {
    let Ok(response) = decode_response(body) else { return };
    let shortest = encode_response(&response).expect("what fitted a frame fits one again");
    assert!(shortest.len() <= PREAMBLE_LENGTH + body.len());
    let again = decode_response(&shortest[PREAMBLE_LENGTH..]).expect("what is encoded decodes");
    assert_eq!(encode_response(&again).as_deref(), Ok(&*shortest));
    assert_eq!(format!("{again:?}"), format!("{response:?}"));
}

/// A frame, or the body of one: the borrowed view returns the same token as the owned decoding, or none if there is none.
pub fn token_view(data: &[u8]) {
    assert_seen_alike(data);
    if let Ok(length) = u32::try_from(data.len()) {
        let mut frame = b"CPTK\x01\0\0\0".to_vec();
        frame.extend(length.to_le_bytes());
        frame.extend(data);
        assert_seen_alike(&frame);
    }
}

fn assert_seen_alike(bytes: &[u8]) {
    let owned = match FrameDecoder::default().push_only(bytes) {
        Ok(Some(frame)) if frame.kind == FrameKind::Message => decode_response(&frame.body).ok(),
        _ => None,
    };
    match (TokenView::of_frame(bytes), owned) {
        (Some(view), Some(Response::Token(response))) => {
            let expected = TokenView::from(&response);
            assert_eq!(view.access_token, expected.access_token);
            assert_eq!((view.expires_in_ms, view.expires_at), (expected.expires_in_ms, expected.expires_at));
            assert_eq!((view.profile, view.url), (expected.profile, expected.url));
        }
        (None, Some(Response::Token(_))) => panic!("the view misses a token"),
        (Some(_), _) => panic!("the view sees a token that is none"),
        (None, _) => {}
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Message(Vec<u8>),
    Range(Option<VersionRange>, Vec<u8>),
    Unfinished,
    Refused(FrameError),
}

fn outcome(pieces: &[&[u8]]) -> Outcome {
    let mut decoder = FrameDecoder::default();
    for piece in pieces {
        match decoder.push(piece) {
            Ok((Some(frame), _)) => return complete(frame.kind, frame.body.to_vec()),
            Ok((None, rest)) => assert!(rest.is_empty()),
            Err(error) => {
                assert_eq!(decoder.push(piece).err(), Some(error));
                return Outcome::Refused(error);
            }
        }
    }
    Outcome::Unfinished
}

fn outcome_of_reader(mut bytes: &[u8]) -> Outcome {
    match FrameReader::default().next_frame(&mut bytes) {
        Ok(frame) => complete(frame.kind, frame.body.to_vec()),
        Err(ReadError::Ended) => Outcome::Unfinished,
        Err(ReadError::Frame(error)) => Outcome::Refused(error),
        Err(ReadError::Io(error)) => panic!("a slice does not fail: {error}"),
    }
}

fn complete(kind: FrameKind, body: Vec<u8>) -> Outcome {
    assert!((1..=BODY_LIMIT).contains(&body.len()));
    match kind {
        FrameKind::Message => Outcome::Message(body),
        FrameKind::VersionRange => Outcome::Range(VersionRange::parse(&body), body),
    }
}
