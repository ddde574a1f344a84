//! Owns curl running as our child: what it shows without the token, and with `--retry-rejected` a first attempt whose
//! answer is kept back until its status is known.

use std::path::Path;

use cp_token_protocol::Failure;
use cp_token_protocol::message::TokenResponse;

use super::buffered_attempt::{BufferedAttempt, CHUNK, read};
use super::files::path;
use super::{CheckedCommand, not_run};
use crate::args::cli::token::CurlOptions;
use crate::curl::{self, Analysis, Item, Redactor, SideEffects, refusal};
use crate::run::program::{Program, exit_as};
use crate::terminal::output;

/// What a first attempt leaves behind, if there is to be one; fails if the command cannot be repeated.
pub(super) fn traces(
    options: &CurlOptions,
    facts: &Analysis,
    items: &[&Item],
) -> Result<Option<SideEffects>, Failure> {
    if !options.retry_rejected {
        return Ok(None);
    }
    let traces = curl::traces(facts, items.iter().copied())?;
    let is_stream = |file: &Vec<u8>| path(file).metadata().is_ok_and(|facts| !facts.is_file());
    if traces.read.iter().any(is_stream) {
        return Err(refusal(
            "--retry-rejected cannot read what is no file a second time",
            "put it into a file first, or do without --retry-rejected",
        ));
    }
    Ok(Some(traces))
}

/// Runs curl; if the first answer is 401, reports the token and runs it once more with a new one. Fails if there is no new
/// token, or curl was not run; otherwise this ends as curl ends.
pub(super) fn run(
    checked: CheckedCommand,
    token: TokenResponse,
    traces: SideEffects,
    options: &CurlOptions,
) -> Result<(), Failure> {
    let first = BufferedAttempt::start(&checked, &token, &traces)?;
    if let Some(status) = first.finish().map_err(|error| not_run(&error))? {
        exit_as(status);
    }
    forget_output(&traces);
    let token = super::replacement(token, options)?;
    Err(checked.run(&token))
}

/// Runs curl as our child and shows its standard error without the token.
pub(super) fn run_redacted(mut program: Program, token: &TokenResponse) -> Failure {
    program.capture(false, true);
    let outcome = program.start().and_then(|mut running| {
        let mut redactor = Redactor::new(token.access_token.expose());
        let mut piece = vec![0; CHUNK];
        if let Some(mut errors) = running.errors() {
            while let Ok(count @ 1..) = read(&mut errors, &mut piece) {
                output::pass_on(&redactor.pass(&piece[..count]));
            }
        }
        output::pass_on(&redactor.finish());
        running.wait()
    });
    match outcome {
        Ok(status) => exit_as(status),
        Err(error) => not_run(&error),
    }
}

/// The body of the first answer must not be taken for that of the second, should the second have none.
fn forget_output(traces: &SideEffects) {
    let Some(name) = &traces.output else { return };
    let folder = traces.folder.as_deref().map(path).unwrap_or(Path::new(""));
    let file = folder.join(path(name));
    if file.symlink_metadata().is_ok_and(|facts| facts.is_file()) {
        drop(std::fs::remove_file(file));
    }
}
