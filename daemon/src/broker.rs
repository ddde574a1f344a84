//! Owns every lease, the callers who wait, the attempts in flight and the one timer. It names no HTTP client, no
//! keyring, no frame and no socket.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use cp_token_protocol::message::{Operation, Outcome};
use cp_token_protocol::{Failure, ProfileName, Secret};
use tokio::sync::Notify;

use crate::audit::Audit;
use crate::base::clock::Clock;
use crate::base::mutex;
use crate::base::unwind;
use crate::broker::failure::{panicked, superseded};
use crate::failure::{locked, stopping};
use crate::lease::{LeaseStatus, ServedToken};
use crate::profile::Profile;
use crate::token_request::{FetchToken, FetchedToken};

pub mod failure;
mod pending;
mod replies;
mod slot;
mod snapshot;
mod waiters;

pub use pending::{PendingCaller, WaitRequest};
use slot::Slot;

/// The reply to a caller.
pub enum BrokerReply {
    /// Known now.
    Now(Result<ServedToken, Failure>),
    /// Known later.
    Later(PendingCaller),
}

/// The leases by profile, with at most one attempt each. The broker owns an attempt, never a caller.
pub struct Broker {
    /// Held for a few hundred instructions and never across an await.
    slots: Mutex<HashMap<ProfileName, Slot>>,
    /// Whether the daemon is locked. Read and written under the lock of `slots` alone.
    is_locked: AtomicBool,
    /// Whether a new process waits, and no token is renewed ahead. As `is_locked`.
    renewals_paused: AtomicBool,
    /// Whether the daemon stops. As `is_locked`.
    is_stopping: AtomicBool,
    /// How many callers may wait for one profile.
    max_waiters: AtomicUsize,
    /// The number of the next waiter.
    next_waiter: AtomicU64,
    clock: Arc<dyn Clock>,
    fetcher: Arc<dyn FetchToken>,
    audit: Arc<Audit>,
    /// In [0, 1); spreads renewals and back-offs.
    jitter: fn() -> f64,
    timer_changed: Notify,
}

impl Broker {
    /// A broker without leases.
    pub fn new(
        clock: Arc<dyn Clock>,
        fetcher: Arc<dyn FetchToken>,
        audit: Arc<Audit>,
        jitter: fn() -> f64,
    ) -> Arc<Self> {
        Arc::new(Self {
            slots: Mutex::default(),
            is_locked: AtomicBool::new(false),
            renewals_paused: AtomicBool::new(false),
            is_stopping: AtomicBool::new(false),
            max_waiters: AtomicUsize::new(usize::MAX),
            next_waiter: AtomicU64::new(0),
            clock,
            fetcher,
            audit,
            jitter,
            timer_changed: Notify::new(),
        })
    }

    /// Lets at most `most` callers wait for one profile, so that connections are left for other profiles.
    pub fn limit_waiters(&self, most: usize) {
        self.max_waiters.store(most, Ordering::Relaxed);
    }

    /// Replies to a caller who asks for a token of `profile`. `code` is for the token request that this call may start.
    pub fn access_token(
        self: &Arc<Self>,
        profile: &Arc<Profile>,
        request: WaitRequest,
        code: Option<Secret>,
    ) -> BrokerReply {
        self.reply(profile, request, None, code)
    }

    /// Drops the profile's token, abandons the attempt in flight, and allows a refused secret once more; waiters ask again.
    /// Returns whether a secret was refused.
    pub fn forget(&self, profile: &Profile) -> bool {
        let was_refused = self.fetcher.clear_refusal(profile);
        if let Some(slot) = self.slots().get_mut(&profile.name) {
            slot.forget(&superseded());
        }
        was_refused
    }

    /// As [`Broker::forget`] after a change of the profile: a refused secret stays refused, but a pause of our own ends,
    /// because the secret may be another. If it is the same, its back-off goes on.
    pub fn drop_token(&self, profile: &Profile) {
        if let Some(slot) = self.slots().get_mut(&profile.name) {
            slot.lease.abandon_attempt();
            slot.forget(&superseded());
        }
    }

    /// Allows what was refused for a profile that was not created; returns whether anything was refused.
    pub fn forget_refused(&self, name: &ProfileName) -> bool {
        self.fetcher.clear_refusal_named(name)
    }

    /// As [`Broker::forget`], for every profile.
    pub fn forget_all(&self) -> bool {
        let were_refused = self.fetcher.clear_refusals();
        self.slots().values_mut().for_each(|slot| slot.forget(&superseded()));
        were_refused
    }

    /// Drops every token, abandons every attempt, and accepts no token until [`Broker::unlock`]. Waiters fail with
    /// `locked`.
    pub fn lock(&self) {
        let mut slots = self.slots();
        self.is_locked.store(true, Ordering::Relaxed);
        slots.values_mut().for_each(|slot| slot.forget(&locked()));
    }

