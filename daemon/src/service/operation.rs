//! Owns how a request and its response are told in the log. It decides nothing.

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::{
    ForgetScope, Freshness, Operation, Outcome, ProfileSelector, Request, Response,
};

/// What a request for a token is called.
pub(super) fn of_freshness(freshness: &Freshness) -> Operation {
    match freshness {
        Freshness::Valid => Operation::Get,
        Freshness::Rejected(_) => Operation::GetRejected,
        Freshness::Fresh => Operation::GetFresh,
    }
}

/// What a request is called, where it is kept. One that only looks at the daemon is not, nor one for a token, which is
/// told apart.
pub(super) fn of_request(request: &Request) -> Option<Operation> {
    Some(match request {
        Request::AccessToken(_)
        | Request::Status
        | Request::ProfileList(_)
        | Request::ProfileShow(_)
        | Request::Log(_) => return None,
        // A trial changes nothing, and what it is for follows it.
        Request::ProfileCreate(create) if create.dry_run => return None,
        Request::ProfileUpdate(update) if update.dry_run => return None,
        Request::ProfileResetSecret(reset) if reset.dry_run => return None,
        Request::Forget(_) => Operation::Forget,
        Request::ProfileCreate(_) => Operation::ProfileCreate,
        Request::ProfileUpdate(_) => Operation::ProfileUpdate,
        Request::ProfileResetSecret(_) => Operation::ProfileResetSecret,
        Request::ProfileDelete(_) => Operation::ProfileDelete,
        Request::ProfileUse(_) => Operation::ProfileUse,
        Request::Reload => Operation::Reload,
        Request::Stop => Operation::Stop,
        Request::Restart => Operation::Restart,
        Request::Lock(request) if request.on_suspend => Operation::ArmSuspendLock,
        Request::Lock(_) => Operation::Lock,
        Request::Unlock(_) => Operation::Unlock,
        Request::DisarmSuspendLock => Operation::DisarmSuspendLock,
        // One entry for all pages.
        Request::Doctor(request) if request.after.is_some() => return None,
        Request::Doctor(_) => Operation::Doctor,
    })
}

/// The profile that a request names.
pub(super) fn profile_of(request: &Request) -> Option<&ProfileName> {
    match request {
        Request::AccessToken(request) => named(&request.profile),
        Request::Forget(ForgetScope::Profile(selector)) | Request::ProfileShow(selector) => named(selector),
        Request::ProfileCreate(create) => Some(&create.name),
        Request::ProfileUpdate(update) => Some(&update.name),
        Request::ProfileResetSecret(reset) => Some(&reset.name),
        Request::ProfileDelete(name) | Request::ProfileUse(name) => Some(name),
        Request::Doctor(doctor) => doctor.profile.as_ref(),
        Request::Status
        | Request::Forget(ForgetScope::All)
        | Request::ProfileList(_)
        | Request::Reload
        | Request::Stop
        | Request::Restart
        | Request::Lock(_)
        | Request::Unlock(_)
        | Request::DisarmSuspendLock
        | Request::Log(_) => None,
    }
}

/// The profile that a selector names.
pub(super) fn named(selector: &ProfileSelector) -> Option<&ProfileName> {
    match selector {
        ProfileSelector::Named(name) => Some(name),
        ProfileSelector::Origin(origin) => origin.profile.as_ref(),
        ProfileSelector::Default | ProfileSelector::Url(_) => None,
    }
}

/// What a response is told as; a token came by way of `way`.
pub(super) fn outcome(response: &Response, way: Outcome) -> Outcome {
    match response {
        Response::Failure(failure) => Outcome::Failed(failure.code),
        Response::Token(_) => way,
        Response::Working
        | Response::Status(_)
        | Response::Profiles(_)
        | Response::Profile(_)
        | Response::Done(_)
        | Response::Log(_)
        | Response::Findings(_) => Outcome::Done,
    }
}

/// Whether a daemon that is locked answers. The lock itself has a word for being locked twice.
pub(super) fn is_for_locked(request: &Request) -> bool {
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
