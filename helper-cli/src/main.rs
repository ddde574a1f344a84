//! Owns the order of things: the quick way for `get`, the long way for everything else, one outcome. It knows no
//! command.
#![cfg_attr(all(unix, not(test)), no_main)]

mod adapters;
mod cli;
mod client;
mod commands;
#[cfg(any(unix, test))]
mod curl;
mod date;
mod deadline;
mod duration;
mod exit;
mod home;
mod hot;
mod import;
mod launch;
mod look;
mod names;
mod output;
#[cfg_attr(windows, path = "program/windows.rs")]
mod program;
mod program_line;
mod prompt;
mod proxy_address;
mod shell;
mod text;
mod variables;

#[cfg(unix)]
#[path = "memory/unix.rs"]
mod memory;

#[cfg(all(unix, not(test)))]
#[path = "entry/unix.rs"]
mod entry;

use std::ffi::{OsStr, OsString};

use cp_token_protocol::Failure;
use exit::ErrorFormat;

#[cfg(any(not(unix), test))]
fn main() -> std::process::ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let mut words = words.iter().map(OsString::as_os_str);
    run(words.next().unwrap_or_default(), words).into()
}

/// Does what the program's name and the arguments say, and gives the number the process ends with.
fn run<'a>(program: &OsStr, arguments: impl Iterator<Item = &'a OsStr> + Clone) -> u8 {
    if let Some(command) = names::command(program) {
        return run_the_long_way(names::arguments(command, arguments));
    }
    match hot::parse(arguments.clone()) {
        Some(options) => exit::conclude(commands::get::run(&options), ErrorFormat::Text),
        None => run_the_long_way(arguments.map(OsStr::to_owned).collect()),
    }
}

#[cold]
fn run_the_long_way(mut arguments: Vec<OsString>) -> u8 {
    if let Some(shell) = commands::complete::asking_shell() {
        return exit::conclude(commands::complete::answer(&shell, &arguments), ErrorFormat::Text);
    }
    match cli::error_format(&mut arguments) {
        Ok(format) => match read_and_run(&arguments) {
            Ok(number) => number,
            Err(failure) => exit::conclude(Err(failure), format),
        },
        Err(failure) => exit::conclude(Err(failure), ErrorFormat::Text),
    }
}

/// Tells a failure that came before the arguments were read, in the form that they ask for.
#[cfg(all(unix, not(test)))]
#[cold]
fn refuse<'a>(failure: Failure, arguments: impl Iterator<Item = &'a OsStr>) -> u8 {
    let mut arguments: Vec<OsString> = arguments.map(OsStr::to_owned).collect();
    let format = cli::error_format(&mut arguments).unwrap_or(ErrorFormat::Text);
    exit::conclude(Err(failure), format)
}

fn read_and_run(arguments: &[OsString]) -> Result<u8, Failure> {
    match cli::parse(arguments)? {
        cli::Parsed::Line(line) => commands::run(*line),
        cli::Parsed::Text(text) => output::print_text(&[text.as_bytes()]).map(|()| 0),
    }
}
