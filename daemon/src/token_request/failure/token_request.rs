//! Owns the messages for errors of the token endpoint, and the meaning of each for the next request.

use cp_token_protocol::message::Identity;
use cp_token_protocol::{ErrorCode, Failure};

use super::refused::{refused, server_refusal};
use super::{KEPT, route};
use crate::lease::{FailureKind, policy};
use crate::profile::Profile;
use crate::token_endpoint::{ProxyFlaw, Target, TokenRequestError};
use crate::token_request::TokenRequestFailed;

/// The failure of a token request.
pub fn of_token_request(error: &TokenRequestError, profile: &Profile) -> TokenRequestFailed {
    TokenRequestFailed { failure: failure(error, profile), kind: kind_of(error, profile) }
}

fn failure(error: &TokenRequestError, profile: &Profile) -> Failure {
    let name = &profile.name;
    let links = || route::links(profile);
    let (code, hint) = match error {
        TokenRequestError::Refused { is_doubtful, .. } => {
            return refused(profile, &server_refusal(error, *is_doubtful, String::new()), true, None);
        }
        TokenRequestError::Proxy { flaw, .. } => return route::of_proxy(*flaw, &error.to_string(), profile),
        TokenRequestError::Intercepted(_) => (
            ErrorCode::BAD_RESPONSE,
            format!(
                "check {} for a login page, VPN or gateway, and the URL with `cp-token profile show {name}`{KEPT}",
                links()
            ),
        ),
        TokenRequestError::Busy { .. } => (ErrorCode::SERVER_BUSY, "ask again later".to_owned()),
        TokenRequestError::ServerFailed { .. } => (ErrorCode::SERVER_FAILED, "ask again later".to_owned()),
        TokenRequestError::Unreachable(_) => (
            ErrorCode::SERVER_UNREACHABLE,
            format!("check {}, and the URL with `cp-token profile show {name}`", links()),
        ),
        TokenRequestError::TimedOut => (ErrorCode::TIMED_OUT, format!("check {}, and ask again", links())),
        TokenRequestError::Untrusted(flaw) => {
            (ErrorCode::UNTRUSTED_SERVER, route::of_certificate(*flaw, profile))
        }
        // More often the network's own login page than a console that has moved.
        TokenRequestError::Redirected { to: to @ Target::Elsewhere } => {
            (ErrorCode::BAD_RESPONSE, route::of_redirect(to, profile))
        }
        TokenRequestError::Redirected { to } => (ErrorCode::REDIRECTED, route::of_redirect(to, profile)),
        TokenRequestError::BadAnswer(_) => {
            (ErrorCode::BAD_RESPONSE, route::of_redirect(&Target::Invalid, profile))
        }
        TokenRequestError::CaBundle { .. } => (
            ErrorCode::CA_BUNDLE_UNREADABLE,
            format!("fix the file, or choose another: `cp-token profile update {name} --ca-bundle FILE`"),
        ),
        TokenRequestError::BadName => {
            let option = match profile.identity {
                Identity::ApiClient(_) => "--client-id ID",
                Identity::User(_) | Identity::Basic(_) => "--username USER",
            };
            (ErrorCode::INVALID_ARGUMENT, format!("set it again: `cp-token profile update {name} {option}`"))
        }
    };
    Failure::new(code, format!("profile {name}: {error}")).with_hint(hint)
}

/// A refused secret in a source that cp-token only reads: the source is read again from time to time.
pub(super) const READ_AGAIN: FailureKind = FailureKind::Refused(policy::MAX_SERVER_BACKOFF);

/// The meaning of a failed token request for the next one. A refused secret in a source that cp-token only reads is read
/// again from time to time, because it may have changed. The refused one is not sent again.
pub fn kind_of(error: &TokenRequestError, profile: &Profile) -> FailureKind {
    let is_ours = profile.secret_source.is_writable();
    let (cap, retry_after) = match error {
        TokenRequestError::Refused { .. } if !is_ours => return READ_AGAIN,
        TokenRequestError::Refused { .. } | TokenRequestError::BadName => return FailureKind::Final,
        TokenRequestError::Proxy { flaw, .. } => match flaw {
            ProxyFlaw::CredentialsRequired | ProxyFlaw::CredentialsRefused if is_ours => {
                return FailureKind::Final;
            }
            ProxyFlaw::CredentialsRequired | ProxyFlaw::CredentialsRefused => return READ_AGAIN,
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
        | TokenRequestError::CaBundle { .. } => return FailureKind::Local(policy::MAX_LOCAL_BACKOFF),
    };
    FailureKind::Transient { retry_after, cap }
}
