//! Owns a failure on the wire: a stable code, a message, a hint. The daemon words the message; the code has the
//! meaning, which never changes.

use crate::wire::{Decode, Encode};

/// The stable number of one kind of failure. Numbers are never reused, and unknown ones are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
pub struct ErrorCode(pub u16);

/// A request that was not fulfilled.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Failure {
    /// The kind of failure; the exit code follows from it.
    pub code: ErrorCode,
    /// What is wrong, for a person: it begins in lower case and ends without a full stop.
    pub message: String,
    /// What to do next, in the same form; may be empty.
    pub hint: String,
    /// Milliseconds after which a retry may succeed; absent if waiting does not help.
    pub retry_after_ms: Option<u64>,
}

macro_rules! codes {
    ($($number:literal $constant:ident $name:literal: $doc:literal;)*) => {
        impl ErrorCode {
            $(#[doc = $doc] pub const $constant: ErrorCode = ErrorCode($number);)*

            /// Every code that this version knows, in ascending order.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$constant),*];

            /// The code's stable name, as `--error-format json` shows it.
            pub fn name(self) -> &'static str {
                match self.0 { $($number => $name,)* _ => "unknown" }
            }
        }
    };
}

// The hundred of a code has a meaning: a failure of 400 to 499 may be gone at a later request, so `--retry` waits for it
// (`is_transient` in daemon/src/failure.rs), and a code of a newer daemon gets the exit code of its hundred
// (helper-cli/src/terminal/exit.rs).
codes! {
    100 MALFORMED_REQUEST "malformed_request": "The request could not be decoded.";
    101 UNSUPPORTED_VERSION "unsupported_version": "No protocol version in common.";
    102 STOPPING "stopping": "The daemon is stopping.";
    200 UNKNOWN_PROFILE "unknown_profile": "No profile has that name.";
    201 NO_PROFILE "no_profile": "There is no profile at all.";
    202 AMBIGUOUS_PROFILE "ambiguous_profile": "Several profiles are meant, and none of them is the default.";
    203 UNKNOWN_URL "unknown_url": "No profile has that URL.";
    204 PROFILE_EXISTS "profile_exists": "A profile of that name exists already.";
    205 INVALID_ARGUMENT "invalid_argument": "An argument breaks its grammar.";
    206 MIN_VALIDITY_UNREACHABLE "min_validity_unreachable": "The server issues no token with the requested lifetime.";
    207 NO_TOKEN "no_token": "The profile's kind has no tokens, and the caller needs one.";
    250 CONFIG_BROKEN "config_broken": "The config file cannot be parsed or breaks a rule.";
    251 CONFIG_UNSAFE "config_unsafe": "Another user owns or can change the config file or its folder.";
    252 INVALID_URL "invalid_url": "The request URL is not an `https` origin.";
    253 CA_BUNDLE_UNREADABLE "ca_bundle_unreadable": "The CA bundle cannot be read or holds no certificate.";
    254 WRITE_FAILED "write_failed": "The config or state file could not be written.";
    255 CLOCK_WRONG "clock_wrong": "The machine's clock is wrong.";
    300 SECRET_REFUSED "secret_refused": "The server refused the credential.";
    301 SECRET_ABSENT "secret_absent": "The secret source holds no secret for the profile.";
    302 SECRET_INVALID "secret_invalid": "The secret breaks its grammar: empty, too long, or with control characters.";
    303 CODE_NEEDED "code_needed": "A one-time code is needed, and the request has none.";
    304 CODE_INVALID "code_invalid": "The one-time code breaks its grammar: six to eight digits.";
    305 LOCKED "locked": "The daemon is locked.";
    306 PASSPHRASE_REFUSED "passphrase_refused": "The passphrase is not the one that the daemon was locked with.";
    307 PROXY_REFUSED "proxy_refused": "The proxy refused the user name or the password, or requires them.";
    400 SERVER_UNREACHABLE "server_unreachable": "The server cannot be reached.";
    401 SERVER_BUSY "server_busy": "The server limits the rate of requests (429).";
    402 SERVER_FAILED "server_failed": "The server failed (5xx).";
    403 BAD_RESPONSE "bad_response": "The server's response is not as documented.";
    404 REDIRECTED "redirected": "The server redirects the token request, which is never followed.";
    405 UNTRUSTED_SERVER "untrusted_server": "The server's certificate is not trusted.";
    406 TIMED_OUT "timed_out": "There was no response in time.";
    407 COOLING_DOWN "cooling_down": "A request has just failed; the next one is made after a pause.";
    408 SUPERSEDED "superseded": "`forget`, `delete` or `reset-secret` abandoned the token request.";
    409 THROTTLED "throttled": "The profile has used up its rate of token requests.";
    410 CODE_PENDING "code_pending": "The one-time code has been used already; the next one can be used soon.";
    411 PASSPHRASE_DELAYED "passphrase_delayed": "The passphrase was not checked, because others are checked first.";
    412 HANDOVER_DELAYED "handover_delayed": "Running work did not end in time for an upgrade.";
    413 CONFIG_CHANGED "config_changed": "The config file was changed by others during a change; nothing was done.";
    414 TOO_MANY_CHANGES "too_many_changes": "Too many changes to profiles are running; nothing was done.";
    415 TOO_MANY_WAITING "too_many_waiting": "Too many callers wait for the profile's token.";
    416 SHORT_OF_RESOURCES "short_of_resources": "The system has no threads, processes or memory left.";
    500 KEYRING_UNAVAILABLE "keyring_unavailable": "There is no keyring.";
    501 KEYRING_LOCKED "keyring_locked": "The keyring is locked and nobody unlocked it.";
    502 KEYRING_DENIED "keyring_denied": "The keyring refused access.";
    503 KEYRING_TIMED_OUT "keyring_timed_out": "The keyring did not answer in time.";
    504 KEYRING_AMBIGUOUS "keyring_ambiguous": "Several keyring items match.";
    505 SECRET_TOO_LARGE "secret_too_large": "The keyring cannot hold a secret of this size.";
    506 SECRET_COMMAND_FAILED "secret_command_failed": "The program that prints the secret failed, or cannot be run.";
    507 SECRET_FILE_UNUSABLE "secret_file_unusable": "The secret's file is missing, open to others or no secret.";
    508 CREDENTIAL_UNAVAILABLE "credential_unavailable": "The service manager passed no such credential.";
    509 SECRET_COMMAND_TIMED_OUT "secret_command_timed_out": "The program that prints the secret did not end in time.";
    550 SLEEP_SIGNAL_UNAVAILABLE "sleep_signal_unavailable": "The system does not announce sleep.";
    551 PROTECTION_OFF "protection_off": "A protection that the system supports is off.";
    552 HANDOVER_FAILED "handover_failed": "The new program did not take over; the old one goes on.";
    599 INTERNAL "internal": "A bug in the daemon.";
    600 DAEMON_UNAVAILABLE "daemon_unavailable": "Helper only: no daemon responds, and none can be started.";
    601 NOT_OUR_DAEMON "not_our_daemon": "Helper only: the peer is not our daemon, or breaks the protocol.";
    602 USAGE "usage": "Helper only: bad arguments.";
    603 BAD_INPUT "bad_input": "Helper only: standard input is malformed.";
    604 OUTPUT_FAILED "output_failed": "Helper only: the output could not be written.";
    605 PROGRAM_NOT_FOUND "program_not_found": "Helper only: the program to run does not exist.";
    606 PROGRAM_NOT_RUNNABLE "program_not_runnable": "Helper only: the program to run cannot be executed.";
    607 NOT_ON_THIS_MACHINE "not_on_this_machine": "Helper only: this machine lacks something that the command needs.";
}

impl Failure {
    /// A failure without a hint.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: String::new(), retry_after_ms: None }
    }

    /// Sets the hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Sets the time after which a retry may succeed.
    #[must_use]
    pub fn with_retry_after(mut self, delay: std::time::Duration) -> Self {
        self.retry_after_ms = Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_their_names_are_unique() {
        for pair in ErrorCode::ALL.windows(2) {
            assert!(pair[0] < pair[1]);
        }
        let mut names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ErrorCode::ALL.len());
        assert_eq!(ErrorCode(9999).name(), "unknown");
    }
}
