//! Owns a caller who waits: for which failures it waits on, and that it asks again when something has changed.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use cp_token_protocol::{ErrorCode, Failure};
use tokio::sync::futures::OwnedNotified;

use super::waiters::{TokenResult, WaitHandle};
use super::{Broker, BrokerReply, MAX_SLEEP, MIN_SLEEP};
use crate::broker::failure::after_wait;
use crate::failure;
use crate::lease::{AskedAt, TokenQuery};
use crate::profile::Profile;

/// A caller who has no reply yet.
pub struct PendingCaller {
    pub(super) broker: Arc<Broker>,
    pub(super) profile: Arc<Profile>,
    pub(super) request: WaitRequest,
    pub(super) asked: AskedAt,
    pub(super) is_cause: bool,
    pub(super) stage: WaitStage,
    /// Counts as one of the profile's callers until it is dropped.
    pub(super) _counted: Arc<()>,
}

/// What a caller asks for, and what it waits for.
#[derive(Debug, Clone, Copy)]
pub struct WaitRequest {
    /// The token.
    pub query: TokenQuery,
    /// Whether it also waits while the server or the network fails.
    pub retries: bool,
}

/// What the caller waits for.
pub(super) enum WaitStage {
    /// The result of an attempt.
    Attempt(WaitHandle),
    /// The end of a pause, or a change that ends it early.
    Pause(Failure, Pin<Box<OwnedNotified>>),
}

impl PendingCaller {
    /// Waits for the reply. `select` returns the profile again, which may have changed meanwhile. Drop the future when the
    /// caller's time is over. Fails if waiting does not help, or the caller does not want to wait.
    pub async fn result<S>(&mut self, select: impl Fn() -> S) -> TokenResult
    where
        S: Future<Output = Result<Arc<Profile>, Failure>>,
    {
        loop {
            match self.stage_result().await {
                Some(Err(failure))
                    if failure.code == ErrorCode::SUPERSEDED
                        || self.request.waits_for_retry(&failure, &self.profile) => {}
                Some(result) => return result,
                None => {}
            }
            self.profile = select().await?;
            if let Some(result) = self.ask_again() {
                return result;
            }
        }
    }

    /// The profile of the token, as it was at the last request.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.profile
    }

    /// Whether this caller caused a token request.
    pub fn is_cause(&self) -> bool {
        self.is_cause
    }

    /// The reply to a caller whose time is over: the held token unless the caller reported it, else why there is no reply
    /// yet. It does not count as issued for this caller.
    pub fn out_of_time(&mut self) -> TokenResult {
        self.is_cause = false;
        let served = self.broker.held_token(&self.profile, &self.request.query, self.asked);
        served.ok_or_else(|| {
            let reason = self.broker.wait_reason(&self.profile).unwrap_or_else(failure::timed_out);
            if self.request.retries { after_wait(reason) } else { reason }
        })
    }

    /// The result of the attempt; `None` after a pause.
    async fn stage_result(&mut self) -> Option<TokenResult> {
        match &mut self.stage {
            WaitStage::Attempt(handle) => Some(handle.await),
            WaitStage::Pause(failure, changed) => {
                let pause = failure.retry_after_ms.map_or(DEFAULT_PAUSE, Duration::from_millis);
                let _ = tokio::time::timeout(pause.clamp(MIN_SLEEP, MAX_SLEEP), changed.as_mut()).await;
                None
            }
        }
    }

    fn ask_again(&mut self) -> Option<TokenResult> {
        // The code was spent on the first attempt.
        self.request.query.has_code = false;
        match self.broker.reply(&self.profile, self.request, Some(self.asked.for_other_lease()), None) {
            BrokerReply::Now(result) => Some(result),
            BrokerReply::Later(next) => {
                self.is_cause |= next.is_cause;
                self.stage = next.stage;
                None
            }
        }
    }
}

impl WaitRequest {
    /// Whether the caller waits for a retry after this failure. A code that a person typed is not waited for: the person
    /// has to type the next one.
    pub(super) fn waits_for_retry(&self, failure: &Failure, profile: &Profile) -> bool {
        match failure.code {
            ErrorCode::THROTTLED => true,
            ErrorCode::CODE_PENDING => !profile.needs_code(),
            code => self.retries && failure::is_transient(code),
        }
    }
}

/// The length of a pause that is not known.
const DEFAULT_PAUSE: Duration = Duration::from_secs(1);
