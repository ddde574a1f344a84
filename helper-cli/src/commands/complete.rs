//! Owns completions: the script that a shell loads once, and the answers at every TAB. The daemon knows the profile names.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use clap::{Arg, Command, CommandFactory, ValueHint};
use clap_complete::CompletionCandidate;
use clap_complete::engine::ArgValueCompleter;
use clap_complete::env::{EnvCompleter, Shells};
use cp_token_protocol::message::ProfileReport;
use cp_token_protocol::{ErrorCode, Failure};

use super::profiles::profiles_within;
use crate::args::cli::CommandLine;
use crate::terminal::{output, sanitize};

/// The variable by which a shell's script asks for answers; it holds the shell's name.
const COMPLETE_VARIABLE: &str = "CP_TOKEN_COMPLETE";

/// What a profile's name is called wherever one is asked for that exists.
const PROFILE_VALUE_NAME: &str = "NAME";

/// How long a person who has pressed TAB waits for names.
const COMPLETION_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn shells() -> Vec<&'static str> {
    Shells::builtins().names().collect()
}

fn script(shell: &str) -> Result<Vec<u8>, Failure> {
    let mut script = Vec::new();
    let (completer, name) = (completer(shell)?, "cp-token");
    let written = completer.write_registration(COMPLETE_VARIABLE, name, name, name, &mut script);
    written.map_err(|_| not_composed())?;
    Ok(if shell == "zsh" { with_advice_for_zsh(&script) } else { script })
}

/// Without zsh's own completions there is nothing to register with; then one line says what is missing.
fn with_advice_for_zsh(script: &[u8]) -> Vec<u8> {
    const LACKING: &str = "if (( ! ${+functions[compdef]} )); then\n    \
                           print -u2 'cp-token: completions need zsh'\\''s own: put \"autoload -Uz compinit && compinit\" \
                           before this line'\n    return 0\nfi\n";
    // What is loaded from a file of zsh's own path keeps its first line, which zsh reads.
    let first = script.iter().position(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    [&script[..first], LACKING.as_bytes(), &script[first..]].concat()
}

/// Answers a shell's request; `words` are the program's arguments. [`ErrorCode::USAGE`] for an unknown shell.
pub(crate) fn answer(shell: &str, words: &[OsString]) -> Result<(), Failure> {
    // Whatever goes wrong leaves the shell without names: a line of an error would end up in what is typed.
    let profiles = || profiles_within(COMPLETION_TIMEOUT).unwrap_or_default();
    output::print(&[&candidates(shell, CommandLine::command(), profiles, words)?])
}

pub(crate) fn asking_shell() -> Option<String> {
    std::env::var(COMPLETE_VARIABLE).ok().filter(|shell| !shell.is_empty())
}

/// Prints the script for a shell; [`ErrorCode::USAGE`] for an unknown shell.
pub(super) fn run(shell: &str) -> Result<(), Failure> {
    output::print_text(&[&script(shell)?])
}

fn candidates(
    shell: &str,
    command: Command,
    profiles: fn() -> Vec<ProfileReport>,
    words: &[OsString],
) -> Result<Vec<u8>, Failure> {
    let completer = completer(shell)?;
    let words = words.iter().skip_while(|word| *word != "--").skip(1).cloned().collect::<Vec<_>>();
    let mut answer = Vec::new();
    if !words.is_empty() {
        let mut command = informed(command, profiles);
        command.build();
        completer.write_complete(&mut command, words, None, &mut answer).map_err(|_| not_composed())?;
    }
    Ok(answer)
}

fn completer(shell: &str) -> Result<&'static dyn EnvCompleter, Failure> {
    const ALL: Shells<'static> = Shells::builtins();
    ALL.0.iter().copied().find(|completer| completer.is(shell)).ok_or_else(|| {
        Failure::new(ErrorCode::USAGE, "there are no completions for that shell")
            .with_hint(format!("choose one of {}", shells().join(", ")))
    })
}

/// The command line, with the completer of each value.
fn informed(command: Command, profiles: fn() -> Vec<ProfileReport>) -> Command {
    // The name of a profile that does not exist yet cannot be completed.
    let is_new = command.get_name() == "create";
    let command = command.mut_args(|arg| inform(arg, is_new, profiles));
    let names: Vec<String> = command.get_subcommands().map(|each| each.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |subcommand| informed(subcommand, profiles))
    })
}

fn inform(arg: Arg, is_new: bool, profiles: fn() -> Vec<ProfileReport>) -> Arg {
    if !arg.get_action().takes_values() {
        return arg;
    }
    let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    match value.as_deref() {
        Some(PROFILE_VALUE_NAME) if matches!(arg.get_id().as_str(), "name" | "profile") && !is_new => {
            arg.add(ArgValueCompleter::new(move |typed: &OsStr| named(&profiles(), typed)))
        }
        Some("FILE" | "PATH") => arg.value_hint(ValueHint::FilePath),
        Some(_) if arg.get_value_hint() == ValueHint::Unknown => arg.value_hint(ValueHint::Other),
        Some(_) | None => arg,
    }
}

fn named(profiles: &[ProfileReport], typed: &OsStr) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let fitting = profiles.iter().filter(|profile| profile.name.as_str().starts_with(typed.as_ref()));
    let url = |profile: &ProfileReport| Some(sanitize(&profile.url).into());
    fitting.map(|profile| CompletionCandidate::new(profile.name.as_str()).help(url(profile))).collect()
}

fn not_composed() -> Failure {
    Failure::new(ErrorCode::INTERNAL, "the completions could not be composed")
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::message::TokenState;

    use super::*;
    use crate::commands::table::tests::report;

    fn two() -> Vec<ProfileReport> {
        vec![report("prod", TokenState::Absent), report("test-eu", TokenState::Absent)]
    }

    fn completed(line: &[&str]) -> Vec<String> {
        let words: Vec<OsString> = ["--", "cp-token"].iter().chain(line).map(OsString::from).collect();
        let answer = candidates("fish", CommandLine::command(), two, &words).unwrap();
        let lines = String::from_utf8(answer).unwrap();
        lines.lines().filter_map(|line| line.split('\t').next().map(str::to_owned)).collect()
    }

    #[test]
    fn names_of_profiles_are_offered_wherever_one_is_meant_that_exists() {
        for line in [
            &["-p", ""][..],
            &["get", "--profile", ""],
            &["forget", "-p", ""],
            &["profile", "show", ""],
            &["profile", "delete", ""],
        ] {
            let names: Vec<_> = completed(line).into_iter().filter(|word| !word.starts_with('-')).collect();
            assert_eq!(names, ["prod", "test-eu"], "{line:?}");
        }
        assert_eq!(completed(&["profile", "use", "te"]), ["test-eu"]);
        assert!(!completed(&["profile", "create", ""]).contains(&"prod".to_owned()));
    }

    #[test]
    fn commands_and_options_are_completed() {
        assert!(completed(&["prof"]).contains(&"profile".to_owned()));
        assert_eq!(completed(&["--min"]), ["--min-validity"]);
        assert!(completed(&["-f", ""]).contains(&"header".to_owned()));
    }

    #[test]
    fn every_shell_has_a_script_and_an_unknown_one_is_told_which() {
        for shell in shells() {
            let script = String::from_utf8(script(shell).unwrap()).unwrap();
            assert!(script.contains(COMPLETE_VARIABLE) && script.contains("cp-token"), "{shell}");
        }
        let failure = script("tcsh").unwrap_err();
        assert!(failure.code == ErrorCode::USAGE && failure.hint.contains("bash, "), "{}", failure.hint);
    }
}
