//! Owns which command a line names as far as it goes, and which one was meant. It repeats no word of the line.

use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use cp_token_protocol::{ErrorCode, Failure};

use super::CommandLine;

/// What other programs call what a command of ours does.
const SYNONYMS: [(&str, &str); 11] = [
    ("rm", "delete"),
    ("remove", "delete"),
    ("del", "delete"),
    ("add", "create"),
    ("new", "create"),
    ("ls", "list"),
    ("edit", "update"),
    ("set", "update"),
    ("change", "update"),
    ("info", "show"),
    ("token", "get"),
];

/// The command that the first words name, and how it is written.
pub(super) fn named(arguments: &[OsString]) -> (String, clap::Command) {
    let (mut path, mut command) = ("cp-token".to_owned(), CommandLine::command());
    for word in arguments.iter().map_while(|word| word.to_str()) {
        let Some(next) = command.find_subcommand(word).cloned() else { break };
        path = format!("{path} {}", next.get_name());
        command = next;
    }
    (path, command)
}

/// What is said if a word is missing behind the command, or is one of another program.
pub(super) fn of(error: &clap::Error, path: &str, command: &clap::Command, see: &str) -> Option<Failure> {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let names: Vec<_> = command.get_subcommands().map(clap::Command::get_name).collect();
        let message = format!("{path} wants one more word: {}", names.join(", "));
        return Some(Failure::new(ErrorCode::USAGE, message).with_hint(see));
    }
    let meant = meant(error, command)?;
    let hint = format!("did you mean: {path} {meant}; {see}");
    Some(Failure::new(ErrorCode::USAGE, "there is no such command").with_hint(hint))
}

/// The command that is called otherwise elsewhere.
fn meant(error: &clap::Error, command: &clap::Command) -> Option<&'static str> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let (_, meant) = SYNONYMS.iter().find(|(elsewhere, _)| elsewhere == word)?;
    command.find_subcommand(meant).map(|_| *meant)
}
