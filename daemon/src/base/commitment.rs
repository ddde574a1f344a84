//! Owns the flag between a request and its connection that says until when the request may be cancelled.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cp_token_protocol::message::Request;

/// Whether a request is finished even if its caller disconnects.
#[derive(Debug, Clone)]
pub struct Commitment(Arc<AtomicBool>);

impl Commitment {
    /// The commitment of a request. A change to a profile commits later, and so does a passphrase once it is checked; every other
    /// request is always finished.
    pub fn of(request: &Request) -> Self {
        let commits_later = matches!(
            request,
            Request::ProfileCreate(_)
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
