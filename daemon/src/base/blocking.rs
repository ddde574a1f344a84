//! Owns work that blocks: files, name look-ups, CA bundles. Each piece has a thread of its own, and each resource that it
//! may hang on has permits of its own, so that a disk that hangs holds up whoever needs it and nobody else. It must not
//! know what the pieces do.

use std::collections::HashMap;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::thread::Builder;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

use crate::base::commit_point::CommitPoint;
use crate::base::memory;
use crate::base::unwind::Panicked;

/// How many pieces are waited for at once. One that nobody waits for any more gives its place back, though its thread
/// may be stuck.
const AT_ONCE: usize = 256;
/// How many threads may be stuck on one resource.
const PER_RESOURCE: usize = 4;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);
static RESOURCES: LazyLock<Mutex<HashMap<String, Weak<Semaphore>>>> = LazyLock::new(Mutex::default);

/// What `work` returns, which computes and waits for nothing outside.
///
/// # Errors
/// As [`on`].
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    on("", work).await
}

/// What `work` returns, which may hang on this resource: a file's path, a host.
///
/// # Errors
/// Where the system gives out no thread, which would be a panic in the runtime's own pool; `work` has then not
/// begun. A panic of `work`, which [`is_panic`] tells.
pub async fn on<T: Send + 'static>(
    resource: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let stuck = permits_of(resource).acquire_owned().await.map_err(io::Error::other)?;
    let _waited_for = PLACES.acquire().await.map_err(io::Error::other)?;
    let (sender, receiver) = oneshot::channel();
    memory::start_thread(Builder::new().name("background".to_owned()), move || {
        let _at_work = BusyThread::begin();
        // Whoever asked may be gone by now; the work is done to its end all the same.
        drop(sender.send(work()));
        drop(stuck);
    })?;
    receiver.await.map_err(|_| io::Error::other(Panicked))
}

/// Whether this is no failure of the system: the work itself panicked.
pub fn is_panic(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<Panicked>())
}

/// The same for work that changes something: nothing where it took longer than `patience`, and then it never does. Once it
/// has passed its commit point, what becomes of it is waited for, however long that takes.
///
/// # Errors
/// As [`on`].
pub async fn on_within<T: Send + 'static>(
    resource: &str,
    patience: Duration,
    work: impl FnOnce(&CommitPoint) -> T + Send + 'static,
) -> io::Result<Option<T>> {
    let point = Arc::<CommitPoint>::default();
    let its_own = Arc::clone(&point);
    let mut work = pin!(on(resource, move || work(&its_own)));
    loop {
        match tokio::time::timeout(patience, &mut work).await {
            Ok(outcome) => return outcome.map(Some),
            Err(_) if point.cancel() => return Ok(None),
            Err(_) => {}
        }
    }
}

fn permits_of(resource: &str) -> Arc<Semaphore> {
    let mut resources = RESOURCES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(permits) = resources.get(resource).and_then(Weak::upgrade) {
        return permits;
    }
    resources.retain(|_, permits| permits.strong_count() > 0);
    let permits = Arc::new(Semaphore::new(PER_RESOURCE));
    resources.insert(resource.to_owned(), Arc::downgrade(&permits));
    permits
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

/// A thread whose work blocks, for as long as this is kept.
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
    }
}

/// Whether no thread does work that blocks, be it work that nobody waits for any more. One that a disk does not let go
/// of would hold up the end of this program's image.
pub fn is_idle() -> bool {
    THREADS.load(Ordering::Relaxed) == 0
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{SyncSender, sync_channel};

    use super::*;

    #[tokio::test]
    async fn more_pieces_than_places_are_all_done_and_a_place_is_given_back_by_a_piece_that_panics() {
        for _ in 0..2 * PER_RESOURCE {
            assert!(is_panic(&run::<()>(|| panic!("a bug")).await.expect_err("it panicked")));
        }
        let pieces: Vec<_> = (0..8 * PER_RESOURCE).map(|number| tokio::spawn(run(move || number))).collect();
        for (number, piece) in pieces.into_iter().enumerate() {
            assert_eq!(piece.await.expect("a task").expect("a thread"), number);
        }
    }

    /// Work that is stuck until the other end goes.
    fn stuck() -> (impl FnOnce() + Send + 'static, SyncSender<()>) {
        let (sender, receiver) = sync_channel::<()>(0);
        (move || _ = receiver.recv(), sender)
    }

    #[tokio::test]
    async fn resources_that_hang_hold_up_nobody_else_and_who_gives_up_gives_the_place_back() {
        let mut ends = Vec::new();
        let mut waiting = Vec::new();
        for number in 0..AT_ONCE {
            let (work, end) = stuck();
            ends.push(end);
            let resource = format!("disk {number}");
            waiting.push(tokio::spawn(async move { on(&resource, work).await }));
        }
        while PLACES.available_permits() > 0 {
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
    async fn no_more_threads_are_stuck_on_one_resource_than_it_has_places() {
        let mut ends = Vec::new();
        for _ in 0..PER_RESOURCE {
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
