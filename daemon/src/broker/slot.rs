//! Owns one profile's place at the broker: its lease, its waiters, and the task of its attempt.

use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure};
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::waiters::{Waiter, Waiters};
use crate::base::activity;
use crate::base::clock::Moment;
use crate::broker::failure::{of_refusal, superseded};
use crate::failure;
use crate::lease::{Decision, FailureKind, Lease, Refusal};
use crate::profile::Profile;
use crate::token_request::FetchToken;

pub(super) struct Slot {
    pub(super) profile: Arc<Profile>,
    pub(super) lease: Lease,
    pub(super) waiters: Waiters,
    /// The task of the attempt in flight.
    pub(super) task: Option<AbortHandle>,
    /// Whether the attempt in flight is of the profile as it was, and goes on only to find out whether its password is right.
    is_superseded: bool,
    /// Why the last attempt failed; callers get it until one succeeds.
    pub(super) last_failure: Option<Failure>,
    /// When the secret was refused, as time since 1970. A held token may live longer.
    pub(super) refused_since: Option<Duration>,
    /// Wakes the callers who wait for the end of a pause, which may have ended early.
    pub(super) pause_changed: Arc<Notify>,
    /// Each caller who waits for this profile holds a clone.
    pub(super) counter: Arc<()>,
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
            is_superseded: false,
            last_failure: None,
            refused_since: None,
            pause_changed: Arc::default(),
            counter: Arc::default(),
        }
    }

    /// Takes over the profile as it is now; waiters ask again. The token stays if client and server are the same. A password
    /// that was sent there is not sent again before its verdict: each wrong one counts as a failed login.
    pub(super) fn set_profile(&mut self, profile: &Arc<Profile>, fetcher: &dyn FetchToken) {
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
            match self.task.is_some() && fetcher.has_sent_password(profile) {
                true => self.is_superseded = true,
                false => self.abandon_attempt(),
            }
        }
        self.lease.require_code(profile.needs_code());
        self.fail_waiters(&superseded());
    }

    /// Takes over the profile, or that it is gone; returns whether there is one.
    pub(super) fn update(&mut self, profile: Option<&Arc<Profile>>, fetcher: &dyn FetchToken) -> bool {
        match profile {
            Some(profile) => self.set_profile(profile, fetcher),
            None => self.forget(&superseded()),
        }
        profile.is_some()
    }

    /// How many callers wait for this profile.
    pub(super) fn callers(&self) -> usize {
        Arc::strong_count(&self.counter) - 1
    }

    /// Throws away the result of an attempt for the profile as it was; returns whether it was one. Waiters ask again.
    pub(super) fn superseded_attempt_finished(&mut self) -> bool {
        let is_superseded = self.is_superseded;
        if is_superseded {
            self.task = None;
            self.abandon_attempt();
            self.fail_waiters(&superseded());
            activity::ended();
        }
        is_superseded
    }

    /// Records the result of the attempt; `None` is a success. Returns the waiters to reply to.
    pub(super) fn attempt_finished(&mut self, failure: Option<&Failure>) -> Waiters {
        self.task = None;
        activity::ended();
        self.last_failure = failure.cloned();
        if failure.is_none() {
            self.refused_since = None;
            self.pause_changed.notify_waiters();
        }
        std::mem::take(&mut self.waiters)
    }

    /// Records when the secret was first refused. A secret from a file or program is tried again, but counts as refused.
    pub(super) fn record_refusal(&mut self, kind: FailureKind, code: ErrorCode, now: Moment) {
        if kind == FailureKind::Final || code == ErrorCode::SECRET_REFUSED {
            self.refused_since.get_or_insert(now.wall);
        }
    }

    /// Replies to a caller who waited for an attempt that succeeded.
    pub(super) fn reply_after_success(&mut self, number: u64, waiter: Waiter, now: Moment) {
        match self.lease.serve_after_wait(&waiter.query, waiter.asked, now) {
            Decision::Serve(served) => waiter.reply(Ok(served)),
            Decision::Refuse(refusal) => waiter.reply(Err(self.describe(refusal))),
            Decision::Wait(_) if waiter.reply.is_closed() => {}
            Decision::Wait(_) => {
                self.waiters.insert(number, waiter);
            }
        }
    }

    /// Replies to a caller who waited for an attempt that failed.
    pub(super) fn reply_after_failure(&self, waiter: Waiter, failure: &Failure, now: Moment) {
        let served = self.lease.serve_after_failure(&waiter.query, waiter.asked, now);
        waiter.reply(served.ok_or_else(|| failure.clone()));
    }

    /// Drops the token and the attempt; waiters fail with `failure`.
    pub(super) fn forget(&mut self, failure: &Failure) {
        self.lease.forget();
        self.end_attempt();
        self.fail_waiters(failure);
    }

    /// The failure that a refusal of the lease means.
    pub(super) fn describe(&self, refusal: Refusal) -> Failure {
        of_refusal(refusal, &self.profile, self.last_failure.as_ref())
    }

    /// The failure of the last attempt, with the time of the next one if that may succeed.
    pub(super) fn with_retry_time(&self, failure: Failure, now: Moment) -> Failure {
        match self.lease.pause(now) {
            Some(pause @ Refusal::CoolingDown(_)) if failure::is_transient(failure.code) => {
                self.describe(pause)
            }
            Some(_) | None => failure,
        }
    }

    pub(super) fn abandon_attempt(&mut self) {
        self.lease.abandon_attempt();
        self.end_attempt();
    }

    /// Aborts the task of an attempt that the lease has abandoned. The reason for a pause stays as long as the pause.
    fn end_attempt(&mut self) {
        self.is_superseded = false;
        self.refused_since = None;
        if !self.lease.is_cooling() {
            self.last_failure = None;
        }
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }

    fn fail_waiters(&mut self, failure: &Failure) {
        for waiter in std::mem::take(&mut self.waiters).into_values() {
            waiter.reply(Err(failure.clone()));
        }
        self.pause_changed.notify_waiters();
    }
}
