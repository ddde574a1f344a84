//! Owns until when a change can be cancelled: by the caller who waits for a thread, and by a client that disconnects.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use cp_token_protocol::message::Request;

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

/// Whether a request is finished even if its caller disconnects.
#[derive(Debug, Clone)]
pub struct Commitment(Arc<AtomicBool>);

impl Commitment {
    /// The commitment of a request: a change to a profile commits later, and so does an unlock. A request for a token never
    /// does: its token request belongs to the broker, and goes on for other callers.
    pub fn of(request: &Request) -> Self {
        let commits_later = matches!(
            request,
            Request::AccessToken(_)
                | Request::ProfileCreate(_)
                | Request::ProfileUpdate(_)
                | Request::ProfileResetSecret(_)
                | Request::ProfileDelete(_)
                | Request::ProfileUse(_)
                | Request::Unlock(_)
        );
        Self(Arc::new(AtomicBool::new(!commits_later)))
    }

    /// Makes the request uncancellable. To be called before the first step that cannot be undone.
    pub fn commit(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the request can no longer be cancelled.
    pub fn is_made(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
