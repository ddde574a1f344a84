//! Owns the check that every released frame is unchanged and still decodes: `released.txt` has the digest of each. A run with
//! `CP_TOKEN_RELEASE_GOLDEN=1` adds the recorded ones that are missing in it, and always fails.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use cp_token_protocol::{
    FrameDecoder, FrameError, FrameKind, PROTOCOL_VERSION, decode_request, decode_response,
};
use sha2::{Digest, Sha256};

/// Set for one run, at a release, it releases the recorded frames.
const RELEASE: &str = "CP_TOKEN_RELEASE_GOLDEN";

fn golden() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden"].iter().collect()
}

/// The digest of every released frame, by its place below the folder: `v1/request-status.bin`.
fn released() -> BTreeMap<String, String> {
    let list = std::fs::read_to_string(golden().join("released.txt")).unwrap();
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once("  ").unwrap()).map(|(sum, place)| (place.into(), sum.into())).collect()
}

/// Every recorded frame of every version.
fn frames() -> BTreeMap<String, Vec<u8>> {
    let versions = (1..=PROTOCOL_VERSION).map(|version| format!("v{version}"));
    let files = versions.flat_map(|version| {
        let files = std::fs::read_dir(golden().join(&version)).unwrap().map(Result::unwrap);
        files.map(move |file| (format!("{version}/{}", file.file_name().to_str().unwrap()), file.path()))
    });
    files.map(|(place, path)| (place, std::fs::read(path).unwrap())).collect()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The released frames that are missing or have other bytes.
fn edited(released: &BTreeMap<String, String>, frames: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let is_kept = |place: &str, sum: &str| frames.get(place).is_some_and(|bytes| digest(bytes) == sum);
    let changed = released.iter().filter(|(place, sum)| !is_kept(place, sum));
    changed.map(|(place, _)| place.clone()).collect()
}

/// Whether the code decodes the frame: as a message of a supported version, or as one whose response is the version range.
fn is_read(place: &str, bytes: &[u8]) -> bool {
    match FrameDecoder::default().push_only(bytes) {
        Ok(Some(frame)) if frame.kind == FrameKind::VersionRange => true,
        Ok(Some(frame)) if place.contains("/request-") => decode_request(&frame.body).is_ok(),
        Ok(Some(frame)) => decode_response(&frame.body).is_ok(),
        Err(FrameError::Version(version)) => place.starts_with(&format!("v{version}/")),
        Ok(None) | Err(_) => false,
    }
}

#[test]
fn b21_every_frame_that_was_ever_released_is_there_unchanged() {
    let (mut released, frames) = (released(), frames());
    if std::env::var_os(RELEASE).is_some() {
        for (place, bytes) in &frames {
            released.entry(place.clone()).or_insert_with(|| digest(bytes));
        }
        let lines: String = released.iter().map(|(place, sum)| format!("{sum}  {place}\n")).collect();
        std::fs::write(golden().join("released.txt"), format!("{HEAD}{lines}")).unwrap();
        panic!("{} frames are released; run again without {RELEASE}", released.len());
    }
    assert_eq!(edited(&released, &frames), Vec::<String>::new());
}

#[test]
fn b21_every_frame_that_is_kept_is_still_read_as_what_it_is() {
    let unread: Vec<_> = frames()
        .into_iter()
        .filter(|(place, bytes)| !is_read(place, bytes))
        .map(|(place, _)| place)
        .collect();
    assert_eq!(unread, Vec::<String>::new());
}

#[test]
fn a_released_frame_that_is_edited_or_removed_is_noticed() {
    let mut frames = frames();
    let released: BTreeMap<_, _> =
        frames.iter().map(|(place, bytes)| (place.clone(), digest(bytes))).collect();
    assert!(edited(&released, &frames).is_empty() && released.len() > 50);
    frames.get_mut("v1/request-status.bin").unwrap()[12] ^= 1;
    frames.remove("v1/request-stop.bin");
    assert_eq!(edited(&released, &frames), ["v1/request-status.bin", "v1/request-stop.bin"]);
    assert!(!is_read("v1/request-status.bin", b"CPTK\x01\x00\x00\x00\x01\x00\x00\x00\xff"));
    assert!(is_read("v9/request-status.bin", b"CPTK\x09\x00\x00\x00\x01\x00\x00\x00\x01"));
}

const HEAD: &str =
    "# The SHA-256 of every frame that was released. Lines are added at a release and never changed.\n";
