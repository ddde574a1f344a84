//! Owns the words for a token request that was not sent, because others with the same secret are not answered.

use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use crate::lease::{FailureKind, policy};
use crate::trade::Unredeemed;

/// What two requests have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// The secret of an API client.
    ClientSecret,
    /// The password of a user.
    Password,
    /// The password of a proxy's user.
    ProxyPassword,
}

/// The request of the profile `other` goes first, and is not answered.
pub fn of_turn(name: &ProfileName, other: &ProfileName, shared: Shared) -> Unredeemed {
    let what = match shared {
        Shared::ClientSecret => "client secret",
        Shared::Password => "password",
        Shared::ProxyPassword => "proxy password",
    };
    let message = format!(
        "profile {name}: no token was requested, because the request of profile {other} with the same {what} \
         is not answered"
    );
    let failure = Failure::new(ErrorCode::TIMED_OUT, message)
        .with_hint(format!("Run `cp-token doctor -p {other}`, and ask again"));
    Unredeemed { failure, kind: FailureKind::Passing { retry_after: None, cap: policy::LOCAL_CAP } }
}
