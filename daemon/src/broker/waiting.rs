//! Owns the callers who wait for the outcome of one attempt, each for exactly as long as it wants to. It decides nothing.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use cp_token_protocol::{Failure, ProfileName};
use tokio::sync::oneshot;

use super::Broker;
use crate::lease::{Asked, ServedToken, TokenQuery};

/// What a caller gets in the end.
pub(super) type Outcome = Result<ServedToken, Failure>;

/// A caller who waits.
pub(super) struct Waiter {
    pub(super) ask: TokenQuery,
    pub(super) asked: Asked,
    reply: oneshot::Sender<Outcome>,
}

impl Waiter {
    pub(super) fn tell(self, outcome: Outcome) {
        // One who has left meanwhile misses nothing.
        let _ = self.reply.send(outcome);
    }
}

/// Those who wait for the attempt under way, in the order in which they came.
#[derive(Default)]
pub(super) struct Waiters {
    by_number: BTreeMap<u64, Waiter>,
}

impl Waiters {
    /// One more. `number` is never used again, nor for another profile.
    pub(super) fn add(&mut self, number: u64, ask: TokenQuery, asked: Asked) -> oneshot::Receiver<Outcome> {
        let (reply, receiver) = oneshot::channel();
        self.by_number.insert(number, Waiter { ask, asked, reply });
        receiver
    }

    /// The same one waits for the next attempt, unless it has left.
    pub(super) fn keep(&mut self, number: u64, waiter: Waiter) {
        if !waiter.reply.is_closed() {
            self.by_number.insert(number, waiter);
        }
    }

    pub(super) fn remove(&mut self, number: u64) {
        self.by_number.remove(&number);
    }

    /// Who has waited for longest.
    pub(super) fn next(&mut self) -> Option<(u64, Waiter)> {
        self.by_number.pop_first()
    }

    pub(super) fn len(&self) -> usize {
        self.by_number.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_number.is_empty()
    }

    pub(super) fn tell(self, failure: &Failure) {
        for waiter in self.by_number.into_values() {
            waiter.tell(Err(failure.clone()));
        }
    }
}

/// The caller's end of it: the outcome, once it is known. Whoever drops it is forgotten at once.
pub(super) struct WaitHandle {
    broker: Arc<Broker>,
    profile: ProfileName,
    number: u64,
    outcome: oneshot::Receiver<Outcome>,
}

impl WaitHandle {
    pub(super) fn new(
        broker: &Arc<Broker>,
        profile: &ProfileName,
        number: u64,
        outcome: oneshot::Receiver<Outcome>,
    ) -> Self {
        Self { broker: Arc::clone(broker), profile: profile.clone(), number, outcome }
    }
}

impl Future for WaitHandle {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let outcome = Pin::new(&mut self.outcome).poll(context);
        // Nobody is left who would answer.
        outcome.map(|outcome| outcome.unwrap_or_else(|_| Err(crate::failure::stopping())))
    }
}

impl Drop for WaitHandle {
    fn drop(&mut self) {
        self.outcome.close();
        self.broker.leave(&self.profile, self.number);
    }
}
