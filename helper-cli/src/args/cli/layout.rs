//! Owns how the help is laid out: as wide as the terminal it goes to, up to a limit. It writes none of its words.

use std::ffi::OsString;

use clap::builder::{Resettable, StyledStr};
use clap::{Command, CommandFactory};

use super::CommandLine;
use crate::terminal::style::TerminalStyle;

/// Longer lines are hard to read, however wide the terminal is.
const MAX_WIDTH: usize = 100;
/// In fewer columns there is no room beside the options.
const MIN_WIDTH: usize = 40;

/// The help that these words ask for, laid out for standard output.
pub(super) fn help(line: impl Iterator<Item = OsString>, found: &clap::Error) -> String {
    let again = command(TerminalStyle::of_stdout().width).try_get_matches_from(line).err();
    again.as_ref().unwrap_or(found).render().to_string()
}

/// The command line whose help is for that many columns; if nothing ends a line early, for the most.
fn command(columns: Option<usize>) -> Command {
    let width = columns.unwrap_or(MAX_WIDTH).clamp(MIN_WIDTH, MAX_WIDTH);
    flowing(CommandLine::command().term_width(width))
}

/// The command and all below it, with every paragraph of the longer texts in one line, to be wrapped where it is shown.
fn flowing(command: Command) -> Command {
    let text = |text: Option<&StyledStr>| {
        Resettable::from(text.map(|text| StyledStr::from(joined(&text.to_string()))))
    };
    let about = text(command.get_long_about());
    let (after, after_long) = (text(command.get_after_help()), text(command.get_after_long_help()));
    command.long_about(about).after_help(after).after_long_help(after_long).mut_subcommands(flowing)
}

/// Lines that are indented stay as they are, as in the manual.
fn joined(text: &str) -> String {
    let mut flowing = String::new();
    let mut before = "";
    for line in text.lines() {
        let goes_on = |line: &str| !line.is_empty() && !line.starts_with(' ');
        if !flowing.is_empty() {
            flowing.push(if goes_on(before) && goes_on(line) { ' ' } else { '\n' });
        }
        flowing.push_str(line);
        before = line;
    }
    flowing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_flow_and_what_is_indented_stays_as_it_is() {
        assert_eq!(
            joined("One\ntwo\n\nList:\n  a\n  b\nthree\nfour"),
            "One two\n\nList:\n  a\n  b\nthree four"
        );
    }

    /// Both helps of a command and of all below it.
    fn add_helps(command: &mut Command, helps: &mut Vec<String>) {
        helps.extend([command.render_long_help().to_string(), command.render_help().to_string()]);
        command.get_subcommands_mut().for_each(|below| add_helps(below, helps));
    }

    #[test]
    fn no_line_of_any_help_is_longer_than_the_terminal_is_wide() {
        for (columns, width) in [(Some(80), 80), (Some(90), 90), (Some(500), 100), (None, 100)] {
            let mut command = command(columns);
            command.build();
            let mut helps = Vec::new();
            add_helps(&mut command, &mut helps);
            assert!(helps.len() > 60, "{}", helps.len());
            for line in helps.iter().flat_map(|help| help.lines()) {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
        }
    }
}
