//! Owns `cp-token exec`: a program with a token in its environment, or beside a file that is kept fresh for it.

#[cfg_attr(windows, path = "exec/windows.rs")]
mod refresh;
#[cfg(unix)]
mod token_file;

#[cfg(unix)]
#[path = "exec/unix.rs"]
mod system;

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;

use cp_token_protocol::message::TokenResponse;
use cp_token_protocol::{ErrorCode, Failure};

use super::fetch_token::{TokenOptions, fetch};
use crate::args::cli::token::ExecOptions;
use crate::run::Missing;
use crate::run::program::{self, Program};
use crate::terminal::output;

const GIVEN: [&str; 2] = ["CP_TOKEN", "CP_TOKEN_FILE"];

pub(super) fn run(options: &ExecOptions) -> Result<(), Failure> {
    refuse_nesting()?;
    let (name, arguments) = options.command.split_first().ok_or_else(|| {
        Failure::new(ErrorCode::USAGE, "there is nothing to run")
            .with_hint("write: cp-token exec -- CMD ARGUMENTS")
    })?;
    let file = program::find(name, std::env::var_os("PATH").as_deref()).map_err(missing)?;
    let line = ProgramLine { file, name, arguments };
    let token_options = TokenOptions::from_args(&options.token)?;
    if options.file {
        return refresh::run(&line, token_options);
    }
    let token = fetch(token_options)?;
    let mut program = line.program(&token);
    program.env("CP_TOKEN", text(&token)?);
    Err(not_run(&program.exec()))
}

struct ProgramLine<'o> {
    file: PathBuf,
    name: &'o OsStr,
    arguments: &'o [OsString],
}

impl ProgramLine<'_> {
    fn program(&self, token: &TokenResponse) -> Program {
        let mut program = Program::new(&self.file, self.name);
        program.args(self.arguments);
        program.env("CP_TOKEN_URL", &token.url);
        program
    }
}

fn text(token: &TokenResponse) -> Result<&str, Failure> {
    // A token is visible ASCII, so this is always text.
    std::str::from_utf8(token.access_token.expose())
        .map_err(|_| Failure::new(ErrorCode::INTERNAL, "a token is no text"))
}

/// A program that has a token of ours would be given another one, perhaps of another profile, without being asked.
fn refuse_nesting() -> Result<(), Failure> {
    let is_given = |name: &&&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let Some(name) = GIVEN.iter().find(is_given) else { return Ok(()) };
    let message = format!("{name} is set already, so this runs inside of another cp-token exec");
    Err(Failure::new(ErrorCode::USAGE, message)
        .with_hint("use that token, or run: env -u CP_TOKEN -u CP_TOKEN_FILE cp-token exec -- CMD"))
}

fn missing(missing: Missing) -> Failure {
    match missing {
        Missing::NotFound => Failure::new(ErrorCode::PROGRAM_NOT_FOUND, "there is no such program")
            .with_hint("see that its name is right and its folder in PATH"),
        Missing::NotRunnable => {
            Failure::new(ErrorCode::PROGRAM_NOT_RUNNABLE, "that is no program, or not yours to run")
                .with_hint("see that it is an executable file")
        }
    }
}

fn not_run(error: &io::Error) -> Failure {
    if error.kind() == io::ErrorKind::NotFound {
        return missing(Missing::NotFound);
    }
    let known = [
        (io::ErrorKind::ArgumentListTooLong, "its arguments and variables are too long"),
        (io::ErrorKind::PermissionDenied, "the system does not permit it"),
    ];
    let reason = output::reason(error, &known, "the system cannot run it");
    Failure::new(ErrorCode::PROGRAM_NOT_RUNNABLE, format!("the program was not run: {reason}"))
        .with_hint("see that it is an executable file of this machine's kind, or a script with a #! line")
}
