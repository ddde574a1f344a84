//! Owns exchanges that run on a thread of their own, with a limit of processor time instead of one of bytes: a flood
//! delays no other exchange, and ends. It must not know what is exchanged.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::error::{AnswerFlaw, ConnectFailure, TokenRequestError};
use crate::base::blocking::BusyThread;
use crate::base::clock;

/// The most processor time of one exchange: hundreds of times what an ordinary one takes.
const MAX_THREAD_TIME: Duration = Duration::from_millis(250);
/// The interval at which the time is checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(10);

const FAILED: TokenRequestError = TokenRequestError::Unreachable(ConnectFailure::Other);

/// Runs the exchange. It is cancelled when the future is dropped.
pub(super) async fn run<T, F>(exchange: impl FnOnce() -> F + Send + 'static) -> Result<T, TokenRequestError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, TokenRequestError>>,
{
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name("exchange".to_owned());
    let started = thread.spawn(move || {
        let _busy = BusyThread::begin();
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
            () = exhaust_thread_time() => Some(Err(TokenRequestError::BadAnswer(AnswerFlaw::Endless))),
            () = sender.closed() => None,
        }
    });
    if let Some(outcome) = outcome {
        // The caller may have gone just now.
        drop(sender.send(outcome));
    }
}

async fn exhaust_thread_time() {
    while clock::thread_time() < MAX_THREAD_TIME {
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
}
