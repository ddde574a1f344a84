//! Owns a caller's patience: what it waits out, and that it asks again where the ground has changed under it. When a
//! token is requested, the lease decides.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure};
use tokio::sync::futures::OwnedNotified;

use super::waiting::{Outcome, WaitHandle};
use super::{Broker, BrokerReply};
use crate::broker::failure::for_who_waited;
use crate::failure;
use crate::lease::{Asked, TokenQuery};
use crate::profile::Profile;

/// A caller who has no answer yet.
pub struct PendingCaller {
    pub(super) broker: Arc<Broker>,
    pub(super) profile: Arc<Profile>,
    pub(super) wish: WaitRequest,
    pub(super) asked: Asked,
    pub(super) is_cause: bool,
    pub(super) stage: WaitStage,
    /// Counts as one of the profile's callers for as long as it is kept.
    pub(super) _place: Arc<()>,
}

/// What a caller wants, and what it would wait for.
#[derive(Debug, Clone, Copy)]
pub struct WaitRequest {
    /// What it asks of the lease.
    pub ask: TokenQuery,
    /// Whether it waits out what a later request may fix, and not only what is our own making.
    pub retries: bool,
}

/// What the caller waits for.
pub(super) enum WaitStage {
    /// The outcome of an attempt.
    Attempt(WaitHandle),
    /// The end of a pause, or news that make it shorter.
    Pause(Failure, Pin<Box<OwnedNotified>>),
}

impl PendingCaller {
    /// The answer, whenever it comes. `select` names the profile anew, which may have changed meanwhile. To be given up when
    /// the caller has no more time.
    ///
    /// # Errors
    /// [`Failure`] where waiting does not help, or is not wanted.
    pub async fn outcome(&mut self, select: impl Fn() -> Result<Arc<Profile>, Failure>) -> Outcome {
        loop {
            match self.stage_over().await {
                Some(Err(failure)) if failure.code == ErrorCode::SUPERSEDED || self.outwaits(&failure) => {}
                Some(outcome) => return outcome,
                None => {}
            }
            self.profile = select()?;
            if let Some(outcome) = self.ask_again() {
                return outcome;
            }
        }
    }

    /// Whose token it is that comes: the profile as it was when it was asked for last.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// Whether this very caller is the reason for a token request.
    pub fn is_cause(&self) -> bool {
        self.is_cause
    }

    /// The answer to a caller who has no more time: the token in hand where it has not reported that, and otherwise why there
    /// is no answer yet. Nothing was issued for it.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn out_of_time(&mut self) -> Outcome {
        self.is_cause = false;
        let served = self.broker.in_hand(&self.profile, &self.wish.ask, self.asked);
        served.ok_or_else(|| {
            let reason = self.broker.reason(&self.profile).unwrap_or_else(failure::timed_out);
            if self.wish.retries { for_who_waited(reason) } else { reason }
        })
    }

    fn outwaits(&self, failure: &Failure) -> bool {
        self.wish.outwaits(failure, &self.profile)
    }

    /// The outcome of the attempt; nothing after a pause.
    async fn stage_over(&mut self) -> Option<Outcome> {
        match &mut self.stage {
            WaitStage::Attempt(waiting) => Some(waiting.await),
            WaitStage::Pause(failure, news) => {
                let pause = failure.retry_after_ms.map_or(UNKNOWN, Duration::from_millis);
                let pause = pause.clamp(SHORTEST_SLEEP, LONGEST_SLEEP);
                let _ = tokio::time::timeout(pause, news.as_mut()).await;
                None
            }
        }
    }

    fn ask_again(&mut self) -> Option<Outcome> {
        // A code is good for one request, and that was begun.
        self.wish.ask.has_code = false;
        match self.broker.ask(&self.profile, self.wish, Some(self.asked.elsewhere()), None) {
            BrokerReply::Now(outcome) => Some(outcome),
            BrokerReply::Later(next) => {
                self.is_cause |= next.is_cause;
                self.stage = next.stage;
                None
            }
        }
    }
}

impl WaitRequest {
    /// Whether the caller waits for what comes after this failure. A code that a person has typed is not waited for: the
    /// person has to type the next one.
    pub(super) fn outwaits(&self, failure: &Failure, profile: &Profile) -> bool {
        match failure.code {
            ErrorCode::THROTTLED => true,
            ErrorCode::CODE_PENDING => !profile.needs_code(),
            code => self.retries && failure::is_transient(code),
        }
    }
}

/// Where nobody says how long a pause is.
const UNKNOWN: Duration = Duration::from_secs(1);
/// Shorter pauses would only spin.
const SHORTEST_SLEEP: Duration = Duration::from_millis(5);
/// A timer may stand still in suspend, so none is trusted for longer.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
