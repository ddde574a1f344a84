//! Owns what it means that a secret which others keep did not come: from a program, a file or a service manager.

use cp_token_protocol::{ErrorCode, ProfileName};

use crate::program::ProgramError;
use crate::vault::{CredentialFault, FileFault};

/// The secret command's failure: its code, and what to do.
pub(super) fn of_command(error: ProgramError, profile: &ProfileName) -> (ErrorCode, String) {
    let show = format!("`cp-token profile show {profile}`");
    let hint = match error {
        ProgramError::TimedOut => {
            let hint =
                "See whether it waits for an answer on your screen, a passphrase for instance, and ask again";
            return (ErrorCode::SECRET_COMMAND_TIMED_OUT, hint.to_owned());
        }
        ProgramError::Relative => "Name the program by its path from the root".to_owned(),
        ProgramError::Absent => format!("Install it, or choose another; {show} shows it"),
        ProgramError::NotRun => format!("See that it is a program that you may run; {show} shows it"),
        ProgramError::Failed(_) | ProgramError::Silent | ProgramError::TooMuch => format!(
            "Run it yourself to see why, because its words, which could quote the secret, are shown nowhere; {show} shows it"
        ),
    };
    (ErrorCode::SECRET_COMMAND_FAILED, hint)
}

/// The secret file's failure, in the same way.
pub(super) fn of_file(fault: FileFault, profile: &ProfileName) -> (ErrorCode, String) {
    let show = format!("`cp-token profile show {profile}` shows its path");
    let hint = match fault {
        FileFault::Relative => "Name it by its path from the root".to_owned(),
        FileFault::Absent => format!("Put it there, or choose another; {show}"),
        FileFault::Foreign(_) => format!("Give it to yourself or to root with chown; {show}"),
        FileFault::Open(_) => format!("Run chmod 600 on it; {show}"),
        FileFault::WrongKind => format!("Name the plain file itself; {show}"),
        FileFault::Replaceable => {
            format!("Look at each folder with `namei -l`, and close them or move the file; {show}")
        }
        FileFault::Unreadable | FileFault::TimedOut => format!("See that you can read it yourself; {show}"),
        FileFault::Empty | FileFault::TooLarge => {
            format!("Put the secret into its first line, and nothing else; {show}")
        }
    };
    (ErrorCode::SECRET_FILE_UNUSABLE, hint)
}

/// The credential's failure, in the same way.
pub(super) fn of_credential(fault: CredentialFault, profile: &ProfileName) -> (ErrorCode, String) {
    let hint = match fault {
        CredentialFault::Name => "Choose the name that the service's LoadCredential= gives it".to_owned(),
        CredentialFault::NoFolder => {
            "Let systemd run cp-tokend as a service with LoadCredential= or LoadCredentialEncrypted=, or keep the \
             secret elsewhere, for instance with `--secret-command`"
                .to_owned()
        }
        CredentialFault::File(FileFault::Absent) => format!(
            "Add it to the service with LoadCredential=, and restart the service; `cp-token profile show {profile}` shows its name"
        ),
        CredentialFault::File(_) => {
            "Look at the folder $CREDENTIALS_DIRECTORY of the service, which systemd makes private and read-only"
                .to_owned()
        }
    };
    (ErrorCode::CREDENTIAL_UNAVAILABLE, hint)
}
