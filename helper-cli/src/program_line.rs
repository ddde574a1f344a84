//! Owns the step from a program as a person writes it to a line that the daemon can run: words split as a shell
//! splits them, the program by its absolute path.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use cp_token_protocol::{ErrorCode, Failure};

/// The words of `text`, the first one found in `search`, the value of `PATH`, and made absolute.
///
/// # Errors
/// [`ErrorCode::USAGE`] where it does not split, or where there is no such program. It repeats no word: an
/// argument may be meant to be secret.
pub(crate) fn parse(text: &str, search: Option<&OsStr>) -> Result<Vec<String>, Failure> {
    let mut words = split(text).ok_or_else(|| fault("the program line has a quote that is not closed"))?;
    let program = words.first_mut().ok_or_else(|| fault("the program line is empty"))?;
    let found = find(program, search).ok_or_else(|| fault("there is no such program"))?;
    *program = found.to_str().map(str::to_owned).ok_or_else(|| fault("the program's path is not UTF-8"))?;
    Ok(words)
}

#[cfg(not(windows))]
fn split(text: &str) -> Option<Vec<String>> {
    shlex::split(text)
}

/// As the programs of the system split their lines: a backslash is a part of nearly every path.
#[cfg(windows)]
fn split(text: &str) -> Option<Vec<String>> {
    cp_token_protocol::child::split(text)
}

fn find(program: &str, search: Option<&OsStr>) -> Option<PathBuf> {
    if program.contains(std::path::is_separator) {
        return std::path::absolute(program).ok().map(with_ending).filter(|path| is_program(path));
    }
    // A relative folder in PATH would be another one tomorrow.
    let folders = std::env::split_paths(search?).filter(|folder| folder.is_absolute());
    folders.map(|folder| with_ending(folder.join(program))).find(|path| is_program(path))
}

/// With what the system's programs end with, where the name has no ending.
fn with_ending(mut path: PathBuf) -> PathBuf {
    let ending = std::env::consts::EXE_EXTENSION;
    if path.extension().is_none() && !ending.is_empty() {
        path.set_extension(ending);
    }
    path
}

fn is_program(path: &Path) -> bool {
    path.is_file() && is_executable(path)
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|facts| facts.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    true
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
    fn b07_what_is_no_program_of_an_absolute_folder_is_refused() {
        for text in ["", "'", "no-such-program-anywhere x", "/etc/passwd", "/bin", "./sh"] {
            assert!(split(text).is_none(), "{text}");
        }
        assert!(parse("sh", None).is_err());
    }
}
