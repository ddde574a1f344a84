//! Owns the words for what cp-token curl does not do. It repeats no value: one may be secret.

use cp_token_protocol::{ErrorCode, Failure};

use super::options::{OptionSpec, Reason};

/// A failure of the arguments, with what to do next.
pub(crate) fn refusal(message: impl Into<String>, hint: &str) -> Failure {
    Failure::new(ErrorCode::USAGE, message).with_hint(hint)
}

/// An option that is never taken.
pub(crate) fn not_taken(known: OptionSpec, reason: Reason) -> Failure {
    let (why, hint) = match reason {
        Reason::Elsewhere => ("would let the token go to other hosts", "leave it out, or ask curl itself"),
        Reason::WrittenDown => ("would write the token down", "use -v, which shows everything but the token"),
        Reason::Unprotected => (
            "would send the token without the protection of TLS",
            "for a gateway with a CA of its own: cp-token profile update NAME --ca-bundle FILE",
        ),
        Reason::OtherCredential => {
            ("brings another credential beside the token", "leave it out, or ask curl itself")
        }
        Reason::Unforeseeable => {
            ("has values that only curl computes", "write the value out, or let your shell compute it")
        }
    };
    refusal(format!("--{} {why}", known.name), hint)
}

/// An option that curl may have, and this table has not. It is not repeated: a secret may stand in its place.
pub(crate) fn unknown() -> Failure {
    refusal(
        "there is an option that cp-token curl does not know, so it cannot tell what becomes of the token",
        "write curl's options out in full; see: cp-token curl --help",
    )
}

/// An option with a value, which takes none.
pub(crate) fn needless_value(known: OptionSpec) -> Failure {
    refusal(format!("--{} takes no value", known.name), "see: curl --help all")
}

/// An option with `--no-`, which cannot be taken back.
pub(crate) fn not_negatable(known: OptionSpec) -> Failure {
    refusal(format!("curl has no option --no-{}", known.name), "see: curl --help all")
}

/// An option without the value that it takes.
pub(crate) fn no_value(known: OptionSpec) -> Failure {
    refusal(format!("--{} needs a value", known.name), "see: curl --help all")
}
