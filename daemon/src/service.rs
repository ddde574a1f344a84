//! Owns the step from a request to its response. It asks broker and registry, and never a secret source or
//! the network.

pub mod doctor;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cp_token_protocol::Failure;
use cp_token_protocol::message::{
    AccessTokenRequest, Freshness, KeyringReport, Outcome, ProfileSelector, Request, Response, TokenResponse,
};
use tokio::sync::Notify;

use crate::audit::callers::CallerSnapshot;
use crate::audit::{Audit, AuditGuard};
use crate::base::clock::{Clock, Moment};
use crate::base::commitment::Commitment;
use crate::broker::failure::no_token;
use crate::broker::{self, Broker, BrokerReply, WaitRequest};
use crate::failure;
use crate::lease::{self, ServedToken, TokenFingerprint, TokenQuery};
use crate::lock::Lock;
use crate::process::protections::Protections;
use crate::profile::Profile;
use crate::registry::Registry;
use crate::service::doctor::Doctor;

mod fast_path;
mod operation;
mod restart;
mod status;

use restart::AtWork;
pub use restart::{Attendance, Restarts};

/// What the service is made of; wired by `app`.
pub struct ServiceDeps {
    /// Tokens.
    pub broker: Arc<Broker>,
    /// Profiles.
    pub registry: Arc<Registry>,
    /// Whether anybody is answered.
    pub lock: Arc<Lock>,
    /// Who asked for what.
    pub audit: Arc<Audit>,
    /// How everything stands.
    pub examination: Doctor,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How many secrets are in memory alone.
    pub secrets_in_memory: Box<dyn Fn() -> usize + Send + Sync>,
    /// What the keyring did last.
    pub keyring: Box<dyn Fn() -> KeyringReport + Send + Sync>,
    /// What protects the process.
    pub protections: Arc<Protections>,
    /// Where the daemon listens.
    pub socket: String,
    /// The state file.
    pub state_file: String,
}

/// Answers requests, one after the other or many at once.
pub struct Service {
    parts: ServiceDeps,
    started: Moment,
    stop: Notify,
    restarts: Restarts,
    /// Requests that are at work, whether their callers still wait or not.
    at_work: AtomicUsize,
}

/// A response that is there, or one that a token request has still to bring.
pub enum Reply {
    /// Known now. The entry is to be dropped, and so written, when the caller has its reply: looking at who it was
    /// must not make it wait.
    Now(Response, AuditGuard),
    /// Known once the token request that the caller waits for has an outcome.
    Later(PendingToken),
    /// Nothing that is known answers the request: the config file has to be looked at first.
    Unknown(AccessTokenRequest),
}

/// A caller who waits for a token.
pub struct PendingToken {
    pending: broker::PendingCaller,
    choice: Choice,
    patience: Duration,
    audit_entry: AuditGuard,
}

/// Which profile a caller means, and whether one without tokens will do.
struct Choice {
    selector: ProfileSelector,
    accepts_basic: bool,
}

impl Service {
    /// A service of these parts, started now.
    pub fn new(parts: ServiceDeps) -> Arc<Self> {
        let started = parts.clock.now();
        Arc::new(Self {
            parts,
            started,
            stop: Notify::new(),
            restarts: Restarts::default(),
            at_work: AtomicUsize::new(0),
        })
    }

    /// The caller, seen as far as only it can tell while it is there. To be asked when it has said nothing yet, so that it
    /// does not wait for that later.
    pub fn capture_caller(&self, caller: CallerSnapshot) -> CallerSnapshot {
        self.parts.audit.capture_caller(caller)
    }

    /// The response to a request for a token, without waiting for anything.
    pub fn access_token(&self, request: AccessTokenRequest, caller: CallerSnapshot) -> Reply {
        match self.profile_for(&request.profile, request.accepts_basic) {
            Err(_) if !self.parts.lock.is_locked() => Reply::Unknown(request),
            profile => self.grant_of(profile, request, caller),
        }
    }

    fn grant_of(
        &self,
        profile: Result<Arc<Profile>, Failure>,
        request: AccessTokenRequest,
        caller: CallerSnapshot,
    ) -> Reply {
        let name = profile.as_ref().ok().map(|profile| &profile.name);
        let name = name.or_else(|| operation::named(&request.profile));
        let operation = operation::of_freshness(&request.freshness);
        let mut audit_entry = self.parts.audit.begin_request(operation, name, caller);
        let profile = match profile {
            Ok(profile) => profile,
            Err(failure) => {
                audit_entry.set_outcome(Outcome::Failed(failure.code));
                return Reply::Now(Response::Failure(failure), audit_entry);
            }
        };
        let choice = Choice { selector: request.profile, accepts_basic: request.accepts_basic };
        let ask = ask(&request.freshness, request.min_validity_ms, request.code.is_some());
        // The rejected token itself is of no use any more.
        drop(request.freshness);
        let wish = WaitRequest { ask, retries: request.retries };
        match self.parts.broker.access_token(&profile, wish, request.code) {
            BrokerReply::Now(outcome) => {
                let response = self.grant(&profile, outcome);
                audit_entry.set_outcome(operation::outcome(&response, Outcome::Served));
                Reply::Now(response, audit_entry)
            }
            BrokerReply::Later(pending) => {
                audit_entry.resolve_caller();
                let patience = Duration::from_millis(request.timeout_ms).min(LONGEST_PATIENCE);
                Reply::Later(PendingToken { pending, choice, patience, audit_entry })
            }
        }
    }

