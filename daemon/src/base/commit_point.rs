//! Owns the commit point of a thread that is about to change something: before it, the caller who waits can cancel the change;
//! after it, nobody can.

use std::sync::atomic::{AtomicU8, Ordering};

const OPEN: u8 = 0;
const PASSED: u8 = 1;
const CANCELLED: u8 = 2;

/// The last moment at which work can be cancelled.
#[derive(Debug, Default)]
pub struct CommitPoint(AtomicU8);

impl CommitPoint {
    /// Whether the change may be made. To be called right before the first step that cannot be undone.
    pub fn pass(&self) -> bool {
        self.change(OPEN, PASSED) || self.0.load(Ordering::SeqCst) == PASSED
    }

    /// Allows cancelling again, if the step has changed nothing.
    pub fn reopen(&self) {
        self.change(PASSED, OPEN);
    }

    /// Whether the change is cancelled and will never be made.
    pub fn cancel(&self) -> bool {
        self.change(OPEN, CANCELLED) || self.0.load(Ordering::SeqCst) == CANCELLED
    }

    fn change(&self, from: u8, to: u8) -> bool {
        self.0.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}
