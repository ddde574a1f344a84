//! Owns the replies to callers: immediately if the lease decides so, and in batches when an attempt has a result.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cp_token_protocol::message::Operation;
use cp_token_protocol::{ErrorCode, Failure, ProfileName, Secret};
use tokio::sync::oneshot;

use super::pending::WaitStage;
use super::waiters::{WaitHandle, Waiter, Waiters};
use super::{Broker, BrokerReply, PendingCaller, Slot, WaitRequest};
use crate::broker::failure::{of_acceptance, superseded, too_many_waiting, waiting_behind};
use crate::failure;
use crate::lease::{Acceptance, AskedAt, Attempt, Decision, Refusal, ServedToken, TokenQuery};
use crate::profile::Profile;
use crate::token_request::failure::code_pending;
use crate::token_request::{FetchedToken, TokenRequestFailed};

/// How many waiters are answered before other tasks run.
const BATCH_SIZE: usize = 256;

impl Broker {
    /// Replies to a caller. `since` is when a caller who waited before asked first.
    pub(super) fn reply(
        self: &Arc<Self>,
        profile: &Arc<Profile>,
        request: WaitRequest,
        since: Option<AskedAt>,
        code: Option<Secret>,
    ) -> BrokerReply {
        let now = self.clock.now();
        let mut slots = self.slots();
        if let Some(failure) = self.unavailable() {
            return BrokerReply::Now(Err(failure));
        }
        let slot = slots.entry(profile.name.clone()).or_insert_with(|| Slot::new(profile));
        slot.set_profile(profile, &*self.fetcher);
        let asked = since.unwrap_or_else(|| slot.lease.asked_at(now));
        // A caller who waited before is counted already.
        let is_crowded = since.is_none() && slot.callers() >= self.max_waiters.load(Ordering::Relaxed);
        // No code is spent for a caller who may not wait.
        let query = TokenQuery { has_code: request.query.has_code && !is_crowded, ..request.query };
        let decision = slot.lease.request_since(&query, asked, now);
        let must_wait = matches!(decision, Decision::Wait(_));
        let operation = if must_wait { Operation::TokenRequest } else { Operation::Renewal };
        let is_cause = self.start_attempt(slot, code, operation);
        let stage = match decision {
            Decision::Serve(served) => return BrokerReply::Now(Ok(served)),
            Decision::Refuse(Refusal::CodeNeeded) if is_crowded && request.query.has_code => {
                Err(too_many_waiting(profile))
            }
            Decision::Refuse(refusal) => self.wait_for_pause(slot, refusal, request),
            Decision::Wait(_) if is_crowded => Err(too_many_waiting(profile)),
            Decision::Wait(_) => Ok(self.add_waiter(slot, request.query, asked)),
        };
        let stage = match stage {
            Ok(WaitStage::Pause(..)) if is_crowded => Err(too_many_waiting(profile)),
            stage => stage,
        };
        match stage {
            Err(failure) => BrokerReply::Now(Err(failure)),
            Ok(stage) => {
                let (counted, broker) = (Arc::clone(&slot.counter), Arc::clone(self));
                let profile = Arc::clone(profile);
                BrokerReply::Later(PendingCaller {
                    broker,
                    profile,
                    request,
                    asked,
                    is_cause,
                    stage,
                    _counted: counted,
                })
            }
        }
    }

    /// Whether the held token answers a caller who asks now.
    pub fn serves(&self, profile: &Profile, query: &TokenQuery) -> bool {
        let now = self.clock.now();
        self.slots().get(&profile.name).is_some_and(|slot| slot.lease.serves(query, now))
    }

    /// Removes a waiter who has disconnected or has its reply.
    pub(super) fn remove_waiter(&self, profile: &ProfileName, number: u64) {
        if let Some(slot) = self.slots().get_mut(profile) {
            slot.waiters.remove(&number);
        }
    }

    /// How many callers wait for this profile.
    pub fn waiting(&self, name: &ProfileName) -> usize {
        self.slots().get(name).map_or(0, |slot| slot.callers().max(slot.waiters.len()))
    }

    /// The held token, for a caller whose time is over.
    pub(super) fn held_token(
        &self,
        profile: &Profile,
        query: &TokenQuery,
        asked: AskedAt,
    ) -> Option<ServedToken> {
        let now = self.clock.now();
        let slots = self.slots();
        let slot = slots.get(&profile.name).filter(|slot| *slot.profile == *profile)?;
        slot.lease.serve_at_timeout(query, asked, now)
    }

    /// Why callers of this profile have no reply yet, if that is known.
    pub(super) fn wait_reason(&self, profile: &Profile) -> Option<Failure> {
        if let Some(wait) = self.fetcher.code_delay(profile) {
            return Some(code_pending(profile, wait));
        }
        if let Some(other) = self.fetcher.ahead_of(&profile.name) {
            return Some(waiting_behind(profile, &other));
        }
        let now = self.clock.now();
        let slots = self.slots();
        let slot = slots.get(&profile.name)?;
        slot.lease.pause(now).map(|refusal| slot.describe(refusal))
    }

