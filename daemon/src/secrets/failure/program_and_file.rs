//! Owns what it means that a secret which others keep did not come: from a program, a file or a service manager.

use std::path::Path;

use cp_token_protocol::ErrorCode;
use cp_token_protocol::message::SecretSource;

use crate::base::files;
use crate::profile::Profile;
use crate::secrets::program::ProgramError;
use crate::secrets::vault::{CredentialFault, FileFault};

/// How a person runs a program as the daemon does.
#[cfg(not(windows))]
const RUN_IT: &str = "Run it as cp-tokend does, in the folder / and with few variables, to see why: \
     cd / && env -i HOME=\"$HOME\" PATH=\"$PATH\" COMMAND. \
     What it said is shown nowhere, because that could be the secret";
#[cfg(windows)]
const RUN_IT: &str = "Run it yourself to see why; cp-tokend runs it with few variables. \
     What it said is shown nowhere, because that could be the secret";

/// A program's failure in words: what it is for, its file, and what went wrong. It names no argument, which may be meant
/// to be secret.
/// What failed, in words: which command, and how.
pub fn describe_command(purpose: &str, line: Option<&[String]>, error: ProgramError) -> String {
    match line.and_then(<[String]>::first) {
        Some(file) => format!("{purpose} {} {error}", files::show(file.as_ref())),
        None => format!("{purpose} {error}"),
    }
}

/// The same, be it for a secret or a one-time code: its code, and what to do.
pub(super) fn of_command(error: ProgramError) -> (ErrorCode, &'static str) {
    let hint = match error {
        ProgramError::TimedOut => {
            return (
                ErrorCode::SECRET_COMMAND_TIMED_OUT,
                "See whether it waits for an answer on your screen, a passphrase for instance, and ask again",
            );
        }
        ProgramError::Relative => "Name the program by its path from the root",
        ProgramError::Absent => "Install it, or choose another program",
        ProgramError::Replaceable => {
            "See whose the program and the folders are with `namei -l` (and `getfacl` where `ls -ld` shows a `+`), and close them or choose another program"
        }
        ProgramError::Refused => {
            "Raise its limits (RLIMIT_NPROC, RLIMIT_NOFILE), or end what uses them up; then try again"
        }
        ProgramError::NotRun => "See that it is a program, and that you may run it: chmod u+x",
        ProgramError::Failed(_) | ProgramError::Silent | ProgramError::EmptyLine | ProgramError::TooMuch => {
            RUN_IT
        }
    };
    (ErrorCode::SECRET_COMMAND_FAILED, hint)
}

/// The secret file's failure, in the same way.
pub(super) fn of_file(fault: FileFault, profile: &Profile) -> (ErrorCode, String) {
    let path = match &profile.secret_source {
        SecretSource::File(path) => Path::new(path),
        SecretSource::Keyring
        | SecretSource::Memory
        | SecretSource::Command(_)
        | SecretSource::Credential(_) => Path::new("it"),
    };
    (ErrorCode::SECRET_FILE_UNUSABLE, mend(fault, path))
}

fn mend(fault: FileFault, path: &Path) -> String {
    let file = files::show(path);
    match fault {
        FileFault::Relative => format!("Name {file} by its path from the root"),
        FileFault::Absent => format!("Put {file} there, or choose another file"),
        FileFault::Foreign(_) => format!("Give {file} to yourself or to root with chown"),
        FileFault::Open(_) => with("Keep it to yourself", "chmod 600", path),
        FileFault::Shared => match files::command("icacls", path) {
            Some(command) => format!("Keep it to yourself: {command} /inheritance:r /grant:r %USERNAME%:F"),
            None => "Keep it to yourself with icacls".to_owned(),
        },
        FileFault::Listed => with("Keep it to yourself", "setfacl -b", path),
        FileFault::WrongKind => format!("Name a plain file instead of {file}"),
        FileFault::Replaceable => {
            with("See whose the folders are, and close them or move the file", "namei -l", path)
        }
        FileFault::Unreadable | FileFault::TimedOut => format!("See that you can read {file} yourself"),
        FileFault::Empty | FileFault::EmptyLine | FileFault::TooLarge => {
            format!("Put the secret into the first line of {file}")
        }
    }
}

/// What to do, and the command for it where the path can stand in one.
fn with(words: &str, command: &str, path: &Path) -> String {
    match files::command(command, path) {
        Some(command) => format!("{words}: {command}"),
        None => words.to_owned(),
    }
}

/// The credential's failure, in the same way.
pub(super) fn of_credential(fault: CredentialFault) -> (ErrorCode, &'static str) {
    let hint = match fault {
        CredentialFault::Name => "Choose the name that the service's LoadCredential= gives it",
        CredentialFault::NoFolder => {
            "Let systemd run cp-tokend as a service with LoadCredential= or LoadCredentialEncrypted=, or keep the \
             secret elsewhere, for instance with --secret-command"
        }
        CredentialFault::File(FileFault::Absent) => {
            "Add it to the service with LoadCredential=, and restart the service"
        }
        CredentialFault::File(
            FileFault::Relative
            | FileFault::Foreign(_)
            | FileFault::Open(_)
            | FileFault::Listed
            | FileFault::Shared
            | FileFault::WrongKind
            | FileFault::Replaceable
            | FileFault::Unreadable
            | FileFault::Empty
            | FileFault::EmptyLine
            | FileFault::TooLarge
            | FileFault::TimedOut,
        ) => {
            "Look at it in the service's folder $CREDENTIALS_DIRECTORY, which systemd makes private and read-only"
        }
    };
    (ErrorCode::CREDENTIAL_UNAVAILABLE, hint)
}
