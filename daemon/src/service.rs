//! Owns the step from a request to its response. It asks broker and registry, and never a secret source or the network.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cp_token_protocol::Failure;
use cp_token_protocol::message::{Outcome, Request, Response};
use tokio::sync::{Mutex, Notify};

use crate::audit::AuditGuard;
use crate::audit::callers::CallerSnapshot;
use crate::base::clock::Moment;
use crate::base::commit_point::Commitment;
use crate::base::{activity, files};
use crate::failure;
use crate::lock::Lock;
use crate::process::paths::Paths;
use crate::process::protections::Protections;
use crate::registry::{Registry, RegistryDeps};
use crate::secrets::sources::{KeyringBackend, MemoryBackend};

mod doctor;
mod forget;
mod operation;
mod restarts;
mod status;
mod token;

use doctor::Routes;
pub use restarts::{RestartConnection, Restarts};
pub use token::{PendingToken, Reply};

/// Answers requests, any number of them at a time.
pub struct Service {
    deps: RegistryDeps,
    registry: Arc<Registry>,
    lock: Arc<Lock>,
    memory: Arc<MemoryBackend>,
    keyring: Arc<KeyringBackend>,
    protections: Arc<Protections>,
    /// The paths of the socket and of the state file, for people.
    shown_paths: [String; 2],
    started: Moment,
    stop: Notify,
    restarts: Restarts,
    /// How many requests are handled, whether or not their callers still wait.
    in_flight: AtomicUsize,
    /// Allows one run of `doctor` at a time: each writes files, runs programs and asks servers.
    doctor_run: Mutex<()>,
    routes: Routes,
}

impl Service {
    /// A service that has just started.
    pub fn new(
        paths: &Paths,
        deps: RegistryDeps,
        registry: Arc<Registry>,
        lock: Arc<Lock>,
        memory: Arc<MemoryBackend>,
        keyring: Arc<KeyringBackend>,
        protections: Arc<Protections>,
    ) -> Arc<Self> {
        Arc::new(Self {
            started: deps.clock.now(),
            deps,
            registry,
            lock,
            memory,
            keyring,
            protections,
            shown_paths: [paths.address.socket(), &paths.state_file].map(files::exact),
            stop: Notify::new(),
            restarts: Restarts::default(),
            in_flight: AtomicUsize::new(0),
            doctor_run: Mutex::default(),
            routes: Routes::default(),
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
        self: &Arc<Self>,
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

    async fn respond(
        self: &Arc<Self>,
        request: Request,
        caller: CallerSnapshot,
        commitment: &Commitment,
    ) -> Response {
        let Self { registry, lock, .. } = &**self;
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
                self.doctor_page(&request).await.map_or_else(Response::Failure, Response::Findings)
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
