//! Owns the step from a request to its response. It asks broker and registry, and never a secret source or the network.

pub mod doctor;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cp_token_protocol::Failure;
use cp_token_protocol::message::{KeyringReport, Outcome, Request, Response};
use tokio::sync::Notify;

use crate::audit::callers::CallerSnapshot;
use crate::audit::{Audit, AuditGuard};
use crate::base::activity;
use crate::base::clock::{Clock, Moment};
use crate::base::commitment::Commitment;
use crate::broker::Broker;
use crate::failure;
use crate::lock::Lock;
use crate::process::protections::Protections;
use crate::registry::Registry;
use crate::service::doctor::Doctor;

mod forget;
mod operation;
mod restarts;
mod status;
mod token;

pub use restarts::{RestartConnection, Restarts};
pub use token::{PendingToken, Reply};

/// What the service uses; wired by `app`.
pub struct ServiceDeps {
    /// Tokens.
    pub broker: Arc<Broker>,
    /// Profiles.
    pub registry: Arc<Registry>,
    /// Whether requests are answered.
    pub lock: Arc<Lock>,
    /// The log of requests.
    pub audit: Arc<Audit>,
    /// The checks of `doctor`.
    pub doctor: Doctor,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How many secrets are in memory alone.
    pub secrets_in_memory: Box<dyn Fn() -> usize + Send + Sync>,
    /// The last result of the keyring.
    pub keyring: Box<dyn Fn() -> KeyringReport + Send + Sync>,
    /// What protects the process.
    pub protections: Arc<Protections>,
    /// The socket path.
    pub socket: String,
    /// The state file.
    pub state_file: String,
}

/// Answers requests, any number of them at a time.
pub struct Service {
    deps: ServiceDeps,
    started: Moment,
    stop: Notify,
    restarts: Restarts,
    /// How many requests are handled, whether or not their callers still wait.
    in_flight: AtomicUsize,
}

impl Service {
    /// A service that has just started.
    pub fn new(deps: ServiceDeps) -> Arc<Self> {
        let started = deps.clock.now();
        Arc::new(Self {
            deps,
            started,
            stop: Notify::new(),
            restarts: Restarts::default(),
            in_flight: AtomicUsize::new(0),
        })
    }

    /// Adds to the snapshot what can be read only while the caller exists. To be called while the caller is silent, so that
    /// it does not wait for that later.
    pub fn capture_caller(&self, caller: CallerSnapshot) -> CallerSnapshot {
        self.deps.audit.capture_caller(caller)
    }

    /// The response to a request; one for a token may read the config file. `commitment` says until when the request may be
    /// cancelled.
    pub async fn handle(
        &self,
        request: Request,
        caller: CallerSnapshot,
        commitment: &Commitment,
    ) -> Response {
        let mut audit_entry = operation::of_request(&request)
            .map(|(operation, profile)| self.deps.audit.begin_request(operation, profile, caller));
        audit_entry.iter_mut().for_each(AuditGuard::resolve_caller);
        if matches!(request, Request::Restart)
            && let Some(audit_entry) = audit_entry
        {
            return done(self.restarts.request(audit_entry).await);
        }
        let _in_flight = InFlightRequest::begin(&self.in_flight);
        let response = self.respond(request, caller, commitment).await;
        if let Some(audit_entry) = audit_entry {
            audit_entry.finish(operation::outcome(&response, Outcome::Done));
        }
        response
    }

    async fn respond(&self, request: Request, caller: CallerSnapshot, commitment: &Commitment) -> Response {
        let ServiceDeps { registry, lock, .. } = &self.deps;
        if lock.is_locked() && !operation::is_allowed_while_locked(&request) {
            return Response::Failure(failure::locked());
        }
        match request {
            Request::AccessToken(request) => self.access_token_after_reload(request, caller).await,
            Request::Status => Response::Status(self.status()),
            Request::Forget(scope) => self.forget(&scope).await,
            Request::ProfileList(request) => {
                registry.page(request.after.as_ref()).await.map_or_else(Response::Failure, Response::Profiles)
            }
            Request::ProfileShow(selector) => match registry.show(&selector).await {
                Ok(report) => Response::Profile(Box::new(report)),
                Err(failure) => Response::Failure(failure),
            },
            Request::ProfileCreate(create) => done(registry.create(create, commitment).await),
            Request::ProfileUpdate(update) => done(registry.update(update, commitment).await),
            Request::ProfileResetSecret(reset) => done(registry.reset_secret(reset, commitment).await),
            Request::ProfileDelete(name) => done(registry.delete(&name, commitment).await),
            Request::ProfileUse(name) => done(registry.make_default(&name, commitment).await),
            Request::Reload => {
                done(registry.reload().await.map(|()| vec!["the config was read again".to_owned()]))
            }
            // `handle` has answered it.
            Request::Restart => Response::Failure(failure::internal()),
            Request::Stop => {
                self.stop.notify_one();
                Response::Done(vec!["the daemon stops".to_owned()])
            }
            Request::Lock(request) => done(lock.lock(request).await),
            Request::Unlock(passphrase) => done(lock.unlock(passphrase, commitment).await),
            Request::DisarmSuspendLock => done(lock.disarm()),
            Request::Log(request) => Response::Log(self.deps.audit.page(request)),
            Request::Doctor(request) => {
                self.deps.doctor.page(&request).await.map_or_else(Response::Failure, Response::Findings)
            }
        }
    }

    /// Whether a request is handled right now, other than one for a restart.
    pub fn is_busy(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) > 0
    }

    /// The requests for a restart.
    pub fn restarts(&self) -> &Restarts {
        &self.restarts
    }

    /// Waits until a caller has asked the daemon to stop.
    pub async fn stop_requested(&self) {
        self.stop.notified().await;
    }
}

/// Counts one request until it is dropped.
struct InFlightRequest<'s>(&'s AtomicUsize);

impl<'s> InFlightRequest<'s> {
    fn begin(count: &'s AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for InFlightRequest<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
        activity::ended();
    }
}

fn done(result: Result<Vec<String>, impl Into<Failure>>) -> Response {
    result.map_or_else(|error| Response::Failure(error.into()), Response::Done)
}