    /// Gives the result of an attempt to the lease and to the waiters.
    pub(super) async fn finish_attempt(
        self: &Arc<Self>,
        name: &ProfileName,
        attempt: Attempt,
        result: Result<FetchedToken, TokenRequestFailed>,
    ) {
        let recorded = self.record(name, attempt, result);
        self.timer_changed.notify_one();
        let Some((profile, mut waiters, failure)) = recorded else { return };
        while !waiters.is_empty() {
            self.reply_to_batch(&profile, &mut waiters, failure.as_ref());
            tokio::task::yield_now().await;
        }
    }

    /// Gives the result to the lease. Returns the profile, its waiters, and the failure to reply with.
    fn record(
        &self,
        name: &ProfileName,
        attempt: Attempt,
        result: Result<FetchedToken, TokenRequestFailed>,
    ) -> Option<(Arc<Profile>, Waiters, Option<Failure>)> {
        let now = self.clock.now();
        let jitter = (self.jitter)();
        let mut slots = self.slots();
        let Some(slot) = slots.get_mut(name).filter(|slot| slot.lease.awaits(attempt)) else {
            tracing::debug!(profile = %name, "a late result was thrown away");
            return None;
        };
        if slot.superseded_attempt_finished() {
            return None;
        }
        let failure = match result {
            Ok(FetchedToken { token, life, sent }) => {
                let acceptance = slot.lease.on_token_issued(attempt, token, life, sent, now, jitter);
                tracing::info!(profile = %name, seconds = life.as_secs(), accepted = acceptance == Acceptance::Held, "token issued");
                of_acceptance(acceptance, &slot.profile)
            }
            Err(TokenRequestFailed { failure, kind }) => {
                slot.lease.on_request_failed(attempt, kind, now, jitter);
                slot.record_refusal(kind, failure.code, now);
                tracing::warn!(profile = %name, code = failure.code.name(), "token request failed");
                Some(failure)
            }
        };
        let waiters = slot.attempt_finished(failure.as_ref());
        Some((Arc::clone(&slot.profile), waiters, failure.map(|failure| slot.with_retry_time(failure, now))))
    }

    /// Replies to some waiters. Those of a profile that has changed or is gone meanwhile ask again.
    fn reply_to_batch(
        self: &Arc<Self>,
        profile: &Arc<Profile>,
        waiters: &mut Waiters,
        failure: Option<&Failure>,
    ) {
        let now = self.clock.now();
        let mut slots = self.slots();
        let mut slot = slots.get_mut(&profile.name).filter(|slot| Arc::ptr_eq(&slot.profile, profile));
        for _ in 0..BATCH_SIZE {
            let Some((number, waiter)) = waiters.pop_first() else { break };
            match (&mut slot, failure) {
                (Some(slot), Some(failure)) => slot.reply_after_failure(waiter, failure, now),
                (Some(slot), None) => slot.reply_after_success(number, waiter, now),
                (None, failure) => waiter.reply(Err(failure.cloned().unwrap_or_else(superseded))),
            }
        }
        if let Some(slot) = slot {
            self.start_attempt(slot, None, Operation::TokenRequest);
        }
    }

    /// Lets the caller wait for the end of a pause, if it wants to.
    fn wait_for_pause(
        &self,
        slot: &Slot,
        refusal: Refusal,
        request: WaitRequest,
    ) -> Result<WaitStage, Failure> {
        let mut failure = slot.describe(refusal);
        if let (Refusal::CodeNeeded, Some(wait)) = (refusal, self.fetcher.code_delay(&slot.profile)) {
            // The code of this moment was used: says when the next one can be.
            failure = failure.with_retry_after(wait);
        }
        if !request.waits_for_retry(&failure, &slot.profile) {
            return Err(failure);
        }
        let is_short = matches!(failure.code, ErrorCode::THROTTLED | ErrorCode::CODE_PENDING);
        // An upgrade does not wait for the end of a long pause.
        if self.renewals_paused.load(Ordering::Relaxed) && !is_short {
            return Err(failure::restarting());
        }
        Ok(WaitStage::Pause(failure, Box::pin(Arc::clone(&slot.pause_changed).notified_owned())))
    }

    fn add_waiter(self: &Arc<Self>, slot: &mut Slot, query: TokenQuery, asked: AskedAt) -> WaitStage {
        let number = self.next_waiter.fetch_add(1, Ordering::Relaxed);
        let (reply, result) = oneshot::channel();
        slot.waiters.insert(number, Waiter { query, asked, reply });
        let (broker, profile) = (Arc::clone(self), slot.profile.name.clone());
        WaitStage::Attempt(WaitHandle { broker, profile, number, result })
    }

    /// Why no caller is served at all.
    fn unavailable(&self) -> Option<Failure> {
        if self.is_stopping.load(Ordering::Relaxed) {
            return Some(failure::stopping());
        }
        self.is_locked.load(Ordering::Relaxed).then(failure::locked)
    }
}
