//! Owns one profile's place at the broker: its lease, who waits, and the task of its attempt.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::clock::Moment;
use crate::failure;
use crate::lease::{Acceptance, Ask, Attempt, FailureKind, Lease, Refusal, Served};
use crate::profile::Profile;

/// A caller who waits for the outcome of one attempt.
pub(super) struct Waiter {
    ask: Ask,
    attempt: Attempt,
    /// Dropping it unanswered tells the caller that the daemon stops.
    reply: oneshot::Sender<Result<Served, Failure>>,
}

pub(super) struct Entry {
    pub(super) profile: Arc<Profile>,
    pub(super) lease: Lease,
    waiters: Vec<Waiter>,
    task: Option<AbortHandle>,
    /// Why the last attempt failed; told to callers until one succeeds.
    pub(super) last_failure: Option<Failure>,
    /// Since when the secret counts as refused, in time since 1970. A token may outlive that.
    pub(super) refused_since: Option<Duration>,
}

impl Entry {
    pub(super) fn new(profile: &Arc<Profile>) -> Self {
        let mut lease = Lease::default();
        lease.require_code(profile.needs_code());
        Self {
            profile: Arc::clone(profile),
            lease,
            waiters: Vec::new(),
            task: None,
            last_failure: None,
            refused_since: None,
        }
    }

    /// The profile as it is now. One that has changed has nothing to do with the old one's token.
    pub(super) fn adopt(&mut self, profile: &Arc<Profile>) {
        if Arc::ptr_eq(&self.profile, profile) {
            return;
        }
        if *self.profile != **profile {
            self.forget(&failure::superseded());
            self.lease.require_code(profile.needs_code());
        }
        self.profile = Arc::clone(profile);
    }

    /// Whether an attempt is under way.
    pub(super) fn is_at_work(&self) -> bool {
        self.task.is_some()
    }

    pub(super) fn park(&mut self, ask: Ask, attempt: Attempt) -> oneshot::Receiver<Result<Served, Failure>> {
        let (reply, receiver) = oneshot::channel();
        self.waiters.push(Waiter { ask, attempt, reply });
        receiver
    }

    pub(super) fn attempt_started(&mut self, task: AbortHandle) {
        self.task = Some(task);
    }

    /// The attempt was granted: one outcome answers everybody who waited for it.
    pub(super) fn settle(&mut self, acceptance: Acceptance, attempt: Attempt, now: Moment) {
        match failure::of_acceptance(acceptance) {
            Some(failure) => self.fail(failure, attempt),
            None => {
                (self.last_failure, self.refused_since) = (None, None);
                for waiter in self.take_waiters(attempt) {
                    let outcome =
                        self.lease.settle(&waiter.ask, now).map_err(|refusal| self.explain(refusal));
                    let _ = waiter.reply.send(outcome);
                }
            }
        }
    }

    /// A secret that the daemon only reads is looked at again, but is refused all the same.
    pub(super) fn note_refusal(&mut self, kind: FailureKind, code: ErrorCode, now: Moment) {
        if kind == FailureKind::Final || code == ErrorCode::SECRET_REFUSED {
            self.refused_since.get_or_insert(now.wall);
        }
    }

    /// The attempt failed: one outcome answers everybody who waited for it.
    pub(super) fn fail(&mut self, failure: Failure, attempt: Attempt) {
        for waiter in self.take_waiters(attempt) {
            let _ = waiter.reply.send(Err(failure.clone()));
        }
        self.last_failure = Some(failure);
    }

    pub(super) fn forget(&mut self, told: &Failure) {
        self.lease.forget();
        (self.last_failure, self.refused_since) = (None, None);
        if let Some(task) = self.task.take() {
            task.abort();
        }
        for waiter in self.waiters.drain(..) {
            let _ = waiter.reply.send(Err(told.clone()));
        }
    }

    pub(super) fn explain(&self, refusal: Refusal) -> Failure {
        failure::of_refusal(refusal, &self.profile, self.last_failure.as_ref())
    }

    fn take_waiters(&mut self, attempt: Attempt) -> Vec<Waiter> {
        self.task = None;
        let (answered, others) = self.waiters.drain(..).partition(|waiter| waiter.attempt == attempt);
        self.waiters = others;
        answered
    }
}
