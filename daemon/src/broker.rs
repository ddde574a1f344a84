//! Owns every lease, the callers who wait, the attempts under way and the one timer. It names no HTTP
//! client, no keyring, no frame and no socket.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cp_token_protocol::message::{Deed, Outcome};
use cp_token_protocol::{Failure, ProfileName, Secret};
use tokio::sync::{Notify, oneshot};

use crate::audit::Audit;
use crate::clock::Clock;
use crate::failure;
use crate::lease::{Acceptance, Ask, Attempt, Decision, Refusal, Served, Standing};
use crate::profile::Profile;
use crate::trade::{Redeem, Redeemed, Unredeemed};
use crate::unwind;

mod entry;
mod legacy;

use entry::Entry;

/// The answer to a caller: at once, or when the attempt it waits for has an outcome.
#[derive(Debug)]
pub enum Answer {
    /// Known now.
    Now(Result<Served, Failure>),
    /// Known later.
    Later {
        /// The outcome. A broken channel means that the daemon stops.
        outcome: oneshot::Receiver<Result<Served, Failure>>,
        /// Whether this very caller is the reason for the token request.
        is_cause: bool,
    },
}

/// Leases by profile. One attempt at a time each, owned here and never by a caller.
pub struct Broker {
    /// Held for a few hundred instructions and never across an await.
    entries: Mutex<HashMap<ProfileName, Entry>>,
    /// While the daemon is locked. Read and written under the lock of `entries` alone.
    closed: AtomicBool,
    /// While a successor waits: nothing is renewed for which nobody waits. As `closed`.
    held_back: AtomicBool,
    clock: Arc<dyn Clock>,
    redeemer: Arc<dyn Redeem>,
    audit: Arc<Audit>,
    /// In [0, 1); spreads renewals and back-offs.
    chance: fn() -> f64,
    timer_changed: Notify,
}

impl Broker {
    /// A broker with no lease.
    pub fn new(
        clock: Arc<dyn Clock>,
        redeemer: Arc<dyn Redeem>,
        audit: Arc<Audit>,
        chance: fn() -> f64,
    ) -> Arc<Self> {
        Arc::new(Self {
            entries: Mutex::default(),
            closed: AtomicBool::new(false),
            held_back: AtomicBool::new(false),
            clock,
            redeemer,
            audit,
            chance,
            timer_changed: Notify::new(),
        })
    }

    /// A caller asks for a token of `profile`. `code` is for the token request that the caller may cause.
    pub fn access_token(self: &Arc<Self>, profile: &Arc<Profile>, ask: Ask, code: Option<Secret>) -> Answer {
        let now = self.clock.now();
        let mut entries = self.entries();
        if self.is_closed() {
            return Answer::Now(Err(failure::locked()));
        }
        let entry = entries.entry(profile.name.clone()).or_insert_with(|| Entry::new(profile));
        entry.adopt(profile);
        let decision = entry.lease.request(&ask, now);
        let is_wanted = matches!(decision, Decision::Wait(_));
        let deed = if is_wanted { Deed::TokenRequest } else { Deed::Renewal };
        let has_started = self.follow_orders(entry, code, deed);
        match decision {
            Decision::Serve(served) => Answer::Now(Ok(served)),
            Decision::Refuse(refusal) => Answer::Now(Err(self.explain(entry, refusal))),
            Decision::Wait(attempt) => {
                Answer::Later { outcome: entry.park(ask, attempt), is_cause: has_started }
            }
        }
    }

    /// Drops the profile's token and disowns the attempt under way; whoever waits for it is told.
    pub fn forget(&self, profile: &Profile) {
        self.redeemer.forgive(profile);
        if let Some(entry) = self.entries().get_mut(&profile.name) {
            entry.forget(&failure::superseded());
        }
    }

    /// As [`Broker::forget`], for every profile.
    pub fn forget_all(&self) {
        self.redeemer.forgive_all();
        for entry in self.entries().values_mut() {
            entry.forget(&failure::superseded());
        }
    }

    /// How long callers are held up by the next one-time code of the profile; nothing where they are not.
    pub fn code_wait(&self, profile: &Profile) -> Option<Duration> {
        self.redeemer.code_wait(profile)
    }

    /// Drops every token, disowns every attempt, and takes no token in until [`Broker::open`]. Whoever waits is told
    /// that the daemon is locked.
    pub fn close(&self) {
        let mut entries = self.entries();
        self.closed.store(true, Ordering::Relaxed);
        for entry in entries.values_mut() {
            entry.forget(&failure::locked());
        }
    }

    /// Undoes [`Broker::close`], but for what was dropped.
    pub fn open(&self) {
        let _entries = self.entries();
        self.closed.store(false, Ordering::Relaxed);
    }

