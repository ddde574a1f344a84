//! Owns a server's memory of when it was asked: in any span no more requests than a profile's share, none in a pause, and one
//! for each step of a back-off, however many callers wait.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use cp_token_protocol::ProfileName;
use cp_tokend::base::clock::Moment;
use cp_tokend::lease::{FailureKind, policy};

/// What is known of one profile's requests.
#[derive(Default)]
struct Known {
    sent: VecDeque<Duration>,
    failures: u32,
    /// The end of a pause, and whether the server has asked for it.
    pause: Option<(Moment, bool)>,
}

#[derive(Default)]
pub(crate) struct PauseChecker {
    profiles: Mutex<HashMap<ProfileName, Known>>,
}

impl PauseChecker {
    pub(crate) fn sent(&self, name: &ProfileName, now: Moment) {
        self.with(name, |known| {
            let is_over = known.pause.is_none_or(|(end, _)| now.until(end).is_zero());
            assert!(is_over, "a request in a pause: {:?} at {now:?}", known.pause);
            known.sent.push_back(now.boot);
            for (index, earlier) in known.sent.iter().enumerate() {
                let (count, span) = ((known.sent.len() - index) as u64, now.boot - *earlier);
                assert!(count <= 9 + span.as_secs(), "{count} requests in {span:?}");
            }
        });
    }

    pub(crate) fn failed(&self, name: &ProfileName, kind: FailureKind, now: Moment) {
        let FailureKind::Transient { retry_after, cap } = kind else { return self.answered(name) };
        self.with(name, |known| {
            known.failures += 1;
            let pause = policy::back_off(known.failures, cap, retry_after, crate::broker_world::JITTER);
            known.pause = Some((now.after(pause), retry_after.is_some()));
        });
    }

    /// The server has issued a token, or has refused for good: the row of failures is over.
    pub(crate) fn answered(&self, name: &ProfileName) {
        self.with(name, |known| (known.pause, known.failures) = (None, 0));
    }

    /// A person has changed the way to the server.
    pub(crate) fn rerouted(&self, name: &ProfileName) {
        self.with(name, |known| {
            known.pause = known.pause.filter(|(_, is_asked_for)| *is_asked_for);
            known.failures = if known.pause.is_none() { 0 } else { known.failures };
        });
    }

    fn with(&self, name: &ProfileName, act: impl FnOnce(&mut Known)) {
        act(self.profiles.lock().expect("lock").entry(name.clone()).or_default());
    }
}
