//! Owns the words for a token request that failed, and what each failure means for the next request.

use std::time::Duration;

use cp_token_protocol::message::Identity;
use cp_token_protocol::{ErrorCode, Failure};

use super::refused::refused;
use super::{KEPT, route};
use crate::lease::{FailureKind, policy};
use crate::profile::Profile;
use crate::token_endpoint::{ProxyFlaw, Target, TokenRequestError};
use crate::token_request::TokenRequestFailed;

/// What a failed token request means, to callers and to the next request. `next_code` is how long it takes until
/// another one-time code can be sent.
pub fn of_token_request(
    error: &TokenRequestError,
    profile: &Profile,
    next_code: Option<Duration>,
) -> TokenRequestFailed {
    let name = &profile.name;
    let failure = match error {
        TokenRequestError::Refused { .. } => {
            refused(profile, &error.to_string(), error.asks_for_code(), next_code)
        }
        TokenRequestError::Proxy { flaw, .. } => route::of_proxy(*flaw, &error.to_string(), profile),
        TokenRequestError::Intercepted(_)
        | TokenRequestError::Busy { .. }
        | TokenRequestError::ServerFailed { .. }
        | TokenRequestError::Unreachable(_)
        | TokenRequestError::Untrusted(_)
        | TokenRequestError::TimedOut
        | TokenRequestError::Redirected { .. }
        | TokenRequestError::BadAnswer(_)
        | TokenRequestError::CaBundle { .. }
        | TokenRequestError::BadName => {
            let (code, hint) = told(error, profile);
            Failure::new(code, format!("profile {name}: {error}")).with_hint(hint)
        }
    };
    TokenRequestFailed { failure, kind: kind_of(error, profile) }
}

fn told(error: &TokenRequestError, profile: &Profile) -> (ErrorCode, String) {
    let name = &profile.name;
    match error {
        TokenRequestError::Refused { .. } => (ErrorCode::SECRET_REFUSED, String::new()),
        TokenRequestError::Proxy { .. } => (ErrorCode::SERVER_UNREACHABLE, String::new()),
        TokenRequestError::Intercepted(_) => (
            ErrorCode::BAD_ANSWER,
            format!(
                "Check {} for a login page, VPN or gateway, and the URL with `cp-token profile show {name}`{KEPT}",
                route::links(profile)
            ),
        ),
        TokenRequestError::Busy { .. } => (ErrorCode::SERVER_BUSY, "Ask again later".to_owned()),
        TokenRequestError::ServerFailed { .. } => (ErrorCode::SERVER_FAILED, "Ask again later".to_owned()),
        TokenRequestError::Unreachable(_) => (
            ErrorCode::SERVER_UNREACHABLE,
            format!("Check {}, and the URL with `cp-token profile show {name}`", route::links(profile)),
        ),
        TokenRequestError::TimedOut => {
            (ErrorCode::TIMED_OUT, format!("Check {}, and ask again", route::links(profile)))
        }
        TokenRequestError::Untrusted(flaw) => {
            (ErrorCode::UNTRUSTED_SERVER, route::of_certificate(*flaw, profile))
        }
        // The network's own login page, more often than a console that has moved.
        TokenRequestError::Redirected { to: to @ Target::Elsewhere } => {
            (ErrorCode::BAD_ANSWER, route::of_redirect(to, profile))
        }
        TokenRequestError::Redirected { to } => (ErrorCode::REDIRECTED, route::of_redirect(to, profile)),
        TokenRequestError::BadAnswer(_) => (
            ErrorCode::BAD_ANSWER,
            format!(
                "Check {} for a login page, VPN or gateway, and that the URL is the console's, with `cp-token profile show {name}`",
                route::links(profile)
            ),
        ),
        TokenRequestError::CaBundle { .. } => (
            ErrorCode::CA_BUNDLE_UNREADABLE,
            format!("Fix the file, or choose another: `cp-token profile update {name} --ca-bundle FILE`"),
        ),
        TokenRequestError::BadName => {
            let option = match profile.identity {
                Identity::ApiClient(_) => "--client-id ID",
                Identity::User(_) | Identity::Basic(_) => "--username USER",
            };
            (ErrorCode::INVALID_ARGUMENT, format!("Set it again: `cp-token profile update {name} {option}`"))
        }
    }
}

/// A refused secret that rests where somebody else changes it.
pub(super) const LOOKED_AT_AGAIN: FailureKind = FailureKind::Refused { cap: policy::MAX_SERVER_BACKOFF };

/// What a failed token request means for the next one. A refused secret that the daemon only reads is looked at
/// again from time to time: whoever keeps it may have changed it. The refused one is not sent again.
pub fn kind_of(error: &TokenRequestError, profile: &Profile) -> FailureKind {
    let is_ours = profile.keeps_secret();
    let (cap, retry_after) = match error {
        TokenRequestError::Refused { .. } if !is_ours => return LOOKED_AT_AGAIN,
        TokenRequestError::Refused { .. } | TokenRequestError::BadName => return FailureKind::Final,
        TokenRequestError::Proxy { flaw, .. } => match flaw {
            ProxyFlaw::CredentialsRequired | ProxyFlaw::CredentialsRefused if is_ours => {
                return FailureKind::Final;
            }
            ProxyFlaw::CredentialsRequired | ProxyFlaw::CredentialsRefused => return LOOKED_AT_AGAIN,
            ProxyFlaw::Unreachable(_) | ProxyFlaw::Closed | ProxyFlaw::NoTunnel | ProxyFlaw::TimedOut => {
                (policy::MAX_LOCAL_BACKOFF, None)
            }
        },
        TokenRequestError::Busy { retry_after } | TokenRequestError::ServerFailed { retry_after, .. } => {
            (policy::MAX_SERVER_BACKOFF, *retry_after)
        }
        TokenRequestError::BadAnswer(_)
        | TokenRequestError::Intercepted(_)
        | TokenRequestError::Redirected { to: Target::Elsewhere } => (policy::MAX_SERVER_BACKOFF, None),
        TokenRequestError::Unreachable(_) | TokenRequestError::TimedOut => (policy::MAX_LOCAL_BACKOFF, None),
        TokenRequestError::Untrusted(_)
        | TokenRequestError::Redirected { .. }
        | TokenRequestError::CaBundle { .. } => return FailureKind::Local { cap: policy::MAX_LOCAL_BACKOFF },
    };
    FailureKind::Transient { retry_after, cap }
}
