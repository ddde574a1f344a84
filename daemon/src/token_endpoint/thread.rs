//! Owns exchanges that have a thread and a runtime of their own. Where nobody counts what a server sends, it is the
//! processor's time that is bounded: a flood holds up no other exchange, and ends. It must not know what is exchanged.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::error::{AnswerFlaw, ConnectFailure, TokenRequestError};
use crate::base::blocking::BusyThread;
use crate::base::clock;

/// The most processor time of one exchange: hundreds of times what an ordinary one takes.
const LIMIT: Duration = Duration::from_millis(250);
/// How often the time is looked at.
const INTERVAL: Duration = Duration::from_millis(10);

const FAILED: TokenRequestError = TokenRequestError::Unreachable(ConnectFailure::Other);

/// What the exchange comes to. It ends when nobody waits for it any more.
pub(super) async fn run<T, F>(exchange: impl FnOnce() -> F + Send + 'static) -> Result<T, TokenRequestError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, TokenRequestError>>,
{
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name("exchange".to_owned());
    let started = thread.spawn(move || {
        let _at_work = BusyThread::begin();
        serve(exchange, sender);
    });
    if started.is_err() {
        return Err(FAILED);
    }
    receiver.await.unwrap_or(Err(FAILED))
}

fn serve<T, F>(exchange: impl FnOnce() -> F, mut sender: oneshot::Sender<Result<T, TokenRequestError>>)
where
    F: Future<Output = Result<T, TokenRequestError>>,
{
    let Ok(runtime) = Builder::new_current_thread().enable_all().build() else { return };
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = exchange() => Some(outcome),
            () = time_is_used_up() => Some(Err(TokenRequestError::BadAnswer(AnswerFlaw::Endless))),
            () = sender.closed() => None,
        }
    });
    if let Some(outcome) = outcome {
        // Whoever waited may have left just now.
        drop(sender.send(outcome));
    }
}

async fn time_is_used_up() {
    while clock::thread_time() < LIMIT {
        tokio::time::sleep(INTERVAL).await;
    }
}
