//! Owns the parsing of a program line: words split as a shell does, and the program's absolute path.

mod missing;
#[cfg_attr(windows, allow(dead_code, reason = "lines are not those of a shell there"))]
mod syntax;

use std::ffi::OsStr;
use std::path::PathBuf;

use cp_token_protocol::{ErrorCode, Failure};

use crate::run::program;
#[cfg(not(windows))]
use syntax::Syntax;

/// What a shell does itself; there is no such program, or none that does it for us.
const BUILT_IN: &[&str] = &[
    "!", ".", ":", "[[", "alias", "case", "cd", "command", "declare", "eval", "exec", "export", "for",
    "function", "if", "let", "local", "read", "set", "source", "time", "trap", "type", "ulimit", "umask",
    "unset", "until", "wait", "while", "{",
];

/// The words of `text`, with the program's absolute path. [`ErrorCode::USAGE`] quotes no argument: it may be secret.
pub(crate) fn parse(text: &str, search: Option<&OsStr>) -> Result<Vec<String>, Failure> {
    let mut words = split(text)?;
    let program = words.first_mut().ok_or_else(|| fault("the program line is empty"))?;
    let found = find(program, search).ok_or_else(|| not_found(program, search))?;
    *program = found.to_str().map(str::to_owned).ok_or_else(|| fault("the program's path is not UTF-8"))?;
    Ok(words)
}

#[cfg(not(windows))]
fn split(text: &str) -> Result<Vec<String>, Failure> {
    let not_closed = || fault("the program line has a quote that is not closed");
    shlex::split(text).ok_or_else(not_closed)?;
    let homes = syntax::find(text).map_err(|syntax| needs_a_shell(&what(syntax)))?;
    shlex::split(&with_home(text, &homes)?).ok_or_else(not_closed)
}

/// As the programs of the system split their lines: a backslash is a part of nearly every path.
#[cfg(windows)]
fn split(text: &str) -> Result<Vec<String>, Failure> {
    cp_token_protocol::windows::child::split(text)
        .ok_or_else(|| fault("the program line has a quote that is not closed"))
}

/// The line with the home in the place of each `~` that means it.
#[cfg(not(windows))]
fn with_home(text: &str, places: &[usize]) -> Result<String, Failure> {
    let (mut line, mut done) = (String::new(), 0);
    for &place in places {
        let home = crate::run::home::dir().and_then(|home| home.into_os_string().into_string().ok());
        let home = home.ok_or_else(|| fault("the program line has a ~, and the home is not known"))?;
        line.push_str(&text[done..place]);
        line.push_str(&shlex::try_quote(&home).map_err(|_| fault("the home has an odd name"))?);
        done = place + 1;
    }
    line.push_str(&text[done..]);
    Ok(line)
}

/// What of the line is a shell's business. Nothing is repeated of it but a sign that has no secret in it.
#[cfg(not(windows))]
fn what(syntax: Syntax) -> String {
    match syntax {
        Syntax::Special('\n') => "more than one line".to_owned(),
        Syntax::Special(sign @ ('$' | '`')) => format!("a {sign} that is not in single quotes"),
        Syntax::Special(sign) => format!("a {sign} outside of quotes"),
        Syntax::Assignment => "a variable before the program".to_owned(),
        Syntax::OtherHome => "another user's home".to_owned(),
    }
}

fn needs_a_shell(what: &str) -> Failure {
    Failure::new(ErrorCode::USAGE, format!("no shell runs this line, and it has {what}")).with_hint(
        "write sh -c 'COMMANDS' for what a shell is to do, and single quotes around what the program is to get as it stands",
    )
}

fn not_found(program: &str, search: Option<&OsStr>) -> Failure {
    match BUILT_IN.contains(&program) {
        true => needs_a_shell("a command that only a shell has"),
        false => missing::failure(program, search),
    }
}

fn find(program: &str, search: Option<&OsStr>) -> Option<PathBuf> {
    // A relative directory in PATH would be another one tomorrow.
    let absolute = search.into_iter().flat_map(std::env::split_paths).filter(|dir| dir.is_absolute());
    let search = std::env::join_paths(absolute).ok().filter(|search| !search.is_empty());
    let path = program::find(OsStr::new(program), search.as_deref()).ok()?;
    std::path::absolute(path).ok()
}

fn fault(message: &str) -> Failure {
    Failure::new(ErrorCode::USAGE, message).with_hint(
        "give the program and its arguments as one word of your shell, such as 'pass show crashplan'",
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn split(text: &str) -> Option<Vec<String>> {
        parse(text, Some("relative:/nonexistent:/usr/bin:/bin".as_ref())).ok()
    }

    #[test]
    fn words_are_split_as_a_shell_splits_them_and_the_program_is_absolute() {
        let words = split("sh -c 'a  b' \"c d\" e\\ f").unwrap();
        assert!(words[0] == "/usr/bin/sh" || words[0] == "/bin/sh", "{words:?}");
        assert_eq!(words[1..], ["-c", "a  b", "c d", "e f"]);
        assert_eq!(split("/bin/sh").unwrap(), ["/bin/sh"]);
    }

    #[test]
    fn a_line_for_a_shell_is_told_from_one_for_a_program_without_repeating_it() {
        let failure_of = |line: &str| parse(line, Some("/usr/bin:/bin".as_ref())).unwrap_err();
        for line in
            ["cat f | SENTINEL", "echo $SENTINEL", "SENTINEL=1 cat", "cd SENTINEL", "cat 'SENTINEL' *"]
        {
            let failure = failure_of(line);
            assert_eq!(failure.code, ErrorCode::USAGE);
            assert!(failure.message.starts_with("no shell runs this line"), "{line}: {}", failure.message);
            assert!(
                failure.hint.contains("sh -c 'COMMANDS'") && !format!("{failure:?}").contains("SENTINEL")
            );
        }
        assert!(failure_of("cat 'f | g").message.contains("not closed"));
    }

    #[test]
    fn b07_what_is_no_program_of_an_absolute_folder_is_refused() {
        for text in ["", "'", "no-such-program-anywhere x", "/etc/passwd", "/bin", "./sh"] {
            assert!(split(text).is_none(), "{text}");
        }
        assert!(parse("sh", None).is_err());
    }
}
