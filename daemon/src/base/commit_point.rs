//! Owns the agreement between a thread that is about to change something and whoever waits for it: until the commit point
//! it can be cancelled, and then it changes nothing; from there on it cannot.

use std::sync::atomic::{AtomicU8, Ordering};

const OPEN: u8 = 0;
const PASSED: u8 = 1;
const CANCELLED: u8 = 2;

/// The last moment at which work can be cancelled.
#[derive(Debug, Default)]
pub struct CommitPoint(AtomicU8);

impl CommitPoint {
    /// To be asked right before the first step that cannot be undone: whether it is to be taken.
    pub fn pass(&self) -> bool {
        self.change(OPEN, PASSED) || self.0.load(Ordering::SeqCst) == PASSED
    }

    /// To be said where the step has changed nothing: it can be cancelled again.
    pub fn reopen(&self) {
        self.change(PASSED, OPEN);
    }

    /// Whether it is cancelled, and its step will never be taken.
    pub fn cancel(&self) -> bool {
        self.change(OPEN, CANCELLED) || self.0.load(Ordering::SeqCst) == CANCELLED
    }

    fn change(&self, from: u8, to: u8) -> bool {
        self.0.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    }
}
