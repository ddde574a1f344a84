//! Owns the other names of the program, each of which stands for a command. It checks the end of the name first: cheap.

use std::ffi::{OsStr, OsString};

/// What the other names have in common.
const SUFFIX: &[u8] = b"-credential-cp-token";

const DOCKER: &str = "docker";

/// The command that the program's name stands for, if it is not the ordinary one.
pub(crate) fn command(program: &OsStr) -> Option<&'static str> {
    let name = program.as_encoded_bytes();
    let name = name.strip_suffix(b".exe").unwrap_or(name).strip_suffix(SUFFIX)?;
    match name.rsplit(|byte| b"/\\".contains(byte)).next()? {
        b"git" => Some("git-credential"),
        b"docker" => Some(DOCKER),
        b"bazel" => Some("bazel"),
        _ => None,
    }
}

/// The arguments behind that command. Docker's helpers have another way to ask for the version.
pub(crate) fn arguments<'a>(command: &str, given: impl Iterator<Item = &'a OsStr>) -> Vec<OsString> {
    let is_version = |word: &OsStr| command == DOCKER && (word == "--version" || word == "-v");
    let given = given.map(|word| if is_version(word) { "version".into() } else { word.to_owned() });
    std::iter::once(command.into()).chain(given).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_other_name_stands_for_its_command_wherever_it_lies() {
        for (name, expected) in [
            ("git-credential-cp-token", Some("git-credential")),
            ("/usr/bin/git-credential-cp-token", Some("git-credential")),
            (r"C:\bin\git-credential-cp-token.exe", Some("git-credential")),
            ("./docker-credential-cp-token", Some("docker")),
            ("~/bin/bazel-credential-cp-token", Some("bazel")),
            ("cp-token", None),
            ("", None),
            ("-credential-cp-token", None),
            ("my-git-credential-cp-token", None),
            ("git-credential-cp-token/cp-token", None),
            ("git-credential-cp-token2", None),
        ] {
            assert_eq!(command(OsStr::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn arguments_stay_as_they_are_but_for_dockers_version() {
        let of = |command: &str, given: &[&str]| {
            let words = arguments(command, given.iter().map(OsStr::new));
            words.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("git-credential", &["-p", "prod", "get"]), "git-credential -p prod get");
        assert_eq!(of("docker", &["-v"]), "docker version");
        assert_eq!(of("docker", &["--version"]), "docker version");
        assert_eq!(of("git-credential", &["--version"]), "git-credential --version");
    }
}
