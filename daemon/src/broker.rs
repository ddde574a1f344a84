//! Owns every lease, the callers who wait, the attempts under way and the one timer. It names no HTTP
//! client, no keyring, no frame and no socket.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cp_token_protocol::message::{Operation, Outcome};
use cp_token_protocol::{Failure, ProfileName, Secret};
use tokio::sync::Notify;

use crate::audit::Audit;
use crate::base::clock::Clock;
use crate::base::unwind;
use crate::broker::failure::{panicked, superseded};
use crate::failure::{locked, stopping};
use crate::lease::{LeaseStatus, ServedToken};
use crate::profile::Profile;
use crate::token_request::{FetchToken, FetchedToken, TokenRequestFailed};

mod answering;
pub mod failure;
mod pending;
mod slot;
mod snapshot;
mod waiting;

pub use pending::{PendingCaller, WaitRequest};
use slot::Slot;

/// The answer to a caller: at once, or when what it waits for is over.
pub enum BrokerReply {
    /// Known now.
    Now(Result<ServedToken, Failure>),
    /// Known later.
    Later(PendingCaller),
}

/// Leases by profile. One attempt at a time each, owned here and never by a caller.
pub struct Broker {
    /// Held for a few hundred instructions and never across an await.
    entries: Mutex<HashMap<ProfileName, Slot>>,
    /// While the daemon is locked. Read and written under the lock of `entries` alone.
    closed: AtomicBool,
    /// While a successor waits: nothing is renewed for which nobody waits. As `closed`.
    held_back: AtomicBool,
    /// Once the daemon stops: nobody is answered any more. As `closed`.
    stopping: AtomicBool,
    /// How many callers may wait for one profile.
    share: AtomicUsize,
    /// The number of the caller who waited last.
    numbers: AtomicU64,
    clock: Arc<dyn Clock>,
    redeemer: Arc<dyn FetchToken>,
    audit: Arc<Audit>,
    /// In [0, 1); spreads renewals and back-offs.
    chance: fn() -> f64,
    timer_changed: Notify,
}

impl Broker {
    /// A broker with no lease.
    pub fn new(
        clock: Arc<dyn Clock>,
        redeemer: Arc<dyn FetchToken>,
        audit: Arc<Audit>,
        chance: fn() -> f64,
    ) -> Arc<Self> {
        Arc::new(Self {
            entries: Mutex::default(),
            closed: AtomicBool::new(false),
            held_back: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            share: AtomicUsize::new(usize::MAX),
            numbers: AtomicU64::new(0),
            clock,
            redeemer,
            audit,
            chance,
            timer_changed: Notify::new(),
        })
    }

    /// Lets at most `share` callers wait for one profile, so that places are left for those of others.
    pub fn limit_waiters(&self, share: usize) {
        self.share.store(share, Ordering::Relaxed);
    }

    /// A caller asks for a token of `profile`. `code` is for the token request that the caller may cause.
    pub fn access_token(
        self: &Arc<Self>,
        profile: &Arc<Profile>,
        wish: WaitRequest,
        code: Option<Secret>,
    ) -> BrokerReply {
        self.ask(profile, wish, None, code)
    }

    /// Drops the profile's token and disowns the attempt under way; whoever waits asks again. A refused secret is tried once
    /// more; whether there was one.
    pub fn forget(&self, profile: &Profile) -> bool {
        let was_refused = self.redeemer.clear_refusal(profile);
        self.drop_token(profile);
        was_refused
    }

    /// As [`Broker::forget`], and a refused secret stays refused.
    pub fn drop_token(&self, profile: &Profile) {
        if let Some(entry) = self.entries().get_mut(&profile.name) {
            entry.forget(&superseded());
        }
    }

    /// Lets what was refused for a profile that was not created be tried once more; whether there was any.
    pub fn forget_refused(&self, name: &ProfileName) -> bool {
        self.redeemer.clear_refusal_named(name)
    }

    /// As [`Broker::forget`], for every profile.
    pub fn forget_all(&self) -> bool {
        let were_refused = self.redeemer.clear_refusals();
        for entry in self.entries().values_mut() {
            entry.forget(&superseded());
        }
        were_refused
    }

    /// How long callers are held up by the next one-time code of the profile; nothing where they are not.
    pub fn code_delay(&self, profile: &Profile) -> Option<Duration> {
        self.redeemer.code_delay(profile)
    }

    /// Drops every token, disowns every attempt, and takes no token in until [`Broker::unlock`]. Whoever waits is told
    /// that the daemon is locked.
    pub fn lock(&self) {
        let mut entries = self.entries();
        self.closed.store(true, Ordering::Relaxed);
        for entry in entries.values_mut() {
            entry.forget(&locked());
        }
    }

