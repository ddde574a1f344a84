//! Owns the limit of concurrent requests with one credential, so that the first request with a wrong one stops the
//! others. It must not know what a credential is, and delays no request for another credential.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::ProfileName;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::base::mutex::lock;
use crate::token_request::refusals::Credential;

/// A request that was sent this long ago no longer counts against [`Limits::max_recent`]: its server may never answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Requests that are not sent yet delay no other once nothing has happened for this long: their proxies may never answer.
const SEND_TIMEOUT: Duration = Duration::from_secs(2);
/// The longest wait without any request being sent or answered.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// How many requests may be in flight with a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Those whose answer is not overdue.
    pub(super) max_recent: usize,
    /// All, including those whose answer is overdue.
    pub(super) max_total: usize,
}

/// The requests in flight with each credential.
#[derive(Debug, Default)]
pub(super) struct CredentialLimiter {
    in_flight: Mutex<HashMap<Credential, RequestInFlight>>,
    /// The profiles that wait, and the profile that each waits for.
    waiting: Mutex<HashMap<ProfileName, ProfileName>>,
}

#[derive(Debug)]
struct RequestInFlight {
    requests: Vec<Request>,
    /// When a request last began while none waited for its connection, was sent, or ended.
    last_progress: Instant,
    /// When a request was last sent or answered.
    last_served: Instant,
    changed: Arc<Notify>,
    count: u64,
}

#[derive(Debug)]
struct Request {
    number: u64,
    profile: ProfileName,
    sent: Option<Instant>,
}

/// The permit of a request, released when it is dropped.
#[derive(Debug)]
pub(super) struct CredentialPermit {
    limiter: Arc<CredentialLimiter>,
    credential: Credential,
    number: u64,
}

impl CredentialLimiter {
    /// A permit for the credential, once the limits allow one more request. `limits` are read again after every wait.
    ///
    /// # Errors
    /// The profile whose request is waited for, after [`MAX_WAIT`] without progress.
    pub(super) async fn acquire(
        self: &Arc<Self>,
        credential: &Credential,
        profile: &ProfileName,
        limits: impl Fn() -> Limits,
    ) -> Result<CredentialPermit, ProfileName> {
        let start = Instant::now();
        let waiting = Waiting { limiter: self, profile };
        loop {
            let (changed, until) = {
                let mut in_flight = lock(&self.in_flight);
                let requests = in_flight.entry(credential.clone()).or_insert_with(RequestInFlight::new);
                let Some((other, until)) = requests.blocked_by(limits(), start) else {
                    let number = requests.begin(profile);
                    return Ok(CredentialPermit {
                        limiter: Arc::clone(self),
                        credential: credential.clone(),
                        number,
                    });
                };
                waiting.record(&other);
                if until <= Instant::now() {
                    return Err(other);
                }
                (Arc::clone(&requests.changed).notified_owned(), until)
            };
            // Both outcomes lead to another check.
            drop(tokio::time::timeout_at(until, changed).await);
        }
    }

    /// Whether a request of this profile is sent and has not ended.
    pub(super) fn has_sent(&self, profile: &ProfileName) -> bool {
        let is_sent = |request: &Request| request.profile == *profile && request.sent.is_some();
        lock(&self.in_flight).values().any(|requests| requests.requests.iter().any(is_sent))
    }

    /// The profile that this one waits for.
    pub(super) fn ahead_of(&self, profile: &ProfileName) -> Option<ProfileName> {
        lock(&self.waiting).get(profile).cloned()
    }
}

/// A profile that may have to wait, until this is dropped.
struct Waiting<'l> {
    limiter: &'l CredentialLimiter,
    profile: &'l ProfileName,
}

impl Waiting<'_> {
    fn record(&self, other: &ProfileName) {
        lock(&self.limiter.waiting).insert(self.profile.clone(), other.clone());
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        lock(&self.limiter.waiting).remove(self.profile);
    }
}

impl CredentialPermit {
    /// Whether the request may be sent now that its connection is open. If so, it counts as sent.
    pub(super) fn send(&self, limits: Limits) -> bool {
        let mut in_flight = lock(&self.limiter.in_flight);
        in_flight.get_mut(&self.credential).is_some_and(|requests| requests.send(self.number, limits))
    }
}

impl Drop for CredentialPermit {
    fn drop(&mut self) {
        let mut in_flight = lock(&self.limiter.in_flight);
        let Some(requests) = in_flight.get_mut(&self.credential) else { return };
        requests.end(self.number);
        if requests.requests.is_empty() {
            in_flight.remove(&self.credential);
        }
    }
}

impl RequestInFlight {
    fn new() -> Self {
        let now = Instant::now();
        Self { requests: Vec::new(), last_progress: now, last_served: now, changed: Arc::default(), count: 0 }
    }

    /// The profile whose request is waited for, and until when at most before the next check; `None` if one more may begin.
    fn blocked_by(&self, limits: Limits, start: Instant) -> Option<(ProfileName, Instant)> {
        let now = Instant::now();
        let stalled_at = self.last_progress + SEND_TIMEOUT;
        let unsent = if now < stalled_at { self.requests.len() - self.sent().count() } else { 0 };
        let is_free =
            self.sent().count() + unsent < limits.max_total && self.recent(now) + unsent < limits.max_recent;
        let first = self.requests.first().filter(|_| !is_free)?;
        let last = self.last_served.max(start) + MAX_WAIT;
        let times = self.sent().map(|(_, sent)| sent + ANSWER_TIMEOUT).chain([stalled_at]);
        let next = times.filter(|time| *time > now).min().unwrap_or(last);
        Some((first.profile.clone(), next.min(last)))
    }

    fn sent(&self) -> impl Iterator<Item = (u64, Instant)> {
        self.requests.iter().filter_map(|request| Some((request.number, request.sent?)))
    }

    /// The number of requests that were sent and whose answer is not overdue.
    fn recent(&self, now: Instant) -> usize {
        self.sent().filter(|(_, sent)| now < *sent + ANSWER_TIMEOUT).count()
    }

    fn begin(&mut self, profile: &ProfileName) -> u64 {
        if self.requests.iter().all(|request| request.sent.is_some()) {
            self.last_progress = Instant::now();
        }
        self.count += 1;
        self.requests.push(Request { number: self.count, profile: profile.clone(), sent: None });
        self.count
    }

    fn send(&mut self, number: u64, limits: Limits) -> bool {
        let now = Instant::now();
        let may = self.sent().count() < limits.max_total && self.recent(now) < limits.max_recent;
        let ours = self.requests.iter_mut().find(|request| request.number == number);
        let Some(ours) = ours.filter(|_| may) else { return false };
        ours.sent = Some(now);
        (self.last_progress, self.last_served) = (now, now);
        self.changed.notify_waiters();
        true
    }

    fn end(&mut self, number: u64) {
        let now = Instant::now();
        if self.sent().any(|(sent, _)| sent == number) {
            self.last_served = now;
        }
        self.last_progress = now;
        self.requests.retain(|request| request.number != number);
        self.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
