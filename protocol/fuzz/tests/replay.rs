//! Owns the replay of the committed corpus: every target over every file of its folder, on any toolchain.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cp_token_protocol_fuzz::TARGETS;

fn corpus() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "corpus"].iter().collect()
}

#[test]
fn every_target_holds_over_every_file_of_its_corpus() {
    for target in TARGETS {
        let entries = std::fs::read_dir(corpus().join(target.name)).expect("every target has a corpus");
        let files: Vec<PathBuf> =
            entries.map(|entry| entry.expect("the folder can be read").path()).collect();
        assert!(!files.is_empty(), "the corpus of {} is empty", target.name);
        for file in files {
            let bytes = std::fs::read(&file).expect("the file can be read");
            let outcome = std::panic::catch_unwind(|| (target.check)(&bytes));
            assert!(outcome.is_ok(), "{} fails on {}", target.name, file.display());
        }
    }
}

#[test]
fn no_corpus_is_left_without_its_target() {
    let entries = std::fs::read_dir(corpus()).expect("there is a corpus");
    let folders = entries.map(|entry| entry.expect("the folder can be read").file_name().into_string());
    let folders: BTreeSet<String> = folders.map(|name| name.expect("names are text")).collect();
    assert_eq!(folders, TARGETS.iter().map(|target| target.name.to_owned()).collect());
}

#[test]
fn every_recorded_message_is_a_seed() {
    let recorded: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "tests", "golden", "v1"].iter().collect();
    for entry in std::fs::read_dir(recorded).expect("the recorded messages are there") {
        let entry = entry.expect("the folder can be read");
        let seed = corpus().join("frame").join(entry.file_name()).with_extension("");
        let bytes = std::fs::read(entry.path()).expect("the file can be read");
        assert_eq!(std::fs::read(&seed).ok(), Some(bytes), "{} is to be a copy", seed.display());
    }
}
