//! Owns the requests for a token: the one that is answered without waiting, and the one that waits for a token request.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::Failure;
use cp_token_protocol::message::{
    AccessTokenRequest, Freshness, Outcome, ProfileSelector, Response, TokenResponse,
};

use super::{Service, operation};
use crate::audit::AuditGuard;
use crate::audit::callers::CallerSnapshot;
use crate::broker::failure::no_token;
use crate::broker::{BrokerReply, PendingCaller, WaitRequest};
use crate::failure;
use crate::lease::{self, ServedToken, TokenFingerprint, TokenQuery};
use crate::profile::Profile;

/// The reply to a request for a token.
pub enum Reply {
    /// Known now. Drop the guard after the response is sent: reading the caller's name must not delay it.
    Now(Response, AuditGuard),
    /// Known once a token request has a result.
    Later(PendingToken),
    /// No held token answers it: first the config file is read again, if it has changed.
    NeedsReload(AccessTokenRequest),
}

/// A caller who waits for a token.
pub struct PendingToken {
    caller: PendingCaller,
    choice: ProfileChoice,
    timeout: Duration,
    audit_entry: AuditGuard,
}

/// Which profile a caller means, and whether one with Basic authentication will do.
struct ProfileChoice {
    selector: ProfileSelector,
    accepts_basic: bool,
}

impl Service {
    /// Replies to a request for a token without waiting for anything.
    pub fn access_token(&self, request: AccessTokenRequest, caller: CallerSnapshot) -> Reply {
        let profile = self.select(&request.profile, request.accepts_basic);
        let is_served = profile.as_ref().is_ok_and(|profile| {
            !self.registry.is_broken() && self.deps.broker.serves(profile, &token_query(&request))
        });
        if !is_served && !self.lock.is_locked() {
            return Reply::NeedsReload(request);
        }
        let audit_entry = self.begin_entry(&profile, &request, caller);
        self.reply(profile, request, audit_entry)
    }

    /// As [`Service::access_token`], after another look at the config file, which may have been corrected. Waits for the
    /// token.
    pub(super) async fn access_token_after_reload(
        &self,
        request: AccessTokenRequest,
        caller: CallerSnapshot,
    ) -> Response {
        let profile = self.select(&request.profile, request.accepts_basic);
        // Begun before the config file is read: a caller who leaves meanwhile is in the log, too.
        let mut audit_entry = self.begin_entry(&profile, &request, caller);
        audit_entry.resolve_caller();
        let profile = self.select_after_reload(&request.profile, request.accepts_basic).await;
        if let Ok(profile) = &profile {
            audit_entry.set_profile(&profile.name);
        }
        match self.reply(profile, request, audit_entry) {
            Reply::Now(response, _) => response,
            Reply::Later(pending) => self.finish(pending).await,
            Reply::NeedsReload(_) => Response::Failure(failure::internal()),
        }
    }

    fn begin_entry(
        &self,
        profile: &Result<Arc<Profile>, Failure>,
        request: &AccessTokenRequest,
        caller: CallerSnapshot,
    ) -> AuditGuard {
        let name = profile.as_ref().ok().map(|profile| &profile.name);
        let name = name.or_else(|| operation::named(&request.profile));
        self.deps.audit.begin_request(operation::of_freshness(&request.freshness), name, caller)
    }

    fn reply(
        &self,
        profile: Result<Arc<Profile>, Failure>,
        request: AccessTokenRequest,
        mut audit_entry: AuditGuard,
    ) -> Reply {
        let profile = match profile {
            Ok(profile) => profile,
            Err(failure) => {
                audit_entry.set_outcome(Outcome::Failed(failure.code));
                return Reply::Now(Response::Failure(failure), audit_entry);
            }
        };
        let wait_request = WaitRequest { query: token_query(&request), retries: request.retries };
        match self.deps.broker.access_token(&profile, wait_request, request.code) {
            BrokerReply::Now(result) => {
                let response = self.response(&profile, result);
                audit_entry.set_outcome(operation::outcome(&response, Outcome::Served));
                Reply::Now(response, audit_entry)
            }
            BrokerReply::Later(caller) => {
                audit_entry.resolve_caller();
                let choice =
                    ProfileChoice { selector: request.profile, accepts_basic: request.accepts_basic };
                let timeout = Duration::from_millis(request.timeout_ms).min(MAX_TIMEOUT);
                Reply::Later(PendingToken { caller, choice, timeout, audit_entry })
            }
        }
    }

    async fn select_after_reload(
        &self,
        selector: &ProfileSelector,
        accepts_basic: bool,
    ) -> Result<Arc<Profile>, Failure> {
        if self.lock.is_locked() {
            return Err(failure::locked());
        }
        let reload = self.registry.reload_if_changed();
        match self.select(selector, accepts_basic) {
            Ok(profile) if self.is_healthy(&profile) => drop(tokio::time::timeout(QUICK_CHECK, reload).await),
            _ => reload.await,
        }
        self.select(selector, accepts_basic)
    }

    /// Whether nothing is known that a corrected config could end.
    fn is_healthy(&self, profile: &Profile) -> bool {
        !self.registry.is_broken() && self.deps.broker.last_failure(&profile.name).is_none()
    }

    fn select(&self, selector: &ProfileSelector, accepts_basic: bool) -> Result<Arc<Profile>, Failure> {
        if self.lock.is_locked() {
            return Err(failure::locked());
        }
        let profile = self.registry.select(selector)?;
        match profile.is_basic_auth() && !accepts_basic {
            true => Err(no_token(&profile)),
            false => Ok(profile),
        }
    }

    /// Waits for the token, up to the caller's timeout.
    pub async fn finish(&self, token: PendingToken) -> Response {
        let PendingToken { mut caller, choice, timeout, audit_entry } = token;
        let result = caller.result(|| self.select_after_reload(&choice.selector, choice.accepts_basic));
        let result = tokio::time::timeout(timeout, result).await;
        let result = result.unwrap_or_else(|_| caller.out_of_time());
        let response = self.response(caller.profile(), result);
        let success = if caller.is_cause() { Outcome::Issued } else { Outcome::Waited };
        audit_entry.finish(operation::outcome(&response, success));
        response
    }

    fn response(&self, profile: &Profile, result: Result<ServedToken, Failure>) -> Response {
        match result {
            Ok(served) => Response::Token(TokenResponse {
                expires_in_ms: u64::try_from(served.remaining.as_millis()).unwrap_or(u64::MAX),
                expires_at: self.deps.clock.now().wall.saturating_add(served.remaining).as_secs(),
                access_token: served.token,
                profile: profile.name.clone(),
                url: profile.url.to_string(),
                scheme: profile.scheme(),
            }),
            Err(failure) => Response::Failure(failure),
        }
    }
}

fn token_query(request: &AccessTokenRequest) -> TokenQuery {
    let freshness = match &request.freshness {
        Freshness::Valid => lease::Freshness::Valid,
        Freshness::Rejected(token) => lease::Freshness::Rejected(TokenFingerprint::of(token)),
        Freshness::Fresh => lease::Freshness::Fresh,
    };
    let min_validity = request.min_validity_ms.map(Duration::from_millis);
    TokenQuery { freshness, min_validity, has_code: request.code.is_some() }
}

/// The longest timeout, whatever a caller asks for.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// The wait for the config file where all is well: a disk that hangs must not delay a profile that needs nothing of it.
const QUICK_CHECK: Duration = Duration::from_millis(80);