    /// Accepts tokens again after [`Broker::lock`].
    pub fn unlock(&self) {
        let _slots = self.slots();
        self.is_locked.store(false, Ordering::Relaxed);
    }

    /// Takes over the changed profiles; `current` returns the profile of a name. Waiters of a profile that changed or is
    /// gone ask again.
    pub fn profiles_changed(&self, current: impl Fn(&ProfileName) -> Option<Arc<Profile>>) {
        self.slots().retain(|name, slot| slot.update(current(name).as_ref(), &*self.fetcher));
    }

    /// As [`Broker::profiles_changed`], for one profile.
    pub fn profile_changed(&self, name: &ProfileName, current: Option<&Arc<Profile>>) {
        let mut slots = self.slots();
        if slots.get_mut(name).is_some_and(|slot| !slot.update(current, &*self.fetcher)) {
            slots.remove(name);
        }
    }

    /// Takes the token that verified a new secret, in place of the held one.
    pub fn install(&self, profile: &Arc<Profile>, fetched: FetchedToken) {
        let now = self.clock.now();
        let mut slots = self.slots();
        if self.is_locked.load(Ordering::Relaxed) {
            return;
        }
        let slot = slots.entry(profile.name.clone()).or_insert_with(|| Slot::new(profile));
        slot.set_profile(profile, &*self.fetcher);
        slot.forget(&superseded());
        slot.lease.install(fetched.token, fetched.life, fetched.sent, now, (self.jitter)());
        self.timer_changed.notify_one();
    }

    /// The status of the profile's lease.
    pub fn status(&self, name: &ProfileName) -> LeaseStatus {
        let now = self.clock.now();
        self.slots().get(name).map_or(LeaseStatus::Absent, |slot| slot.lease.status(now))
    }

    /// When the profile's secret was refused, as time since 1970; `None` if it is not refused.
    pub fn refused_since(&self, name: &ProfileName) -> Option<Duration> {
        self.slots().get(name)?.refused_since
    }

    /// Why the profile's last attempt failed; `None` if it succeeded.
    pub fn last_failure(&self, name: &ProfileName) -> Option<Failure> {
        self.slots().get(name)?.last_failure.clone()
    }

    /// Fails every waiter with `stopping`, and abandons every attempt.
    pub fn stop(&self) {
        let mut slots = self.slots();
        self.is_stopping.store(true, Ordering::Relaxed);
        slots.values_mut().for_each(|slot| slot.forget(&stopping()));
    }

    /// Renews tokens ahead of expiry, and drops expired ones. Runs until it is dropped.
    pub async fn run_timer(self: Arc<Self>) {
        loop {
            match self.handle_timeouts() {
                Some(pause) => {
                    let _ = tokio::time::timeout(pause, self.timer_changed.notified()).await;
                }
                None => self.timer_changed.notified().await,
            }
        }
    }

    fn handle_timeouts(self: &Arc<Self>) -> Option<Duration> {
        let now = self.clock.now();
        let mut next: Option<Duration> = None;
        for slot in self.slots().values_mut() {
            slot.lease.handle_timeout(now);
            self.start_attempt(slot, None, Operation::Renewal);
            let pause = slot.lease.poll_timeout().map(|due| now.until(due));
            next = [next, pause].into_iter().flatten().min();
        }
        next.map(|pause| pause.clamp(MIN_SLEEP, MAX_SLEEP))
    }

    /// Starts the attempt that the lease has ordered, if any, in a task of its own that outlives every caller.
    fn start_attempt(self: &Arc<Self>, slot: &mut Slot, code: Option<Secret>, operation: Operation) -> bool {
        if operation == Operation::Renewal && self.renewals_paused.load(Ordering::Relaxed) {
            return false;
        }
        let Some(attempt) = slot.lease.poll_effect() else { return false };
        let broker = Arc::clone(self);
        let profile = Arc::clone(&slot.profile);
        let audit_entry = self.audit.begin_own(operation, &profile.name);
        let task = tokio::spawn(async move {
            let fetch = async { broker.fetcher.fetch_token(Arc::clone(&profile), code).await };
            let result = unwind::caught(fetch).await.unwrap_or_else(|_| Err(panicked()));
            audit_entry.finish(match &result {
                Ok(_) => Outcome::Issued,
                Err(failed) => Outcome::Failed(failed.failure.code),
            });
            broker.finish_attempt(&profile.name, attempt, result).await;
        });
        slot.task = Some(task.abort_handle());
        true
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<ProfileName, Slot>> {
        mutex::lock(&self.slots)
    }
}

/// A shorter sleep would only spin.
const MIN_SLEEP: Duration = Duration::from_millis(5);
/// A timer may stop during suspend, so no sleep is longer.
const MAX_SLEEP: Duration = Duration::from_secs(30);