    /// Undoes [`Broker::lock`], but for what was dropped.
    pub fn unlock(&self) {
        let _entries = self.entries();
        self.closed.store(false, Ordering::Relaxed);
    }

    /// The profiles are others now: `current` has the one of a name. Whoever waits for one that has changed or gone chooses
    /// anew.
    pub fn profiles_changed(&self, current: impl Fn(&ProfileName) -> Option<Arc<Profile>>) {
        self.entries().retain(|name, entry| entry.become_or_end(current(name).as_ref()));
    }

    /// As [`Broker::profiles_changed`], where no other than this one has changed.
    pub fn profile_changed(&self, name: &ProfileName, current: Option<&Arc<Profile>>) {
        let mut entries = self.entries();
        let is_kept = entries.get_mut(name).is_none_or(|entry| entry.become_or_end(current));
        if !is_kept {
            entries.remove(name);
        }
    }

    /// Takes a token that proved a new secret, in place of whatever the lease held.
    pub fn install(&self, profile: &Arc<Profile>, redeemed: FetchedToken) {
        let now = self.clock.now();
        let mut entries = self.entries();
        if self.is_closed() {
            return;
        }
        let entry = entries.entry(profile.name.clone()).or_insert_with(|| Slot::new(profile));
        entry.adopt(profile);
        entry.forget(&superseded());
        entry.lease.install(redeemed.token, redeemed.life, redeemed.sent, now, (self.chance)());
        self.timer_changed.notify_one();
    }

    /// What the profile's lease is doing.
    pub fn status(&self, name: &ProfileName) -> LeaseStatus {
        let now = self.clock.now();
        self.entries().get(name).map_or(LeaseStatus::Absent, |entry| entry.lease.status(now))
    }

    /// Since when, in time since 1970, the profile's secret counts as refused; nothing where it does not.
    pub fn refused_since(&self, name: &ProfileName) -> Option<Duration> {
        self.entries().get(name)?.refused_since
    }

    /// Why the profile's last attempt failed; nothing where it did not.
    pub fn last_failure(&self, name: &ProfileName) -> Option<Failure> {
        self.entries().get(name)?.last_failure.clone()
    }

    /// Tells every waiting caller that the daemon stops, and disowns every attempt.
    pub fn stop(&self) {
        let mut entries = self.entries();
        self.stopping.store(true, Ordering::Relaxed);
        for entry in entries.values_mut() {
            entry.forget(&stopping());
        }
    }

    /// Renews tokens ahead of their end, and lets go of those that have ended. Runs until it is dropped.
    ///
    /// No sleep is longer than half a minute: a timer may stand still in suspend.
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
        for entry in self.entries().values_mut() {
            entry.lease.handle_timeout(now);
            self.follow_orders(entry, None, Operation::Renewal);
            let pause = entry.lease.poll_timeout().map(|due| now.until(due));
            next = [next, pause].into_iter().flatten().min();
        }
        next.map(|pause| pause.clamp(SHORTEST_SLEEP, LONGEST_SLEEP))
    }

    /// Starts the attempt that the lease ordered, if it did, in a task of its own: it outlives every caller.
    fn follow_orders(self: &Arc<Self>, entry: &mut Slot, code: Option<Secret>, operation: Operation) -> bool {
        if operation == Operation::Renewal && self.held_back.load(Ordering::Relaxed) {
            return false;
        }
        let Some(attempt) = entry.lease.poll_effect() else { return false };
        let broker = Arc::clone(self);
        let profile = Arc::clone(&entry.profile);
        let audit_entry = self.audit.begin_own(operation, &profile.name);
        let task = tokio::spawn(async move {
            let trade = async { broker.redeemer.fetch_token(Arc::clone(&profile), code).await };
            let outcome = unwind::caught(trade).await.unwrap_or_else(|_| Err(panicked()));
            audit_entry.finish(told(&outcome));
            broker.conclude(&profile.name, attempt, outcome).await;
        });
        entry.attempt_started(task.abort_handle());
        true
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<ProfileName, Slot>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the log tells what came of an attempt.
fn told(outcome: &Result<FetchedToken, TokenRequestFailed>) -> Outcome {
    match outcome {
        Ok(_) => Outcome::Issued,
        Err(unredeemed) => Outcome::Failed(unredeemed.failure.code),
    }
}

/// Shorter pauses would only spin.
const SHORTEST_SLEEP: Duration = Duration::from_millis(5);
/// A timer may stand still in suspend, so none is trusted for longer.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
