//! Owns curl beside us: what it shows without the token, and with `--retry-rejected` a first time whose answer is kept
//! back until its status is known.

use std::path::Path;

use cp_token_protocol::Failure;
use cp_token_protocol::message::TokenResponse;

use super::buffered_attempt::BufferedAttempt;
use super::files::path;
use super::stream::{PIECE, read};
use super::{CheckedCommand, not_run};
use crate::args::cli::CurlOptions;
use crate::curl::{self, Analysis, Item, Redactor, SideEffects, refusal};
use crate::run::program::{Program, exit_as};
use crate::terminal::output;

/// What a first time leaves behind, where there is to be one.
///
/// # Errors
/// Where the command cannot be done twice.
pub(super) fn traces<'i>(
    options: &CurlOptions,
    facts: &Analysis,
    items: impl Iterator<Item = &'i Item>,
) -> Result<Option<SideEffects>, Failure> {
    if !options.retry_rejected {
        return Ok(None);
    }
    let traces = curl::traces(facts, items)?;
    let is_stream = |file: &Vec<u8>| path(file).metadata().is_ok_and(|facts| !facts.is_file());
    match traces.read.iter().find(|file| is_stream(file)) {
        None => Ok(Some(traces)),
        Some(_) => Err(refusal(
            "--retry-rejected cannot read what is no file a second time",
            "put it into a file first, or do without --retry-rejected",
        )),
    }
}

/// Runs curl once; where the first answer is 401, reports the token and runs it once more with a new one.
///
/// # Errors
/// Why there is no new token, or curl was not run; otherwise this ends as curl ends.
pub(super) fn run(
    judged: CheckedCommand,
    token: TokenResponse,
    traces: SideEffects,
    options: &CurlOptions,
) -> Result<(), Failure> {
    let mut first = BufferedAttempt::start(&judged, &token, &traces)?;
    first.watch().map_err(|error| not_run(&error))?;
    if let Some(status) = first.finish().map_err(|error| not_run(&error))? {
        exit_as(status);
    }
    forget_output(&traces);
    let token = super::replacement(token, options)?;
    Err(judged.run(&token))
}

/// Runs curl beside us and shows what it complains of without the token.
pub(super) fn run_redacted(mut program: Program, token: &TokenResponse) -> Failure {
    program.capture(false, true);
    let outcome = program.start().and_then(|mut beside| {
        let mut redactor = Redactor::new(token.access_token.expose());
        let mut piece = vec![0; PIECE];
        if let Some(mut errors) = beside.errors() {
            while let Ok(count @ 1..) = read(&mut errors, &mut piece) {
                output::pass_on(&redactor.pass(&piece[..count]));
            }
        }
        output::pass_on(&redactor.finish());
        beside.wait()
    });
    match outcome {
        Ok(status) => exit_as(status),
        Err(error) => not_run(&error),
    }
}

/// The body of the first answer is not to be taken for that of the second, should the second have none.
fn forget_output(traces: &SideEffects) {
    let Some(name) = &traces.output else { return };
    let folder = traces.folder.as_deref().map(path).unwrap_or(Path::new(""));
    let file = folder.join(path(name));
    if file.symlink_metadata().is_ok_and(|facts| facts.is_file()) {
        drop(std::fs::remove_file(file));
    }
}