    fn profile_for(&self, selector: &ProfileSelector, accepts_basic: bool) -> Result<Arc<Profile>, Failure> {
        if self.parts.lock.is_locked() {
            return Err(failure::locked());
        }
        let profile = self.parts.registry.select(selector)?;
        match profile.is_basic_auth() && !accepts_basic {
            true => Err(no_token(&profile)),
            false => Ok(profile),
        }
    }

    /// The response to a caller who waits.
    pub async fn finish(&self, token: PendingToken) -> Response {
        let PendingToken { mut pending, choice, patience, audit_entry } = token;
        let outcome = tokio::time::timeout(
            patience,
            pending.outcome(|| self.profile_for(&choice.selector, choice.accepts_basic)),
        )
        .await;
        let outcome = outcome.unwrap_or_else(|_| pending.out_of_time());
        let response = self.grant(pending.profile(), outcome);
        let way = if pending.is_cause() { Outcome::Issued } else { Outcome::Waited };
        audit_entry.finish(operation::outcome(&response, way));
        response
    }

    /// The response to any request but the one for a token.
    /// `commitment` says until when it may be dropped.
    pub async fn handle(
        &self,
        request: Request,
        caller: CallerSnapshot,
        commitment: &Commitment,
    ) -> Response {
        let mut audit_entry = operation::of_request(&request).map(|operation| {
            self.parts.audit.begin_request(operation, operation::profile_of(&request), caller)
        });
        audit_entry.iter_mut().for_each(AuditGuard::resolve_caller);
        if matches!(request, Request::Restart)
            && let Some(audit_entry) = audit_entry
        {
            return done(self.restarts.ask(audit_entry).await);
        }
        let _at_work = AtWork::begin(&self.at_work);
        let response = self.respond(request, caller, commitment).await;
        if let Some(audit_entry) = audit_entry {
            audit_entry.finish(operation::outcome(&response, Outcome::Done));
        }
        response
    }

    async fn respond(&self, request: Request, caller: CallerSnapshot, commitment: &Commitment) -> Response {
        let ServiceDeps { registry, lock, .. } = &self.parts;
        if lock.is_locked() && !operation::is_for_locked(&request) {
            return Response::Failure(failure::locked());
        }
        match request {
            Request::AccessToken(request) => self.access_token_after_a_look(request, caller).await,
            Request::Status => Response::Status(self.status()),
            Request::Forget(scope) => self.forget(&scope).await,
            Request::ProfileList(request) => self.profiles(&request).await,
            Request::ProfileShow(selector) => self.profile(&selector).await,
            Request::ProfileCreate(create) => done(registry.create(create, commitment).await),
            Request::ProfileUpdate(update) => done(registry.update(update, commitment).await),
            Request::ProfileResetSecret(reset) => done(registry.reset_secret(reset, commitment).await),
            Request::ProfileDelete(name) => done(registry.delete(&name, commitment).await),
            Request::ProfileUse(name) => done(registry.make_default(&name, commitment).await),
            Request::Reload => {
                done(registry.reload().await.map(|()| vec!["the config was read again".to_owned()]))
            }
            // It is not this room's to do; `handle` hands it on.
            Request::Restart => Response::Failure(failure::internal()),
            Request::Stop => {
                self.stop.notify_one();
                Response::Done(vec!["the daemon stops".to_owned()])
            }
            Request::Lock(request) => done(lock.lock(request).await),
            Request::Unlock(passphrase) => done(lock.unlock(passphrase, commitment).await),
            Request::DisarmSuspendLock => done(lock.disarm()),
            Request::Log(request) => Response::Log(self.parts.audit.page(request)),
            Request::Doctor(request) => match self.parts.examination.page(&request).await {
                Ok(page) => Response::Findings(page),
                Err(failure) => Response::Failure(failure),
            },
        }
    }

    /// Whether a request is at work that takes its time.
    pub fn is_busy(&self) -> bool {
        self.at_work.load(Ordering::Relaxed) > 0
    }

    /// Those who ask for the daemon's successor.
    pub fn restarts(&self) -> &Restarts {
        &self.restarts
    }

    /// Waits until a caller has asked the daemon to stop.
    pub async fn stop_requested(&self) {
        self.stop.notified().await;
    }

    fn grant(&self, profile: &Profile, outcome: Result<ServedToken, Failure>) -> Response {
        match outcome {
            Ok(served) => Response::Token(TokenResponse {
                expires_in_ms: u64::try_from(served.remaining.as_millis()).unwrap_or(u64::MAX),
                expires_at: self.parts.clock.now().wall.saturating_add(served.remaining).as_secs(),
                access_token: served.token,
                profile: profile.name.clone(),
                url: profile.url.to_string(),
                scheme: profile.scheme(),
            }),
            Err(failure) => Response::Failure(failure),
        }
    }
}

fn ask(freshness: &Freshness, min_validity_ms: Option<u64>, has_code: bool) -> TokenQuery {
    let freshness = match freshness {
        Freshness::Valid => lease::Freshness::Valid,
        Freshness::Rejected(token) => lease::Freshness::Rejected(TokenFingerprint::of(token)),
        Freshness::Fresh => lease::Freshness::Fresh,
    };
    TokenQuery { freshness, min_validity: min_validity_ms.map(Duration::from_millis), has_code }
}

fn done(outcome: Result<Vec<String>, impl Into<Failure>>) -> Response {
    match outcome {
        Ok(notes) => Response::Done(notes),
        Err(error) => Response::Failure(error.into()),
    }
}

/// However long a caller says it would wait.
const LONGEST_PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);
