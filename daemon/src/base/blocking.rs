//! Owns blocking work: each call has its own thread, and each resource (a file, a host) its own permits, so that a disk
//! that hangs delays only those who need it.

use std::collections::HashMap;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, Weak};
use std::thread::Builder;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

use crate::base::commit_point::CommitPoint;
use crate::base::unwind::Panicked;
use crate::base::{activity, memory, mutex};

/// How many callers may wait at once. One that gives up returns its permit, though its thread may be stuck.
const MAX_WAITING: usize = 256;
const MAX_PER_RESOURCE: usize = 4;

static WAITING: Semaphore = Semaphore::const_new(MAX_WAITING);
static RESOURCES: LazyLock<Mutex<HashMap<String, Weak<Semaphore>>>> = LazyLock::new(Mutex::default);

/// Runs work that computes, and uses no resource that may hang.
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    on("", work).await
}

/// Runs work that may hang on this resource: a file's path, a host. If the system refuses a thread, where the runtime's own
/// pool would panic, `work` has not started. [`is_panic`] tells whether `work` panicked.
pub async fn on<T: Send + 'static>(
    resource: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let permit = permits_of(resource).acquire_owned().await.map_err(io::Error::other)?;
    let _waiting = WAITING.acquire().await.map_err(io::Error::other)?;
    let (sender, receiver) = oneshot::channel();
    memory::start_thread(Builder::new().name("blocking".to_owned()), move || {
        let _busy = BusyThread::begin();
        // The work is finished even if nobody waits for it any more.
        drop(sender.send(work()));
        drop(permit);
    })?;
    receiver.await.map_err(|_| io::Error::other(Panicked))
}

/// Whether the work panicked; otherwise the system failed.
pub fn is_panic(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Panicked>())
}

/// Runs work that changes something; nothing if it has not passed its commit point within `limit`: it is cancelled then.
pub async fn on_within<T: Send + 'static>(
    resource: &str,
    limit: Duration,
    work: impl FnOnce(&CommitPoint) -> T + Send + 'static,
) -> io::Result<Option<T>> {
    let point = Arc::<CommitPoint>::default();
    let its_own = Arc::clone(&point);
    let mut work = pin!(on(resource, move || work(&its_own)));
    loop {
        match tokio::time::timeout(limit, &mut work).await {
            Ok(outcome) => return outcome.map(Some),
            Err(_) if point.cancel() => return Ok(None),
            Err(_) => {}
        }
    }
}

fn permits_of(resource: &str) -> Arc<Semaphore> {
    let mut resources = mutex::lock(&RESOURCES);
    if let Some(permits) = resources.get(resource).and_then(Weak::upgrade) {
        return permits;
    }
    resources.retain(|_, permits| permits.strong_count() > 0);
    let permits = Arc::new(Semaphore::new(MAX_PER_RESOURCE));
    resources.insert(resource.to_owned(), Arc::downgrade(&permits));
    permits
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Counts a thread as blocked for as long as this lives.
pub(crate) struct BusyThread;

impl BusyThread {
    pub(crate) fn begin() -> Self {
        THREADS.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for BusyThread {
    fn drop(&mut self) {
        THREADS.fetch_sub(1, Ordering::Relaxed);
        activity::ended();
    }
}

/// Whether no thread is blocked, even by work that nobody waits for: one that hangs on a disk would block an `execve`.
pub fn is_idle() -> bool {
    THREADS.load(Ordering::Relaxed) == 0
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{SyncSender, sync_channel};

    use super::*;

    #[tokio::test]
    async fn more_work_than_permits_is_all_done_and_work_that_panics_returns_its_permit() {
        for _ in 0..2 * MAX_PER_RESOURCE {
            assert!(is_panic(&run::<()>(|| panic!("a bug")).await.expect_err("it panicked")));
        }
        let pieces: Vec<_> =
            (0..8 * MAX_PER_RESOURCE).map(|number| tokio::spawn(run(move || number))).collect();
        for (number, piece) in pieces.into_iter().enumerate() {
            assert_eq!(piece.await.expect("a task").expect("a thread"), number);
        }
    }

    /// Work that is stuck until the sender is dropped.
    fn stuck() -> (impl FnOnce() + Send + 'static, SyncSender<()>) {
        let (sender, receiver) = sync_channel::<()>(0);
        (move || _ = receiver.recv(), sender)
    }

    #[tokio::test]
    async fn resources_that_hang_delay_nobody_else_and_who_gives_up_returns_the_permit() {
        let mut ends = Vec::new();
        let mut waiting = Vec::new();
        for number in 0..MAX_WAITING {
            let (work, end) = stuck();
            ends.push(end);
            let resource = format!("disk {number}");
            waiting.push(tokio::spawn(async move { on(&resource, work).await }));
        }
        while WAITING.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        waiting.iter().for_each(tokio::task::JoinHandle::abort);
        assert_eq!(on("another disk", || 7).await.expect("a thread"), 7, "all others are stuck for ever");
        drop(ends);
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_took_too_long_never_passes_its_commit_point_and_behind_it_is_waited_for() {
        let (end, ended) = sync_channel::<()>(0);
        let (say, said) = sync_channel(1);
        let late = move |point: &CommitPoint| {
            _ = ended.recv();
            say.send(point.pass())
        };
        let patience = Duration::from_secs(5);
        assert!(on_within("a slow disk", patience, late).await.expect("a thread").is_none());
        drop(end);
        assert_eq!(said.recv(), Ok(false), "its caller was answered");

        let (end, ended) = sync_channel::<()>(0);
        let (say, said) = sync_channel(1);
        let behind = move |point: &CommitPoint| {
            _ = say.send(point.pass());
            _ = ended.recv();
            7
        };
        let waiting = tokio::spawn(on_within("a slow disk", patience, behind));
        while said.try_recv() != Ok(true) {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(3 * patience).await;
        assert!(!waiting.is_finished());
        drop(end);
        assert_eq!(waiting.await.expect("a task").expect("a thread"), Some(7));
    }

    #[tokio::test]
    async fn no_more_threads_are_stuck_on_one_resource_than_it_has_permits() {
        let mut ends = Vec::new();
        for _ in 0..MAX_PER_RESOURCE {
            let (work, end) = stuck();
            ends.push(end);
            let waiting = tokio::spawn(on("one disk", work));
            tokio::task::yield_now().await;
            waiting.abort();
        }
        let permits = permits_of("one disk");
        while permits.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let one_more = tokio::spawn(on("one disk", || ()));
        tokio::task::yield_now().await;
        assert!(!one_more.is_finished());
        drop(ends);
        assert!(one_more.await.expect("a task").is_ok(), "the control: it was only waiting");
    }
}
