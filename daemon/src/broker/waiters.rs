//! Owns the callers who wait for the result of one attempt. It decides nothing.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use cp_token_protocol::{Failure, ProfileName};
use tokio::sync::oneshot;

use super::Broker;
use crate::lease::{AskedAt, ServedToken, TokenQuery};

/// What a caller gets in the end.
pub(super) type TokenResult = Result<ServedToken, Failure>;

/// A caller who waits.
pub(super) struct Waiter {
    pub(super) query: TokenQuery,
    pub(super) asked: AskedAt,
    pub(super) reply: oneshot::Sender<TokenResult>,
}

impl Waiter {
    /// Sends the result. A caller who has disconnected misses nothing.
    pub(super) fn reply(self, result: TokenResult) {
        let _ = self.reply.send(result);
    }
}

/// The waiters for the attempt in flight, oldest first. A number is never used again, nor for another profile.
pub(super) type Waiters = BTreeMap<u64, Waiter>;

/// The caller's end: the result, once it is known. Dropping it removes the waiter.
pub(super) struct WaitHandle {
    pub(super) broker: Arc<Broker>,
    pub(super) profile: ProfileName,
    pub(super) number: u64,
    pub(super) result: oneshot::Receiver<TokenResult>,
}

impl Future for WaitHandle {
    type Output = TokenResult;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<TokenResult> {
        let result = Pin::new(&mut self.result).poll(context);
        // A dropped sender means that nobody will reply.
        result.map(|result| result.unwrap_or_else(|_| Err(crate::failure::stopping())))
    }
}

impl Drop for WaitHandle {
    fn drop(&mut self) {
        self.result.close();
        self.broker.remove_waiter(&self.profile, self.number);
    }
}
