//! Owns one profile's place at the broker: its lease, who waits, and the task of its attempt.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::waiting::{Waiter, Waiters};
use crate::base::activity;
use crate::base::clock::Moment;
use crate::broker::failure::{of_refusal, superseded};
use crate::failure;
use crate::lease::{Decision, FailureKind, Lease, Refusal};
use crate::profile::Profile;

pub(super) struct Slot {
    pub(super) profile: Arc<Profile>,
    pub(super) lease: Lease,
    pub(super) waiters: Waiters,
    task: Option<AbortHandle>,
    /// Why the last attempt failed; told to callers until one succeeds.
    pub(super) last_failure: Option<Failure>,
    /// Since when the secret counts as refused, in time since 1970. A token may outlive that.
    pub(super) refused_since: Option<Duration>,
    /// Wakes those who wait for the end of a pause: it may be over.
    pub(super) news: Arc<Notify>,
    /// Of which everybody who waits for this profile has a copy.
    pub(super) callers: Arc<()>,
}

impl Slot {
    pub(super) fn new(profile: &Arc<Profile>) -> Self {
        let mut lease = Lease::default();
        lease.require_code(profile.needs_code());
        Self {
            profile: Arc::clone(profile),
            lease,
            waiters: Waiters::default(),
            task: None,
            last_failure: None,
            refused_since: None,
            news: Arc::default(),
            callers: Arc::default(),
        }
    }

    /// The profile as it is now. Whoever waits chooses anew. A token stays for as long as it is the same client's at the
    /// same server.
    pub(super) fn adopt(&mut self, profile: &Arc<Profile>) {
        if Arc::ptr_eq(&self.profile, profile) {
            return;
        }
        let old = std::mem::replace(&mut self.profile, Arc::clone(profile));
        if *old == **profile {
            return;
        }
        if old.secret_key() != profile.secret_key() {
            self.lease.reset();
            self.end_attempt();
        } else if !old.has_same_token_request(profile) {
            self.lease.disown();
            self.end_attempt();
        }
        self.lease.require_code(profile.needs_code());
        self.dismiss(&superseded());
    }

    /// The profile is this one now, or there is none any more; whether there is one.
    pub(super) fn become_or_end(&mut self, profile: Option<&Arc<Profile>>) -> bool {
        match profile {
            Some(profile) => self.adopt(profile),
            None => self.forget(&superseded()),
        }
        profile.is_some()
    }

    /// Whether an attempt is under way.
    pub(super) fn is_at_work(&self) -> bool {
        self.task.is_some()
    }

    /// How many callers wait for something of this profile.
    pub(super) fn callers(&self) -> usize {
        Arc::strong_count(&self.callers) - 1
    }

    pub(super) fn attempt_started(&mut self, task: AbortHandle) {
        self.task = Some(task);
    }

    /// The attempt has an outcome: nothing, where it was granted. Who waited for it is to be told.
    pub(super) fn attempt_over(&mut self, failure: Option<&Failure>) -> Waiters {
        self.task = None;
        activity::ended();
        self.last_failure = failure.cloned();
        if failure.is_none() {
            self.refused_since = None;
            self.news.notify_waiters();
        }
        std::mem::take(&mut self.waiters)
    }

    /// A secret that the daemon only reads is looked at again, but is refused all the same.
    pub(super) fn note_refusal(&mut self, kind: FailureKind, code: ErrorCode, now: Moment) {
        if kind == FailureKind::Final || code == ErrorCode::SECRET_REFUSED {
            self.refused_since.get_or_insert(now.wall);
        }
    }

    /// Answers one who has waited for an attempt that was granted.
    pub(super) fn settle(&mut self, number: u64, waiter: Waiter, now: Moment) {
        match self.lease.settle(&waiter.ask, waiter.asked, now) {
            Decision::Serve(served) => waiter.tell(Ok(served)),
            Decision::Refuse(refusal) => waiter.tell(Err(self.explain(refusal))),
            Decision::Wait(_) => self.waiters.keep(number, waiter),
        }
    }

    /// Answers one who has waited for an attempt that failed.
    pub(super) fn answer_in_spite(&self, waiter: Waiter, failure: &Failure, now: Moment) {
        let served = self.lease.serve_in_spite(&waiter.ask, waiter.asked, now);
        waiter.tell(served.ok_or_else(|| failure.clone()));
    }

    pub(super) fn forget(&mut self, told: &Failure) {
        self.lease.forget();
        self.end_attempt();
        self.dismiss(told);
    }

    pub(super) fn explain(&self, refusal: Refusal) -> Failure {
        of_refusal(refusal, &self.profile, self.last_failure.as_ref())
    }

    /// The failure of the attempt that is over, with when another one can be made, where that may help.
    pub(super) fn with_time(&self, failure: Failure, now: Moment) -> Failure {
        match self.lease.pause(now) {
            Some(pause @ Refusal::CoolingDown(_)) if failure::is_transient(failure.code) => {
                self.explain(pause)
            }
            Some(_) | None => failure,
        }
    }

    /// Ends the attempt under way, of which the lease knows no more. The reason for a pause is kept with the pause.
    fn end_attempt(&mut self) {
        self.refused_since = None;
        if !self.lease.is_cooling() {
            self.last_failure = None;
        }
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }

    /// Tells this to whoever waits.
    fn dismiss(&mut self, told: &Failure) {
        std::mem::take(&mut self.waiters).tell(told);
        self.news.notify_waiters();
    }
}
