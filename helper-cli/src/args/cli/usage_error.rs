//! Owns the words for a command line that is not understood. They name the option and repeat no value: it may be a secret
//! that somebody tried to hand over here, and standard error often ends in a log.

use std::ffi::OsString;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use cp_token_protocol::{ErrorCode, Failure};

use super::CommandLine;
use crate::terminal::sanitize::sanitize;

/// Stands for what is not repeated; no argument of a process can hold it.
const REDACTED: &str = "\0";

pub(super) fn of(mut error: clap::Error, arguments: &[OsString]) -> Failure {
    let (path, command) = named(arguments);
    let see = format!("see: {path} --help");
    let fitting = suggested(&error, &path, &command, &see)
        .or_else(|| options_first(&error, arguments))
        .or_else(|| stray_word(&error, arguments, &see));
    fitting.unwrap_or_else(|| {
        redact(&mut error);
        usage(&error.render().to_string(), &see)
    })
}

/// Takes each value out, and whatever only begins as an option does.
fn redact(error: &mut clap::Error) {
    let held = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => word.as_str(),
        _ => "",
    };
    let has_value = !held(ContextKind::InvalidValue).is_empty();
    let is_odd =
        error.kind() == ErrorKind::UnknownArgument && !is_like_an_option(held(ContextKind::InvalidArg));
    for (kind, is_left_out) in [(ContextKind::InvalidValue, has_value), (ContextKind::InvalidArg, is_odd)] {
        if is_left_out {
            error.insert(kind, ContextValue::String(REDACTED.to_owned()));
        }
    }
}

/// Whether the word is what people call options, be it one that we do not have.
fn is_like_an_option(word: &str) -> bool {
    const MAX_OPTION_LENGTH: usize = 24;
    let name = word.trim_start_matches('-');
    let is_short = word.len() == 2;
    is_short
        || (word.len() <= MAX_OPTION_LENGTH
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'))
}

/// A word that belongs to nothing is not repeated: it may be a secret that somebody tried to hand over here.
fn stray_word(error: &clap::Error, arguments: &[OsString], see: &str) -> Option<Failure> {
    let kind = error.kind();
    let unknown_option = matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(word)) if word.starts_with('-'));
    let is_stray = kind == ErrorKind::UnknownArgument && !unknown_option || is_after_options(error);
    if is_stray && arguments.iter().any(|word| word == "--rejected") {
        let failure = Failure::new(ErrorCode::USAGE, "the rejected token is read from standard input");
        return Some(failure.with_hint("write no argument behind --rejected"));
    }
    if matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(word)) if SECRET_OPTIONS.contains(&word.as_str()))
    {
        let failure = Failure::new(ErrorCode::USAGE, "a secret is never an argument");
        return Some(failure.with_hint("leave it out and it is asked for, or see --secret-stdin"));
    }
    let message = if is_stray {
        "unexpected argument (not shown: it may be a secret)"
    } else if kind == ErrorKind::InvalidSubcommand && error.get(ContextKind::SuggestedSubcommand).is_none() {
        "there is no such command"
    } else {
        return None;
    };
    Some(Failure::new(ErrorCode::USAGE, message).with_hint(see))
}

/// Whether a word follows options of `get`.
fn is_after_options(error: &clap::Error) -> bool {
    error.render().to_string().starts_with("error: the subcommand")
}

/// The failure if options stand before a command. It shows the command with them behind it, and none of their values.
fn options_first(error: &clap::Error, arguments: &[OsString]) -> Option<Failure> {
    let line = Some(CommandLine::command()).filter(|_| is_after_options(error))?;
    let mut words = arguments.iter().map_while(|word| word.to_str());
    let (mut shown, mut options) = (String::new(), Vec::new());
    let command = loop {
        let word = words.next()?;
        let Some(option) = option_of(&line, word) else { break line.find_subcommand(word)? };
        let name = word.split_once('=').map_or(word, |(name, _)| name);
        shown += &format!(" {}", if name.starts_with("--") { name } else { &name[..2] });
        if let Some(value) = option.get_value_names().filter(|_| option.get_action().takes_values()) {
            shown += &format!(" {}", value.join(" "));
            let is_joined = word.contains('=') || !word.starts_with("--") && word.len() > 2;
            words.by_ref().take(usize::from(!is_joined)).for_each(drop);
        }
        options.push(option.get_id().clone());
    };
    let name = command.get_name();
    let has = |option| command.get_arguments().any(|argument| argument.get_id() == option);
    let hint = if options.iter().all(has) {
        format!("write: cp-token {name}{shown}")
    } else {
        format!("`cp-token {name}` itself does not have all of them; see: cp-token {name} --help")
    };
    Some(Failure::new(ErrorCode::USAGE, "write options after the command").with_hint(hint))
}

/// The option that a word names.
fn option_of<'c>(command: &'c clap::Command, word: &str) -> Option<&'c clap::Arg> {
    let long = word.strip_prefix("--").map(|name| name.split_once('=').map_or(name, |(name, _)| name));
    let short = word.strip_prefix('-').and_then(|name| name.chars().next());
    let is_named = |option: &&clap::Arg| match long {
        Some(_) => option.get_long() == long,
        None => short.is_some() && option.get_short() == short,
    };
    command.get_arguments().find(is_named)
}

/// Clap's paragraphs as one line: the first says what is wrong, a tip what might be meant.
fn usage(rendered: &str, see: &str) -> Failure {
    let rendered = rendered.replace(&format!(" '{REDACTED}'"), "");
    let mut paragraphs = rendered.split("\n\n");
    let first = paragraphs.next().unwrap_or_default();
    let message = first.strip_prefix("error: ").unwrap_or(first);
    let message = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let tips = rendered.lines().filter_map(|line| line.trim_start().strip_prefix("tip: "));
    // The other tip repeats what was given.
    let similar = tips.into_iter().find(|tip| !tip.starts_with("to pass "));
    let hint = similar.map_or_else(|| see.to_owned(), sanitize);
    Failure::new(ErrorCode::USAGE, sanitize(&message)).with_hint(hint)
}