    /// Keeps the leases of these profiles and no other.
    pub fn retain(&self, keep: impl Fn(&ProfileName) -> bool) {
        self.entries().retain(|name, entry| {
            let kept = keep(name);
            if !kept {
                entry.forget(&failure::superseded());
            }
            kept
        });
    }

    /// Drops the profile's lease, as [`Broker::retain`] does with those that are not kept.
    pub fn drop_lease(&self, name: &ProfileName) {
        if let Some(mut entry) = self.entries().remove(name) {
            entry.forget(&failure::superseded());
        }
    }

    /// Takes a token that proved a new secret, in place of whatever the lease held.
    pub fn install(&self, profile: &Arc<Profile>, redeemed: Redeemed) {
        let now = self.clock.now();
        let mut entries = self.entries();
        if self.is_closed() {
            return;
        }
        let entry = entries.entry(profile.name.clone()).or_insert_with(|| Entry::new(profile));
        entry.adopt(profile);
        entry.forget(&failure::superseded());
        entry.lease.install(redeemed.token, redeemed.life, redeemed.sent, now, (self.chance)());
        self.timer_changed.notify_one();
    }

    /// What the profile's lease is doing.
    pub fn standing(&self, name: &ProfileName) -> Standing {
        let now = self.clock.now();
        self.entries().get(name).map_or(Standing::Absent, |entry| entry.lease.standing(now))
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
        for entry in self.entries().values_mut() {
            entry.forget(&failure::stopping());
        }
    }

    /// Renews tokens ahead of their end, and lets go of those that have ended. Runs until it is dropped.
    ///
    /// No sleep is longer than half a minute: a timer may stand still in suspend.
    pub async fn keep_time(self: Arc<Self>) {
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
            self.follow_orders(entry, None, Deed::Renewal);
            let pause = entry.lease.poll_timeout().map(|due| now.until(due));
            next = [next, pause].into_iter().flatten().min();
        }
        next.map(|pause| pause.clamp(SHORTEST_SLEEP, LONGEST_SLEEP))
    }

    /// Starts the attempt that the lease ordered, if it did, in a task of its own: it outlives every caller.
    fn follow_orders(self: &Arc<Self>, entry: &mut Entry, code: Option<Secret>, deed: Deed) -> bool {
        if deed == Deed::Renewal && self.held_back.load(Ordering::Relaxed) {
            return false;
        }
        let Some(attempt) = entry.lease.poll_effect() else { return false };
        let broker = Arc::clone(self);
        let profile = Arc::clone(&entry.profile);
        let noted = self.audit.begun(deed, &profile.name);
        let task = tokio::spawn(async move {
            let trade = async { broker.redeemer.redeem(Arc::clone(&profile), code).await };
            let outcome = unwind::caught(trade).await.unwrap_or_else(|_| Err(failure::panicked()));
            noted.close(told(&outcome));
            broker.conclude(&profile.name, attempt, outcome);
        });
        entry.attempt_started(task.abort_handle());
        true
    }

    fn conclude(&self, name: &ProfileName, attempt: Attempt, outcome: Result<Redeemed, Unredeemed>) {
        let now = self.clock.now();
        let chance = (self.chance)();
        let mut entries = self.entries();
        let Some(entry) = entries.get_mut(name).filter(|entry| entry.lease.awaits(attempt)) else {
            tracing::debug!(profile = %name, "a late result was thrown away");
            return;
        };
        match outcome {
            Ok(Redeemed { token, life, sent }) => {
                let acceptance = entry.lease.on_granted(attempt, token, life, sent, now, chance);
                entry.settle(acceptance, attempt, now);
                tracing::info!(profile = %name, seconds = life.as_secs(), accepted = acceptance == Acceptance::Held, "token issued");
            }
            Err(Unredeemed { failure, kind }) => {
                entry.lease.on_failed(attempt, kind, now, chance);
                entry.note_refusal(kind, failure.code, now);
                tracing::warn!(profile = %name, code = failure.code.name(), "token request failed");
                entry.fail(failure, attempt);
            }
        }
        self.timer_changed.notify_one();
    }

    /// Whoever is to give a code is told where the one of this moment was used.
    fn explain(&self, entry: &Entry, refusal: Refusal) -> Failure {
        let failure = entry.explain(refusal);
        match (refusal, self.redeemer.code_wait(&entry.profile)) {
            (Refusal::CodeNeeded, Some(wait)) => failure.with_retry_after(wait),
            (_, _) => failure,
        }
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<ProfileName, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the log tells what came of an attempt.
fn told(outcome: &Result<Redeemed, Unredeemed>) -> Outcome {
    match outcome {
        Ok(_) => Outcome::Issued,
        Err(unredeemed) => Outcome::Failed(unredeemed.failure.code),
    }
}

/// Shorter pauses would only spin.
const SHORTEST_SLEEP: Duration = Duration::from_millis(5);
/// A timer may stand still in suspend, so none is trusted for longer.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
