//! Owns how a request and its response are named in the audit log. It decides nothing.

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::{
    ForgetScope, Freshness, Operation, Outcome, ProfileSelector, Request, Response,
};

/// The operation of a request for a token.
pub(super) fn of_freshness(freshness: &Freshness) -> Operation {
    match freshness {
        Freshness::Valid => Operation::Get,
        Freshness::Rejected(_) => Operation::GetRejected,
        Freshness::Fresh => Operation::GetFresh,
    }
}

/// The operation of a request and the profile that it names; `None` for a request that is not logged. Requests that only
/// read the daemon's state are not logged, and requests for a token are logged elsewhere.
pub(super) fn of_request(request: &Request) -> Option<(Operation, Option<&ProfileName>)> {
    Some(match request {
        Request::AccessToken(_)
        | Request::Status
        | Request::ProfileList(_)
        | Request::ProfileShow(_)
        | Request::Log(_) => return None,
        // A dry run changes nothing, and the real request follows.
        Request::ProfileCreate(create) if create.dry_run => return None,
        Request::ProfileUpdate(update) if update.dry_run => return None,
        Request::ProfileResetSecret(reset) if reset.dry_run => return None,
        // One entry for all pages.
        Request::Doctor(request) if request.after.is_some() => return None,
        Request::Doctor(request) => (Operation::Doctor, request.profile.as_ref()),
        Request::Forget(ForgetScope::All) => (Operation::Forget, None),
        Request::Forget(ForgetScope::Profile(selector)) => (Operation::Forget, named(selector)),
        Request::ProfileCreate(create) => (Operation::ProfileCreate, Some(&create.name)),
        Request::ProfileUpdate(update) => (Operation::ProfileUpdate, Some(&update.name)),
        Request::ProfileResetSecret(reset) => (Operation::ProfileResetSecret, Some(&reset.name)),
        Request::ProfileDelete(name) => (Operation::ProfileDelete, Some(name)),
        Request::ProfileUse(name) => (Operation::ProfileUse, Some(name)),
        Request::Reload => (Operation::Reload, None),
        Request::Stop => (Operation::Stop, None),
        Request::Restart => (Operation::Restart, None),
        Request::Lock(request) if request.on_suspend => (Operation::ArmSuspendLock, None),
        Request::Lock(_) => (Operation::Lock, None),
        Request::Unlock(_) => (Operation::Unlock, None),
        Request::DisarmSuspendLock => (Operation::DisarmSuspendLock, None),
    })
}

/// The profile that a selector names.
pub(super) fn named(selector: &ProfileSelector) -> Option<&ProfileName> {
    match selector {
        ProfileSelector::Named(name) => Some(name),
        ProfileSelector::Origin(origin) => origin.profile.as_ref(),
        ProfileSelector::Default | ProfileSelector::Url(_) => None,
    }
}

/// The outcome that a response means; `success` if it is a token.
pub(super) fn outcome(response: &Response, success: Outcome) -> Outcome {
    match response {
        Response::Failure(failure) => Outcome::Failed(failure.code),
        Response::Token(_) => success,
        Response::Working
        | Response::Status(_)
        | Response::Profiles(_)
        | Response::Profile(_)
        | Response::Done(_)
        | Response::Log(_)
        | Response::Findings(_) => Outcome::Done,
    }
}

/// Whether a locked daemon handles the request. The lock itself refuses to be locked twice.
pub(super) fn is_allowed_while_locked(request: &Request) -> bool {
    matches!(
        request,
        Request::Status
            | Request::Stop
            | Request::Restart
            | Request::Unlock(_)
            | Request::Lock(_)
            | Request::Doctor(_)
    )
}
