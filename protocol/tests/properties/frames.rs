//! Owns the properties of frames: the result does not depend on how the bytes are split.

use std::io::{self, Read};

use cp_token_protocol::blocking::{self, FrameReader, ReadError};
use cp_token_protocol::message::Response;
use cp_token_protocol::{FrameDecoder, FrameKind, encode_request, encode_response};
use proptest::prelude::*;

use crate::strategies::{requests, responses};

/// The result of some bytes: a frame and its length, incomplete, or an error.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Frame(FrameKind, Vec<u8>),
    Unfinished,
    Refused(String),
}

fn outcome_of(pieces: &[&[u8]]) -> Outcome {
    let mut decoder = FrameDecoder::default();
    for piece in pieces {
        match decoder.push(piece) {
            Ok((Some(frame), _)) => return Outcome::Frame(frame.kind, frame.body.to_vec()),
            Ok((None, rest)) => assert!(rest.is_empty(), "bytes were left of an unfinished frame"),
            Err(error) => {
                assert_eq!(decoder.push(b"more").err(), Some(error), "what is refused once stays refused");
                return Outcome::Refused(error.to_string());
            }
        }
    }
    Outcome::Unfinished
}

fn outcome_of_reader(stream: &mut impl Read) -> Outcome {
    match FrameReader::default().next_frame(stream) {
        Ok(frame) => Outcome::Frame(frame.kind, frame.body.to_vec()),
        Err(ReadError::Ended) => Outcome::Unfinished,
        Err(ReadError::Frame(error)) => Outcome::Refused(error.to_string()),
        Err(ReadError::Io(error)) => panic!("{error}"),
    }
}

/// A stream that returns its bytes in two pieces.
fn cut(bytes: &[u8], place: usize) -> impl Read {
    let (first, second) = bytes.split_at(place);
    Piecewise { pieces: vec![second.to_vec(), first.to_vec()] }
}

struct Piecewise {
    pieces: Vec<Vec<u8>>,
}

impl Read for Piecewise {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.pieces.last().is_some_and(Vec::is_empty) {
            self.pieces.pop();
        }
        let Some(piece) = self.pieces.last_mut() else { return Ok(0) };
        let count = piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&piece[..count]);
        piece.drain(..count);
        Ok(count)
    }
}

fn assert_same_at_every_split(bytes: &[u8]) -> Outcome {
    let whole = outcome_of(&[bytes]);
    for place in 0..=bytes.len() {
        let (first, second) = bytes.split_at(place);
        assert_eq!(outcome_of(&[first, second]), whole, "cut at {place}");
        assert_eq!(outcome_of_reader(&mut cut(bytes, place)), whole, "read, cut at {place}");
    }
    assert_eq!(outcome_of(&bytes.chunks(1).collect::<Vec<_>>()), whole, "byte by byte");
    whole
}

proptest! {
    #[test]
    fn c02_every_cut_of_a_frame_gives_the_same_frame(request in requests(), following in any::<[u8; 3]>()) {
        let mut bytes = encode_request(&request).unwrap().to_vec();
        let body = bytes[12..].to_vec();
        bytes.extend(following);
        prop_assert_eq!(assert_same_at_every_split(&bytes), Outcome::Frame(FrameKind::Message, body));
    }

    #[test]
    fn c02_every_cut_of_a_frame_with_one_wrong_byte_gives_the_same_outcome(
        request in requests(), place in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let mut bytes = encode_request(&request).unwrap().to_vec();
        // Half of the changes hit the twelve bytes that are checked first.
        let end = if byte % 2 == 0 { 12 } else { bytes.len() };
        bytes[place.index(end)] = byte;
        assert_same_at_every_split(&bytes);
    }

    #[test]
    fn c08_every_cut_of_arbitrary_bytes_gives_the_same_outcome(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        assert_same_at_every_split(&bytes);
    }

    #[test]
    fn nothing_of_a_cut_frame_is_taken_for_a_frame(response in responses()) {
        let bytes = encode_response(&response).unwrap();
        for end in 0..bytes.len() {
            prop_assert_eq!(outcome_of(&[&bytes[..end]]), Outcome::Unfinished);
        }
    }

    #[test]
    fn frames_that_follow_each_other_are_read_one_by_one_however_they_are_cut(response in responses()) {
        let mut sent = Vec::new();
        for message in [&Response::Working, &response, &Response::Working] {
            blocking::write_frame(&mut sent, &encode_response(message).unwrap()).unwrap();
        }
        for place in (0..=sent.len()).step_by(7) {
            let mut stream = cut(&sent, place);
            let mut frames = FrameReader::default();
            let mut read = Vec::new();
            while let Ok(frame) = frames.next_frame(&mut stream) {
                read.push(frame.body.to_vec());
            }
            let body = encode_response(&response).unwrap()[12..].to_vec();
            prop_assert_eq!(read, vec![vec![0], body, vec![0]]);
        }
    }

    #[test]
    fn where_one_frame_is_due_a_byte_that_comes_with_its_end_is_refused(request in requests(), extra in any::<u8>()) {
        let mut bytes = encode_request(&request).unwrap().to_vec();
        prop_assert!(FrameDecoder::default().push_only(&bytes).unwrap().is_some());
        bytes.push(extra);
        for place in 0..bytes.len() - 1 {
            let mut decoder = FrameDecoder::default();
            prop_assert!(decoder.push_only(&bytes[..place]).unwrap().is_none());
            let error = decoder.push_only(&bytes[place..]).err();
            prop_assert_eq!(error, Some(cp_token_protocol::FrameError::Trailing));
        }
    }
}
