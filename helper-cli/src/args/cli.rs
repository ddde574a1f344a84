//! Owns the command line: sub-commands, options, help, and the messages about mistakes in it. It only parses.

pub(crate) mod command;
mod help;
mod layout;
pub(crate) mod profile;
pub(crate) mod token;
mod usage_error;

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;
use cp_token_protocol::{ErrorCode, Failure};

use self::command::Command;
use self::token::GetOptions;
use crate::terminal::exit::ErrorFormat;

#[derive(Debug, Parser)]
#[command(
    name = "cp-token",
    version,
    about = "Prints a valid CrashPlan access token",
    long_about = help::ABOUT,
    after_help = "More, with examples, exit codes and files: cp-token --help",
    after_long_help = help::AFTER,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub(crate) get: GetOptions,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    // Read by `error_format` before everything else, so that it holds for faults of the command line too.
    /// The format of failures on standard error: text or json
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    error_format: String,
}

#[derive(Debug)]
pub(crate) enum Parsed {
    Line(Box<CommandLine>),
    /// Something to read: help or the version.
    Text(String),
}

/// Parses the arguments after the program's name; [`ErrorCode::USAGE`] with a one-line message.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Parsed, Failure> {
    let line = std::iter::once(OsString::from("cp-token")).chain(arguments.iter().cloned());
    match CommandLine::try_parse_from(line.clone()) {
        Ok(line) => Ok(Parsed::Line(Box::new(line))),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(Parsed::Text(layout::help(line, &error))),
        Err(error) if error.kind() == ErrorKind::DisplayVersion => {
            Ok(Parsed::Text(error.render().to_string()))
        }
        Err(error) => Err(without_dashes(arguments).unwrap_or_else(|| usage_error::of(error, arguments))),
    }
}

/// Removes `--error-format` from the arguments; [`ErrorCode::USAGE`] if its value is neither `text` nor `json`.
pub(crate) fn error_format(arguments: &mut Vec<OsString>) -> Result<ErrorFormat, Failure> {
    const NAME: &str = "--error-format";
    let mut format = ErrorFormat::Text;
    // What stands behind -- belongs to the program that is to be run.
    while let Some(place) =
        before_dashes(arguments).iter().position(|word| word.to_str().is_some_and(|w| is_option(w, NAME)))
    {
        let word = arguments.remove(place);
        let attached = word.to_str().and_then(|word| word.split_once('=')).map(|(_, value)| value.into());
        let value = match attached {
            Some(value) => value,
            None if place < before_dashes(arguments).len() => arguments.remove(place),
            None => OsString::new(),
        };
        format = match value.to_str() {
            Some("text") => ErrorFormat::Text,
            Some("json") => ErrorFormat::Json,
            _ => return Err(Failure::new(ErrorCode::USAGE, "--error-format is text or json")),
        };
    }
    Ok(format)
}

fn before_dashes(arguments: &[OsString]) -> &[OsString] {
    arguments.split(|word| word == "--").next().unwrap_or_default()
}

/// The failure if another program is to be run, and nothing says where its words begin.
fn without_dashes(arguments: &[OsString]) -> Option<Failure> {
    let hint = match arguments.first()?.to_str()? {
        "curl" => "write: cp-token curl -- CURL-OPTIONS URL-OR-PATH",
        "exec" => "write: cp-token exec -- CMD ARGUMENTS",
        _ => return None,
    };
    let failure = Failure::new(ErrorCode::USAGE, "missing `--` before the command to run").with_hint(hint);
    (before_dashes(arguments).len() == arguments.len()).then_some(failure)
}

fn is_option(word: &str, name: &str) -> bool {
    word.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
}

#[cfg(test)]
mod tests;
