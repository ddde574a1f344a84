//! Owns the words for a token request that was not sent, because others with the same secret are not answered.

use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use crate::lease::{FailureKind, policy};
use crate::token_request::TokenRequestFailed;

/// What two requests have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedCredential {
    /// The secret of an API client.
    ClientSecret,
    /// The password of a user.
    Password,
    /// The password of a proxy's user.
    ProxyPassword,
}

/// The request of the profile `other` goes first, and is not answered.
pub fn of_turn(name: &ProfileName, other: &ProfileName, shared: SharedCredential) -> TokenRequestFailed {
    let what = match shared {
        SharedCredential::ClientSecret => "client secret",
        SharedCredential::Password => "password",
        SharedCredential::ProxyPassword => "proxy password",
    };
    let message = format!(
        "profile {name}: no token was requested, because the request of profile {other} with the same {what} \
         is not answered"
    );
    let failure = Failure::new(ErrorCode::TIMED_OUT, message)
        .with_hint(format!("Run `cp-token doctor -p {other}`, and ask again"));
    TokenRequestFailed {
        failure,
        kind: FailureKind::Transient { retry_after: None, cap: policy::MAX_LOCAL_BACKOFF },
    }
}
