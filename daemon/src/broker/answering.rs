//! Owns how callers are answered: at once where the lease says so, and all together, a few at a time, when an attempt has
//! an outcome.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use cp_token_protocol::message::Operation;
use cp_token_protocol::{ErrorCode, Failure, ProfileName, Secret};

use super::pending::WaitStage;
use super::waiting::{WaitHandle, Waiters};
use super::{Broker, BrokerReply, PendingCaller, Slot, WaitRequest};
use crate::broker::failure::{behind, of_acceptance, superseded, too_many_waiting};
use crate::failure;
use crate::lease::{Acceptance, Asked, Attempt, Decision, Refusal, ServedToken, TokenQuery};
use crate::profile::Profile;
use crate::token_request::failure::code_pending;
use crate::token_request::{FetchedToken, TokenRequestFailed};

/// How many are answered before others have a turn.
const AT_ONCE: usize = 256;

impl Broker {
    /// A caller asks. `since` is when it asked first, where it asks again and was let wait.
    pub(super) fn ask(
        self: &Arc<Self>,
        profile: &Arc<Profile>,
        wish: WaitRequest,
        since: Option<Asked>,
        code: Option<Secret>,
    ) -> BrokerReply {
        let now = self.clock.now();
        let mut entries = self.entries();
        if let Some(failure) = self.answers_nobody() {
            return BrokerReply::Now(Err(failure));
        }
        let entry = entries.entry(profile.name.clone()).or_insert_with(|| Slot::new(profile));
        entry.adopt(profile);
        let asked = since.unwrap_or_else(|| entry.lease.asked(now));
        // Who was let wait before has a place.
        let is_crowded = since.is_none() && entry.callers() >= self.share.load(Ordering::Relaxed);
        // A code is not spent for somebody who is turned away.
        let ask = TokenQuery { has_code: wish.ask.has_code && !is_crowded, ..wish.ask };
        let decision = entry.lease.request_since(&ask, asked, now);
        let is_wanted = matches!(decision, Decision::Wait(_));
        let operation = if is_wanted { Operation::TokenRequest } else { Operation::Renewal };
        let is_cause = self.follow_orders(entry, code, operation);
        let stage = match decision {
            Decision::Serve(served) => return BrokerReply::Now(Ok(served)),
            Decision::Refuse(Refusal::CodeNeeded) if is_crowded && wish.ask.has_code => {
                Err(too_many_waiting(profile))
            }
            Decision::Refuse(refusal) => self.pause(entry, refusal, wish),
            Decision::Wait(_) if is_crowded => Err(too_many_waiting(profile)),
            Decision::Wait(_) => Ok(self.park(entry, wish, asked)),
        };
        let stage = match stage {
            Ok(WaitStage::Pause(..)) if is_crowded => {
                return BrokerReply::Now(Err(too_many_waiting(profile)));
            }
            Ok(stage) => stage,
            Err(failure) => return BrokerReply::Now(Err(failure)),
        };
        let place = Arc::clone(&entry.callers);
        let (broker, profile) = (Arc::clone(self), Arc::clone(profile));
        BrokerReply::Later(PendingCaller { broker, profile, wish, asked, is_cause, stage, _place: place })
    }

    /// Forgets a caller who has left, or has its answer.
    pub(super) fn leave(&self, profile: &ProfileName, number: u64) {
        if let Some(entry) = self.entries().get_mut(profile) {
            entry.waiters.remove(number);
        }
    }

    /// How many callers wait for something of this profile.
    pub fn waiting(&self, name: &ProfileName) -> usize {
        self.entries().get(name).map_or(0, |entry| entry.callers().max(entry.waiters.len()))
    }

    /// The token in hand, for a caller who has no more time.
    pub(super) fn in_hand(&self, profile: &Profile, ask: &TokenQuery, asked: Asked) -> Option<ServedToken> {
        let now = self.clock.now();
        let entries = self.entries();
        let entry = entries.get(&profile.name).filter(|entry| *entry.profile == *profile)?;
        entry.lease.serve_at_last(ask, asked, now)
    }

    /// Why callers of this profile have no answer yet, where that is known.
    pub(super) fn reason(&self, profile: &Profile) -> Option<Failure> {
        if let Some(wait) = self.redeemer.code_delay(profile) {
            return Some(code_pending(profile, wait));
        }
        if let Some(other) = self.redeemer.ahead_of(&profile.name) {
            return Some(behind(profile, &other));
        }
        let now = self.clock.now();
        let entries = self.entries();
        let entry = entries.get(&profile.name)?;
        entry.lease.pause(now).map(|refusal| entry.explain(refusal))
    }

