//! Owns what a refusal looks like on the wire: a stable code, one sentence, one hint. Words come from the
//! daemon; meaning comes from the code, and a code never changes its meaning.

use crate::wire::{Decode, Encode};

/// A stable number for one kind of failure. Numbers are never reused; an unknown one is kept as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
pub struct ErrorCode(pub u16);

/// A request that was not fulfilled.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Failure {
    /// What kind of failure it is; the exit code follows from it.
    pub code: ErrorCode,
    /// One sentence for a person: what is wrong.
    pub message: String,
    /// One sentence for a person: what to do next. Empty where the message says it all.
    pub hint: String,
    /// Milliseconds after which asking again makes sense; absent where waiting does not help.
    pub retry_after_ms: Option<u64>,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $constant:ident = $number:literal, $name:literal;)*) => {
        impl ErrorCode {
            $($(#[doc = $doc])* pub const $constant: ErrorCode = ErrorCode($number);)*

            /// Every code that this version knows, in ascending order.
            pub const ALL: &[ErrorCode] = &[$(ErrorCode::$constant),*];

            /// The code's stable name, as `--error-format json` shows it.
            pub fn name(self) -> &'static str {
                match self.0 { $($number => $name,)* _ => "unknown" }
            }
        }
    };
}

codes! {
    /// The request could not be decoded.
    MALFORMED_REQUEST = 100, "malformed_request";
    /// No protocol version in common.
    UNSUPPORTED_VERSION = 101, "unsupported_version";
    /// The daemon is stopping.
    STOPPING = 102, "stopping";
    /// No profile has that name.
    UNKNOWN_PROFILE = 200, "unknown_profile";
    /// There is no profile at all.
    NO_PROFILE = 201, "no_profile";
    /// Several profiles and no default.
    AMBIGUOUS_PROFILE = 202, "ambiguous_profile";
    /// No profile, or more than one, has that URL.
    UNKNOWN_URL = 203, "unknown_url";
    /// A profile of that name exists already.
    PROFILE_EXISTS = 204, "profile_exists";
    /// An argument breaks its grammar.
    INVALID_ARGUMENT = 205, "invalid_argument";
    /// The server never issues a token that lives as long as asked.
    MIN_VALIDITY_UNREACHABLE = 206, "min_validity_unreachable";
    /// The profile's kind has no tokens, and the caller can use nothing else.
    NO_TOKEN = 207, "no_token";
    /// The config file cannot be parsed or breaks a rule.
    CONFIG_BROKEN = 250, "config_broken";
    /// The config file, or its folder, belongs to or is open to somebody else.
    CONFIG_UNSAFE = 251, "config_unsafe";
    /// The request URL is not an `https` origin.
    INVALID_URL = 252, "invalid_url";
    /// The CA bundle cannot be read or holds no certificate.
    CA_BUNDLE_UNREADABLE = 253, "ca_bundle_unreadable";
    /// The config or state file could not be written.
    WRITE_FAILED = 254, "write_failed";
    /// The machine's clock is wrong.
    CLOCK_WRONG = 255, "clock_wrong";
    /// The server refused the credential.
    SECRET_REFUSED = 300, "secret_refused";
    /// The secret source holds no secret for the profile.
    SECRET_ABSENT = 301, "secret_absent";
    /// The secret breaks its grammar: empty, too long, or with control characters.
    SECRET_INVALID = 302, "secret_invalid";
    /// A one-time code is needed, and the request has none.
    CODE_NEEDED = 303, "code_needed";
    /// The one-time code breaks its grammar: six to eight digits.
    CODE_INVALID = 304, "code_invalid";
    /// The daemon is locked.
    LOCKED = 305, "locked";
    /// It is not the passphrase that the daemon was locked with.
    PASSPHRASE_REFUSED = 306, "passphrase_refused";
    /// The proxy refused its user's name or password, or wants them.
    PROXY_REFUSED = 307, "proxy_refused";
    /// The server cannot be reached.
    SERVER_UNREACHABLE = 400, "server_unreachable";
    /// The server asks for patience (429).
    SERVER_BUSY = 401, "server_busy";
    /// The server failed (5xx).
    SERVER_FAILED = 402, "server_failed";
    /// The server's answer is not what its documentation says.
    BAD_ANSWER = 403, "bad_answer";
    /// The server redirects the token request, which is never followed.
    REDIRECTED = 404, "redirected";
    /// The server's certificate is not trusted.
    UNTRUSTED_SERVER = 405, "untrusted_server";
    /// No answer within the time allowed.
    TIMED_OUT = 406, "timed_out";
    /// A failure was recent; nothing is asked until it has cooled down.
    COOLING_DOWN = 407, "cooling_down";
    /// The token request was overtaken by `forget`, `delete` or `reset-secret`.
    SUPERSEDED = 408, "superseded";
    /// More token requests were asked for than one profile may cause.
    THROTTLED = 409, "throttled";
    /// The one-time code of this moment has been used; the next one can be used soon.
    CODE_PENDING = 410, "code_pending";
    /// The passphrase was not looked at: too many others wait to be, or one is being looked at.
    PASSPHRASE_DELAYED = 411, "passphrase_delayed";
    /// Work under way did not end in time for a hand-over; the daemon goes on.
    HANDOVER_DELAYED = 412, "handover_delayed";
    /// The config file was changed while a change to it was under way; nothing was done.
    CONFIG_CHANGED = 413, "config_changed";
    /// Too many changes to profiles are under way; nothing was done.
    TOO_MANY_CHANGES = 414, "too_many_changes";
    /// As many callers wait for the profile's token as may.
    TOO_MANY_WAITING = 415, "too_many_waiting";
    /// The system gives the daemon no more threads, processes, descriptors or memory; nothing was done.
    SHORT_OF_RESOURCES = 416, "short_of_resources";
    /// There is no keyring to talk to.
    KEYRING_UNAVAILABLE = 500, "keyring_unavailable";
    /// The keyring is locked and nobody unlocked it.
    KEYRING_LOCKED = 501, "keyring_locked";
    /// The keyring refused access.
    KEYRING_DENIED = 502, "keyring_denied";
    /// The keyring did not answer in time.
    KEYRING_TIMED_OUT = 503, "keyring_timed_out";
    /// Several keyring items match, and none is taken.
    KEYRING_AMBIGUOUS = 504, "keyring_ambiguous";
    /// The keyring cannot hold a secret of this size.
    SECRET_TOO_LARGE = 505, "secret_too_large";
    /// The program that prints the secret failed, or cannot be run.
    SECRET_COMMAND_FAILED = 506, "secret_command_failed";
    /// The secret's file is missing, open to others or no secret.
    SECRET_FILE_UNUSABLE = 507, "secret_file_unusable";
    /// The service manager has handed over no such credential.
    CREDENTIAL_UNAVAILABLE = 508, "credential_unavailable";
    /// The program that prints the secret did not end in time.
    SECRET_COMMAND_TIMED_OUT = 509, "secret_command_timed_out";
    /// The system does not say when it is about to sleep.
    SLEEP_UNANNOUNCED = 550, "sleep_unannounced";
    /// A protection that the system has does not hold.
    PROTECTION_OFF = 551, "protection_off";
    /// The program's new file did not take over; the daemon goes on as before.
    HANDOVER_FAILED = 552, "handover_failed";
    /// A bug in the daemon.
    INTERNAL = 599, "internal";
    /// Helper only: no daemon answers, and none may or can be started.
    DAEMON_UNAVAILABLE = 600, "daemon_unavailable";
    /// Helper only: the other end is not our daemon, or breaks the protocol.
    NOT_OUR_DAEMON = 601, "not_our_daemon";
    /// Helper only: bad arguments.
    USAGE = 602, "usage";
    /// Helper only: standard input is malformed.
    BAD_INPUT = 603, "bad_input";
    /// Helper only: the output could not be written.
    OUTPUT_FAILED = 604, "output_failed";
    /// Helper only: the program that was to be run is not there.
    PROGRAM_NOT_FOUND = 605, "program_not_found";
    /// Helper only: the program that was to be run cannot be run.
    PROGRAM_NOT_RUNNABLE = 606, "program_not_runnable";
    /// Helper only: this machine lacks something that the command needs.
    NOT_ON_THIS_MACHINE = 607, "not_on_this_machine";
}

impl Failure {
    /// A failure with nothing but its sentence.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: String::new(), retry_after_ms: None }
    }

    /// The same, with what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same, with the time after which asking again makes sense.
    #[must_use]
    pub fn with_retry_after(mut self, delay: std::time::Duration) -> Self {
        self.retry_after_ms = Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
        self
    }
}

/// A hint as it goes on after a semicolon; names in capitals stay as they are.
pub fn within_sentence(hint: &str) -> String {
    let mut letters = hint.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if first.is_ascii_uppercase() && second.is_ascii_lowercase() => {
            format!("{}{}", first.to_ascii_lowercase(), letters.as_str())
        }
        _ => hint.to_owned(),
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
