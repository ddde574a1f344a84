//! Owns the run of the second implementation over the recorded bytes. It was written from `PROTOCOL.md` and shares no code
//! with this crate.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::records;

const REQUIRE_ALL: &str = "CP_TOKEN_TESTS_REQUIRE_ALL";

fn run(mode: &str) -> Option<Output> {
    let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "second_implementation.py"].iter().collect();
    let folder = crate::folder();
    match Command::new("python3").arg("-B").arg(script).arg(mode).arg(folder).output() {
        Ok(output) => Some(output),
        Err(error) => {
            assert!(std::env::var_os(REQUIRE_ALL).is_none(), "python3 does not run: {error}");
            let _ = writeln!(std::io::stderr(), "skipped: python3 does not run: {error}");
            None
        }
    }
}

#[test]
fn an_implementation_written_from_the_document_reads_and_writes_every_message_as_this_one_does() {
    let Some(output) = run("show") else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut wanted: Vec<_> =
        records().into_iter().map(|record| format!("{}.bin\t{}", record.name, record.fields)).collect();
    wanted.sort();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown.lines().collect::<Vec<_>>(), wanted);
}

#[test]
fn an_implementation_written_from_the_document_refuses_what_this_one_refuses() {
    let Some(output) = run("refuse") else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
