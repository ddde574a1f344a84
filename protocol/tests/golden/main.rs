//! Owns the recorded bytes of every message, one file each in `v1`: they do not change as long as protocol version 1 is
//! supported. Only a run with `CP_TOKEN_RECORD_GOLDEN=1` writes them, and it always fails.
#![allow(clippy::unwrap_used, reason = "a test that cannot set the stage has to stop where the stage broke")]

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod coverage;
mod document;
mod findings;
mod handover;
mod released;
mod samples;
mod second_implementation;

use std::collections::BTreeMap;
use std::path::PathBuf;

use common::Account;
use cp_token_protocol::{
    FrameDecoder, FrameKind, VersionRange, decode_request, decode_response, encode_request, encode_response,
    encode_version_range,
};

/// Set for one run, it records the current encoding of the messages.
const RECORD: &str = "CP_TOKEN_RECORD_GOLDEN";

/// The content of one file.
struct Record {
    name: &'static str,
    frame: Vec<u8>,
    /// The message as `Debug` shows it, for people.
    fields: String,
}

fn records() -> Vec<Record> {
    let requests = samples::requests().into_iter().map(|(name, request)| {
        let frame = encode_request(&request).unwrap().to_vec();
        Record { name, frame, fields: Account::from(&request).fields }
    });
    let responses = answers::responses().into_iter().map(|(name, response)| {
        let frame = encode_response(&response).unwrap().to_vec();
        Record { name, frame, fields: Account::from(&response).fields }
    });
    let range = VersionRange::SPOKEN;
    let frame = encode_version_range(range).to_vec();
    let range = Record { name: "version-range", frame, fields: format!("{range:?}") };
    requests.chain(responses).chain([range]).collect()
}

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden", "v1"].iter().collect()
}

fn recorded() -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder()).unwrap().map(Result::unwrap);
    let file = |entry: std::fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
    };
    entries.map(file).collect()
}

fn recorded_body(name: &str) -> Vec<u8> {
    let bytes = std::fs::read(folder().join(format!("{name}.bin"))).unwrap();
    let frame = FrameDecoder::default().push_only(&bytes).unwrap().unwrap();
    assert_eq!(frame.kind, FrameKind::Message, "{name}");
    frame.body.to_vec()
}

#[test]
fn every_message_encodes_to_its_recorded_bytes_and_no_file_is_missing_or_left_over() {
    let wanted: BTreeMap<_, _> =
        records().into_iter().map(|record| (format!("{}.bin", record.name), record.frame)).collect();
    if std::env::var_os(RECORD).is_some() {
        for (name, bytes) in &wanted {
            std::fs::write(folder().join(name), bytes).unwrap();
        }
        panic!("{} files were recorded; run again without {RECORD}", wanted.len());
    }
    let recorded = recorded();
    assert_eq!(recorded.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (name, bytes) in recorded {
        assert_eq!(bytes, wanted[&name], "{name}");
    }
}

#[test]
fn every_recorded_request_decodes_to_its_message_and_encodes_to_the_same_bytes() {
    for (name, request) in samples::requests() {
        let body = recorded_body(name);
        let decoded = decode_request(&body).unwrap();
        assert_eq!(Account::from(&decoded), Account::from(&request), "{name}");
        assert_eq!(encode_request(&decoded).unwrap()[12..], body, "{name}");
    }
}

#[test]
fn every_recorded_response_decodes_to_its_message_and_encodes_to_the_same_bytes() {
    for (name, response) in answers::responses() {
        let body = recorded_body(name);
        let decoded = decode_response(&body).unwrap();
        assert_eq!(Account::from(&decoded), Account::from(&response), "{name}");
        assert_eq!(encode_response(&decoded).unwrap()[12..], body, "{name}");
    }
}

#[test]
fn the_recorded_version_range_is_read_whatever_version_its_frame_has() {
    let mut bytes = std::fs::read(folder().join("version-range.bin")).unwrap();
    for version in [1, 0, 2, u16::MAX] {
        bytes[4..6].copy_from_slice(&u16::to_le_bytes(version));
        let frame = FrameDecoder::default().push_only(&bytes).unwrap().unwrap();
        assert_eq!(frame.kind, FrameKind::VersionRange);
        assert_eq!(VersionRange::parse(&frame.body), Some(VersionRange { lowest: 1, highest: 1 }));
    }
}
