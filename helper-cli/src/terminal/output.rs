//! Owns standard output and standard error: each text is complete before it is written. Nothing else writes there.

mod token;

#[cfg_attr(unix, path = "output/unix.rs")]
#[cfg_attr(windows, path = "output/windows.rs")]
mod system;

use std::io::{self, ErrorKind};

use cp_token_protocol::{ErrorCode, Failure};
use serde::Serialize;

use crate::terminal::sanitize::{json, sanitize_line};
use crate::terminal::style::{Piece, TerminalStyle};

pub(crate) use token::{Format, print_token};

/// Writes the parts to standard output; [`ErrorCode::OUTPUT_FAILED`] if not all was written.
pub(crate) fn print(parts: &[&[u8]]) -> Result<(), Failure> {
    system::write_to_stdout(parts).map_err(|error| not_written(&error))
}

pub(crate) fn print_lines(lines: &[String]) -> Result<(), Failure> {
    let text: String = lines.iter().map(|line| sanitize_line(line) + "\n").collect();
    print(&[text.as_bytes()])
}

pub(crate) fn print_line(line: &str) -> Result<(), Failure> {
    print(&[sanitize_line(line).as_bytes(), b"\n"])
}

/// Writes a text for a pager. If the reader closes early, the process ends with SIGPIPE, unless the caller ignores it.
pub(crate) fn print_text(parts: &[&[u8]]) -> Result<(), Failure> {
    system::write_to_stdout(parts).map_err(|error| {
        #[cfg(unix)]
        if error.kind() == ErrorKind::BrokenPipe {
            system::end_by_pipe_signal();
        }
        not_written(&error)
    })
}

pub(crate) fn print_report(
    as_json: bool,
    value: &impl Serialize,
    lines: impl FnOnce(&TerminalStyle) -> Vec<Vec<Piece>>,
) -> Result<(), Failure> {
    if as_json {
        return print_json(value);
    }
    let (style, mut text) = (TerminalStyle::of_stdout(), String::new());
    for line in lines(&style) {
        text.extend(line.iter().map(|piece| piece.painted(&style)));
        text.push('\n');
    }
    print_text(&[text.as_bytes()])
}

pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value)
        .map_err(|_| Failure::new(ErrorCode::INTERNAL, "the answer has no JSON form"))?;
    print_text(&[json(&text).as_bytes(), b"\n"])
}

/// A JSON object whose fields keep the order in which they are written.
macro_rules! object {
    ($($field:ident: $value:expr),+ $(,)?) => {{
        #[allow(non_camel_case_types, reason = "the type of each field has its name")]
        let object = {
            #[derive(serde::Serialize)]
            struct Object<$($field),+> { $($field: $field),+ }
            Object { $($field: $value),+ }
        };
        object
    }};
}
pub(crate) use object;

pub(crate) fn print_error(line: &str) {
    let _ = system::write_to_stderr(line.as_bytes());
}

/// Passes on another program's standard error, and ignores failures.
#[cfg(unix)]
pub(crate) fn pass_on(bytes: &[u8]) {
    let _ = system::write_to_stderr(bytes);
}

/// The error's reason in words, if its kind is `known`.
#[cold]
pub(crate) fn reason<'r>(error: &io::Error, known: &[(ErrorKind, &'r str)], otherwise: &'r str) -> &'r str {
    known.iter().find(|(kind, _)| *kind == error.kind()).map_or(otherwise, |(_, reason)| reason)
}

#[cold]
fn not_written(error: &io::Error) -> Failure {
    let known = [
        (ErrorKind::BrokenPipe, "the reader is gone"),
        (ErrorKind::StorageFull, "there is no space left"),
        (ErrorKind::QuotaExceeded, "there is no space left"),
        (ErrorKind::TimedOut, "the reader takes nothing"),
    ];
    let reason = reason(error, &known, "the system refuses it");
    Failure::new(ErrorCode::OUTPUT_FAILED, format!("the output could not be written: {reason}"))
        .with_hint("see where standard output goes")
}
