//! Owns the check that `PROTOCOL.md` has the bytes and the failure codes of the code.

use std::fmt::Write;
use std::path::PathBuf;

use cp_token_protocol::{
    ADDRESS_LIMIT, BODY_LIMIT, ErrorCode, MAGIC, PREAMBLE_LENGTH, PROTOCOL_VERSION, TOKEN_LIMIT,
};

use crate::{RECORD, records};

const BEGIN: &str = "<!-- golden bytes: begin -->\n";
const END: &str = "<!-- golden bytes: end -->\n";

fn path() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "PROTOCOL.md"].iter().collect()
}

fn document() -> String {
    std::fs::read_to_string(path()).unwrap()
}

/// Every recorded frame as the document shows it: its name, its content, its bytes.
fn golden_bytes() -> String {
    let mut text = String::new();
    for record in records() {
        let _ = write!(text, "\n```text\n{}\n{}\n", record.name, record.fields);
        for line in record.frame.chunks(24) {
            let line: Vec<_> = line.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = writeln!(text, "{}", line.join(" "));
        }
        text.push_str("```\n");
    }
    text.push('\n');
    text
}

#[test]
fn the_document_shows_the_bytes_of_every_recorded_message() {
    let document = document();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (shown, after) = rest.split_once(END).unwrap();
    let wanted = golden_bytes();
    if std::env::var_os(RECORD).is_some() {
        std::fs::write(path(), format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
        panic!("the bytes were written into PROTOCOL.md; run again without {RECORD}");
    }
    assert_eq!(shown, wanted);
}

#[test]
fn the_documents_table_of_failure_codes_is_the_codes() {
    let document = document();
    let (_, section) = document.split_once("<!-- failure codes: begin -->").unwrap();
    let (section, _) = section.split_once("<!-- failure codes: end -->").unwrap();
    let rows = section.lines().filter_map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let number: u16 = cells[0].parse().ok()?;
        assert!(!cells[2].is_empty() && !cells[3].is_empty(), "{line}");
        Some((number, cells[1].trim_matches('`').to_owned()))
    });
    let wanted = ErrorCode::ALL.iter().map(|code| (code.0, code.name().to_owned()));
    assert_eq!(rows.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
}

#[test]
fn the_documents_table_of_limits_is_the_limits() {
    let document = document();
    let address_limit = if cfg!(target_os = "linux") { ADDRESS_LIMIT } else { 107 };
    for row in [
        format!("| magic | `{}` |", std::str::from_utf8(&MAGIC).unwrap()),
        format!("| protocol version | {PROTOCOL_VERSION} |"),
        format!("| preamble | {PREAMBLE_LENGTH} bytes |"),
        format!("| body | 1 to {BODY_LIMIT} bytes |"),
        format!("| access token | 1 to {TOKEN_LIMIT} bytes |"),
        format!("| socket path on Linux | {address_limit} bytes |"),
    ] {
        assert!(document.contains(&row), "{row}");
    }
}
