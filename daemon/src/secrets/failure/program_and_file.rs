//! Owns the messages for a secret source that others fill: a program, a file or a service manager's credential.

use std::path::Path;

use cp_token_protocol::ErrorCode;
use cp_token_protocol::trust;

use crate::base::files;
use crate::secrets::program::ProgramError;
use crate::secrets::sources::{CredentialFault, FileFault};

/// How a person runs a program as the daemon does.
#[cfg(not(windows))]
const RUN_IT: &str = "run it as cp-tokend does, in the directory / and with few variables, to see why: \
     cd / && env -i HOME=\"$HOME\" PATH=\"$PATH\" COMMAND. \
     What it said is shown nowhere, because that could be the secret";
#[cfg(windows)]
const RUN_IT: &str = "run it yourself to see why; cp-tokend runs it with few variables. \
     What it said is shown nowhere, because that could be the secret";

/// What failed: the purpose of a command, its file, and how it failed. No argument is shown, which may be a secret.
pub fn describe_command(purpose: &str, argv: Option<&[String]>, error: ProgramError) -> String {
    match argv.and_then(<[String]>::first) {
        Some(file) => format!("{purpose} {} {error}", files::show(file.as_ref())),
        None => format!("{purpose} {error}"),
    }
}

/// The code and hint of a program that failed to print a secret or a one-time code.
pub(super) fn of_command(error: ProgramError) -> (ErrorCode, String) {
    let hint = match error {
        ProgramError::TimedOut => {
            "see whether it waits for an answer on your screen, a passphrase for instance, and ask again"
        }
        ProgramError::Relative => "name the program by its path from the root",
        ProgramError::Absent => "install it, or choose another program",
        ProgramError::Replaceable => {
            let how = trust::how_to_look(None);
            &format!(
                "see whose the program and the folders are {how}, and close them or choose another program"
            )
        }
        ProgramError::NoResources => {
            "raise its limits (RLIMIT_NPROC, RLIMIT_NOFILE), or end what uses them up; then try again"
        }
        ProgramError::NotRun => "see that it is a program, and that you may run it: chmod u+x",
        ProgramError::Failed(_)
        | ProgramError::NoOutput
        | ProgramError::EmptyLine
        | ProgramError::TooLong => RUN_IT,
    };
    let code = match error == ProgramError::TimedOut {
        true => ErrorCode::SECRET_COMMAND_TIMED_OUT,
        false => ErrorCode::SECRET_COMMAND_FAILED,
    };
    (code, hint.to_owned())
}

/// The code and hint of a secret file that was rejected.
pub(super) fn of_file(fault: FileFault, path: &Path) -> (ErrorCode, String) {
    let file = files::show(path);
    let hint = match fault {
        FileFault::Relative => format!("name {file} by its path from the root"),
        FileFault::Absent => format!("put {file} there, or choose another file"),
        FileFault::OtherOwner(_) => format!("give {file} to yourself or to root with chown"),
        FileFault::Mode(_) => with_command("keep it to yourself", "chmod 600", path),
        FileFault::Shared => match files::command("icacls", path) {
            Some(command) => format!("keep it to yourself: {command} /inheritance:r /grant:r %USERNAME%:F"),
            None => "keep it to yourself with icacls".to_owned(),
        },
        FileFault::Acl => with_command("keep it to yourself", "setfacl -b", path),
        FileFault::WrongKind => format!("name a plain file instead of {file}"),
        FileFault::Replaceable => {
            let how = trust::how_to_look(Some(path));
            format!("see whose the folders are {how}, and close them or move the file")
        }
        FileFault::Unreadable | FileFault::TimedOut => format!("see that you can read {file} yourself"),
        FileFault::Empty | FileFault::EmptyLine | FileFault::TooLarge => {
            format!("put the secret into the first line of {file}")
        }
    };
    (ErrorCode::SECRET_FILE_UNUSABLE, hint)
}

/// What to do, and the command for it if the path can be quoted in one.
fn with_command(text: &str, command: &str, path: &Path) -> String {
    files::command(command, path).map_or(text.to_owned(), |command| format!("{text}: {command}"))
}

/// The code and hint of a credential that was rejected.
pub(super) fn of_credential(fault: CredentialFault) -> (ErrorCode, String) {
    let hint = match fault {
        CredentialFault::Name => "choose the name that the service's LoadCredential= gives it",
        CredentialFault::NoDirectory => {
            "let systemd run cp-tokend as a service with LoadCredential= or LoadCredentialEncrypted=, or keep the \
             secret elsewhere, for instance with --secret-command"
        }
        CredentialFault::File(FileFault::Absent) => {
            "add it to the service with LoadCredential=, and restart the service"
        }
        CredentialFault::File(_) => {
            "look at it in the service's directory $CREDENTIALS_DIRECTORY, which systemd makes private and read-only"
        }
    };
    (ErrorCode::CREDENTIAL_UNAVAILABLE, hint.to_owned())
}
