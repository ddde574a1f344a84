//! Owns the entry: `get` is parsed without clap, every other command with it. It knows no command.
#![cfg_attr(all(unix, not(test)), no_main)]

mod adapters;
mod args;
mod commands;
#[cfg(any(unix, test))]
mod curl;
mod daemon;
mod import;
mod run;
mod start;
mod terminal;

use std::ffi::{OsStr, OsString};

use cp_token_protocol::Failure;
use terminal::exit::ErrorFormat;

#[cfg(any(not(unix), test))]
fn main() -> std::process::ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let mut words = words.iter().map(OsString::as_os_str);
    run(words.next().unwrap_or_default(), words).into()
}

/// Does what the program's name and the arguments say, and gives the number the process ends with.
fn run<'a>(program: &OsStr, arguments: impl Iterator<Item = &'a OsStr> + Clone) -> u8 {
    if let Some(command) = args::argv0::command(program) {
        return run_with_clap(args::argv0::arguments(command, arguments));
    }
    match args::fast_args::parse(arguments.clone()) {
        Some(options) => terminal::exit::conclude(commands::get::run(&options), ErrorFormat::Text),
        None => run_with_clap(arguments.map(OsStr::to_owned).collect()),
    }
}

#[cold]
fn run_with_clap(mut arguments: Vec<OsString>) -> u8 {
    if let Some(shell) = commands::complete::asking_shell() {
        return terminal::exit::conclude(commands::complete::answer(&shell, &arguments), ErrorFormat::Text);
    }
    match args::cli::error_format(&mut arguments) {
        Ok(format) => match read_and_run(&arguments) {
            Ok(number) => number,
            Err(failure) => terminal::exit::conclude(Err(failure), format),
        },
        Err(failure) => terminal::exit::conclude(Err(failure), ErrorFormat::Text),
    }
}

/// Tells a failure that came before the arguments were read, in the form that they ask for.
#[cfg(all(unix, not(test)))]
#[cold]
fn refuse<'a>(failure: Failure, arguments: impl Iterator<Item = &'a OsStr>) -> u8 {
    let mut arguments: Vec<OsString> = arguments.map(OsStr::to_owned).collect();
    let format = args::cli::error_format(&mut arguments).unwrap_or(ErrorFormat::Text);
    terminal::exit::conclude(Err(failure), format)
}

fn read_and_run(arguments: &[OsString]) -> Result<u8, Failure> {
    match args::cli::parse(arguments)? {
        args::cli::Parsed::Line(line) => commands::run(*line),
        args::cli::Parsed::Text(text) => terminal::output::print_text(&[text.as_bytes()]).map(|()| 0),
    }
}
