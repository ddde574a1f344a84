//! Owns the words for a program line whose first word is no program that can be run: absent, a folder, not executable.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use cp_token_protocol::{ErrorCode, Failure};

/// The longest name that is quoted.
const NAME_LIMIT: usize = 32;

/// Why `program` is none, where `search` is the value of `PATH`.
pub(super) fn failure(program: &str, search: Option<&OsStr>) -> Failure {
    let (message, hint) = match candidate(program, search) {
        Some(path) if path.is_dir() => {
            (format!("{} is a folder and no program", path.display()), "name a program".to_owned())
        }
        Some(path) => (
            format!("{} is not executable", path.display()),
            "make it so with chmod u+x, or name the program that reads it, as in 'cat FILE'".to_owned(),
        ),
        None if is_path(program) => {
            (format!("there is no program {program}"), "see that its path is right".to_owned())
        }
        None => (format!("there is no program {} in PATH", name(program)), absent(program)),
    };
    Failure::new(ErrorCode::USAGE, message).with_hint(hint)
}

/// A file of that name that cannot be run.
fn candidate(program: &str, search: Option<&OsStr>) -> Option<PathBuf> {
    if is_path(program) {
        return std::path::absolute(program).ok().filter(|path| path.exists());
    }
    let mut folders = std::env::split_paths(search?).filter(|folder| folder.is_absolute());
    folders.find_map(|folder| Some(folder.join(program)).filter(|path| path.is_file()))
}

fn absent(program: &str) -> String {
    if Path::new(program).is_file() {
        return "for the file in this folder write ./ before its name".to_owned();
    }
    "install it or give its path; the program and its arguments are one word of your shell, such as 'pass show crashplan'"
        .to_owned()
}

fn is_path(program: &str) -> bool {
    program.contains(std::path::is_separator)
}

/// The name for a message, unless it looks like a secret that was given in the place of a program.
fn name(program: &str) -> &str {
    let is_usual = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.+".contains(&byte);
    let is_name = program.len() <= NAME_LIMIT && program.bytes().all(is_usual);
    if is_name { program } else { "of that name" }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn an_absent_program_is_told_from_a_folder_and_from_one_without_its_x_bit() {
        let message_of = |program: &str| failure(program, Some("relative:/etc:/usr/bin".as_ref())).message;
        assert_eq!(message_of("/etc/passwd"), "/etc/passwd is not executable");
        assert_eq!(message_of("passwd"), "/etc/passwd is not executable");
        assert_eq!(message_of("/usr/bin/.."), "/usr/bin/.. is a folder and no program");
        assert_eq!(message_of("/nonexistent/x"), "there is no program /nonexistent/x");
        assert_eq!(message_of("no-such-program"), "there is no program no-such-program in PATH");
        assert_eq!(message_of("DWL-mPQsENTINEL"), "there is no program of that name in PATH");
        assert_eq!(message_of(&"x".repeat(NAME_LIMIT + 1)), "there is no program of that name in PATH");
    }
}