/// Options that other programs take a secret by.
const SECRET_OPTIONS: [&str; 4] = ["--secret", "--client-secret", "--password", "--passphrase"];

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
fn named(arguments: &[OsString]) -> (String, clap::Command) {
    let (mut path, mut command) = ("cp-token".to_owned(), CommandLine::command());
    for word in arguments.iter().map_while(|word| word.to_str()) {
        let Some(next) = command.find_subcommand(word).cloned() else { break };
        path = format!("{path} {}", next.get_name());
        command = next;
    }
    (path, command)
}

/// What is said if a word is missing behind the command, or is one of another program.
fn suggested(error: &clap::Error, path: &str, command: &clap::Command, see: &str) -> Option<Failure> {
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

#[cfg(test)]
mod tests {
    use clap::{ArgAction, Command, CommandFactory};

    use super::super::{CommandLine, parse};

    /// No option takes it, whatever it takes.
    const SECRET: &str = "--SeKrEt!77\u{7f}";

    /// Each command's words, and the command.
    fn commands(words: &[String], command: &Command) -> Vec<(Vec<String>, Command)> {
        let mut all = vec![(words.to_vec(), command.clone())];
        for below in command.get_subcommands() {
            all.extend(commands(&[words, &[below.get_name().to_owned()]].concat(), below));
        }
        all
    }

    /// Each way to give the secret to the option, or beside it.
    fn ways(option: &clap::Arg) -> Vec<Vec<String>> {
        let mut ways = vec![vec![SECRET.to_owned()], vec!["SeKrEt!77".to_owned()]];
        let mut add = |name: String| {
            let joined =
                if name.starts_with("--") { format!("{name}=SeKrEt!77") } else { format!("{name}SeKrEt!77") };
            ways.push(vec![joined]);
            for secret in ["SeKrEt!77", SECRET, "-SeKrEt!77"] {
                ways.push(vec![name.clone(), secret.to_owned()]);
            }
        };
        option.get_long().into_iter().for_each(|long| add(format!("--{long}")));
        option.get_short().into_iter().for_each(|short| add(format!("-{short}")));
        ways
    }

    #[test]
    fn a_value_is_repeated_by_no_option_of_any_command() {
        let (mut refused, mut flags) = (0, 0);
        for (words, command) in commands(&[], &CommandLine::command()) {
            for option in command.get_arguments() {
                flags += usize::from(matches!(option.get_action(), ArgAction::SetTrue));
                for way in ways(option) {
                    let line: Vec<_> = words.iter().chain(&way).map(Into::into).collect();
                    let Err(failure) = parse(&line) else { continue };
                    refused += 1;
                    let said = format!("{} {}", failure.message, failure.hint);
                    assert!(!said.contains("SeKrEt"), "{line:?}: {said}");
                }
            }
        }
        assert!(refused > 500 && flags > 40, "{refused} {flags}");
    }

    #[test]
    fn options_before_a_command_are_shown_behind_it_without_their_values() {
        for (line, hint) in [
            ("-p audit curl -- /x", "write: cp-token curl -p NAME"),
            ("-paudit curl -- /x", "write: cp-token curl -p NAME"),
            ("--retry --timeout=2s exec -- true", "write: cp-token exec --retry --timeout DURATION"),
            ("-p curl git-credential get", "write: cp-token git-credential -p NAME"),
            (
                "-p audit status",
                "`cp-token status` itself does not have all of them; see: cp-token status --help",
            ),
        ] {
            let line: Vec<_> = line.split(' ').map(Into::into).collect();
            let failure = parse(&line).unwrap_err();
            assert_eq!(
                (failure.message.as_str(), failure.hint.as_str()),
                ("write options after the command", hint)
            );
        }
        for line in [["--rejected", "SeKrEt"].as_slice(), &["get", "--rejected", "SeKrEt"]] {
            let line: Vec<_> = line.iter().map(Into::into).collect();
            let message = parse(&line).unwrap_err().message;
            assert_eq!(message, "the rejected token is read from standard input", "{line:?}");
        }
        for line in
            [["profile", "create", "x", "--client-secret"], ["profile", "reset-secret", "x", "--secret"]]
        {
            let line: Vec<_> = line.iter().map(Into::into).chain(["SeKrEt".into()]).collect();
            assert_eq!(parse(&line).unwrap_err().message, "a secret is never an argument", "{line:?}");
        }
        let stray = parse(&["--retry".into(), "SeKrEt".into()]).unwrap_err();
        assert!(stray.message.starts_with("unexpected argument (not shown"), "{}", stray.message);
    }

    #[test]
    fn the_option_and_what_it_takes_are_named() {
        for (line, words) in [
            ("--rejected=SeKrEt", "unexpected value for '--rejected' found"),
            ("--timeout SeKrEt", "invalid value for '--timeout <DURATION>': a duration is written"),
            ("profile update x --totp SeKrEt", "invalid value for '--totp <METHOD>' [possible values: none"),
            ("--frmt json", "unexpected argument '--frmt' found"),
            ("--eyJhbGciOiJ", "unexpected argument found"),
            ("profile update x --timeout", "unexpected argument '--timeout' found"),
            ("-p", "a value is required for '--profile <NAME>'"),
        ] {
            let line: Vec<_> = line.split(' ').map(Into::into).collect();
            let message = parse(&line).unwrap_err().message;
            assert!(message.starts_with(words), "{message}");
        }
    }
}
