//! Owns work that blocks: files, name look-ups, CA bundles. Each piece has a thread of its own, a bounded number
//! at once; it must not know what they do.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, oneshot};

/// How many pieces run at once; a stuck one must not starve the others.
const AT_ONCE: usize = 16;

static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// What `work` returns.
///
/// # Errors
/// Where the system gives out no thread, which would be a panic in the runtime's own pool; `work` has then not
/// begun.
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let place = PLACES.acquire().await.map_err(io::Error::other)?;
    let (sender, receiver) = oneshot::channel();
    std::thread::Builder::new().name("background".to_owned()).spawn(move || {
        let _at_work = AtWork::begin();
        // Whoever asked may be gone by now; the work is done to its end all the same.
        drop(sender.send(work()));
        drop(place);
    })?;
    receiver.await.map_err(io::Error::other)
}

static THREADS: AtomicUsize = AtomicUsize::new(0);

/// A thread whose work blocks, for as long as this is kept.
pub(crate) struct AtWork;

impl AtWork {
    pub(crate) fn begin() -> Self {
        THREADS.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for AtWork {
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
    use super::*;

    #[tokio::test]
    async fn more_pieces_than_places_are_all_done_and_a_place_is_given_back_by_a_piece_that_panics() {
        for _ in 0..2 * AT_ONCE {
            assert!(run::<()>(|| panic!("a bug")).await.is_err());
        }
        let pieces: Vec<_> = (0..4 * AT_ONCE).map(|number| tokio::spawn(run(move || number))).collect();
        for (number, piece) in pieces.into_iter().enumerate() {
            assert_eq!(piece.await.expect("a task").expect("a thread"), number);
        }
    }
}
