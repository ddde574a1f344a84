//! Owns the word between a request and the conversation that it came from: until when it may be cancelled. It decides
//! neither who has left nor what is cancelled.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cp_token_protocol::message::Request;

/// Whether a request is carried out to its end even if its caller leaves.
#[derive(Debug, Clone)]
pub struct Commitment(Arc<AtomicBool>);

impl Commitment {
    /// That of a request. A change to a profile says itself when it commits, and so does a passphrase whose turn to be looked at
    /// has come; whatever else is begun is carried out.
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

    /// From now on it is carried out to its end. To be said before the first step that cannot be undone.
    pub fn commit(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether that was said.
    pub fn is_made(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