    pub(super) async fn conclude(
        self: &Arc<Self>,
        name: &ProfileName,
        attempt: Attempt,
        outcome: Result<FetchedToken, TokenRequestFailed>,
    ) {
        let concluded = self.record(name, attempt, outcome);
        self.timer_changed.notify_one();
        let Some((profile, mut waiters, failure)) = concluded else { return };
        while !waiters.is_empty() {
            self.answer_some(&profile, &mut waiters, failure.as_ref());
            tokio::task::yield_now().await;
        }
    }

    /// Tells the lease; then whose attempt it was, who waited for it, and why it failed.
    fn record(
        &self,
        name: &ProfileName,
        attempt: Attempt,
        outcome: Result<FetchedToken, TokenRequestFailed>,
    ) -> Option<(Arc<Profile>, Waiters, Option<Failure>)> {
        let now = self.clock.now();
        let chance = (self.chance)();
        let mut entries = self.entries();
        let Some(entry) = entries.get_mut(name).filter(|entry| entry.lease.awaits(attempt)) else {
            tracing::debug!(profile = %name, "a late result was thrown away");
            return None;
        };
        let failure = match outcome {
            Ok(FetchedToken { token, life, sent }) => {
                let acceptance = entry.lease.on_granted(attempt, token, life, sent, now, chance);
                tracing::info!(profile = %name, seconds = life.as_secs(), accepted = acceptance == Acceptance::Held, "token issued");
                of_acceptance(acceptance, &entry.profile)
            }
            Err(TokenRequestFailed { failure, kind }) => {
                entry.lease.on_failed(attempt, kind, now, chance);
                entry.note_refusal(kind, failure.code, now);
                tracing::warn!(profile = %name, code = failure.code.name(), "token request failed");
                Some(failure)
            }
        };
        let waiters = entry.attempt_over(failure.as_ref());
        Some((Arc::clone(&entry.profile), waiters, failure.map(|failure| entry.with_time(failure, now))))
    }

    /// Whoever waited for another profile of this name, or for one that is gone, chooses anew.
    fn answer_some(
        self: &Arc<Self>,
        profile: &Arc<Profile>,
        waiters: &mut Waiters,
        failure: Option<&Failure>,
    ) {
        let now = self.clock.now();
        let mut entries = self.entries();
        let entry = entries.get_mut(&profile.name).filter(|entry| Arc::ptr_eq(&entry.profile, profile));
        let Some(entry) = entry else {
            return tell_some(waiters, failure.unwrap_or(&superseded()));
        };
        for _ in 0..AT_ONCE {
            let Some((number, waiter)) = waiters.next() else { break };
            match failure {
                Some(failure) => entry.answer_in_spite(waiter, failure, now),
                None => entry.settle(number, waiter, now),
            }
        }
        self.follow_orders(entry, None, Operation::TokenRequest);
    }

    /// Lets the caller wait for the end of a pause, where it wants to.
    fn pause(&self, entry: &Slot, refusal: Refusal, wish: WaitRequest) -> Result<WaitStage, Failure> {
        let failure = self.explain(entry, refusal);
        if !wish.outwaits(&failure, &entry.profile) {
            return Err(failure);
        }
        let is_our_own = matches!(failure.code, ErrorCode::THROTTLED | ErrorCode::CODE_PENDING);
        // A pause may last; a successor has not to wait for its end.
        if self.held_back.load(Ordering::Relaxed) && !is_our_own {
            return Err(failure::restarting());
        }
        Ok(WaitStage::Pause(failure, Box::pin(Arc::clone(&entry.news).notified_owned())))
    }

    fn park(self: &Arc<Self>, entry: &mut Slot, wish: WaitRequest, asked: Asked) -> WaitStage {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let outcome = entry.waiters.add(number, wish.ask, asked);
        WaitStage::Attempt(WaitHandle::new(self, &entry.profile.name, number, outcome))
    }

    fn answers_nobody(&self) -> Option<Failure> {
        if self.stopping.load(Ordering::Relaxed) {
            return Some(failure::stopping());
        }
        self.is_closed().then(failure::locked)
    }

    /// Whoever is to give a code is told where the one of this moment was used.
    fn explain(&self, entry: &Slot, refusal: Refusal) -> Failure {
        let failure = entry.explain(refusal);
        match (refusal, self.redeemer.code_delay(&entry.profile)) {
            (Refusal::CodeNeeded, Some(wait)) => failure.with_retry_after(wait),
            (_, _) => failure,
        }
    }
}

fn tell_some(waiters: &mut Waiters, failure: &Failure) {
    for _ in 0..AT_ONCE {
        let Some((_, waiter)) = waiters.next() else { break };
        waiter.tell(Err(failure.clone()));
    }
}
