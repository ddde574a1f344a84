//! Owns the rule of how many requests may carry one credential at a time, so that a wrong one is found out by the first
//! and not by all. It must not know what a credential is, and holds nobody up for another one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::ProfileName;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::base::mutex::lock;
use crate::token_request::refusals::Credential;

/// A request that was sent this long ago no longer counts against [`Limits::at_once`]: its server may never answer.
const UNANSWERED: Duration = Duration::from_secs(5);
/// Requests that are not sent yet hold up nobody once nothing has happened for so long: their proxies may never answer.
const UNSENT: Duration = Duration::from_secs(2);
/// The longest wait in which no request was sent or answered.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How many requests may carry a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// While answers come.
    pub(super) at_once: usize,
    /// Together with those that are not answered.
    pub(super) at_most: usize,
}

/// The requests that are under way with each credential.
#[derive(Debug, Default)]
pub(super) struct CredentialTurns {
    lines: Mutex<HashMap<Credential, CredentialLine>>,
    /// Who waits for which other profile.
    waiting: Mutex<HashMap<ProfileName, ProfileName>>,
}

#[derive(Debug)]
struct CredentialLine {
    requests: Vec<Request>,
    /// When a request was last begun while no other one waited for its connection, sent, or over.
    moved: Instant,
    /// When a request was last sent or answered.
    served: Instant,
    changed: Arc<Notify>,
    count: u64,
}

#[derive(Debug)]
struct Request {
    number: u64,
    profile: ProfileName,
    sent: Option<Instant>,
}

/// The turn of a request; over when it is dropped, however that comes about.
#[derive(Debug)]
pub(super) struct CredentialTurn {
    turns: Arc<CredentialTurns>,
    credential: Credential,
    number: u64,
}

impl CredentialTurns {
    /// A turn with the credential, once the limits allow one more. `limits` are looked up anew after every wait.
    ///
    /// # Errors
    /// The profile whose request is waited for, where none is sent or answered for too long.
    pub(super) async fn take(
        self: &Arc<Self>,
        credential: &Credential,
        profile: &ProfileName,
        limits: impl Fn() -> Limits,
    ) -> Result<CredentialTurn, ProfileName> {
        let began = Instant::now();
        let waiting = Waiting { turns: self, profile };
        loop {
            let (changed, until) = {
                let mut lines = lock(&self.lines);
                let line = lines.entry(credential.clone()).or_insert_with(CredentialLine::new);
                let Some((other, until)) = line.obstacle(limits(), began) else {
                    let number = line.begin(profile);
                    return Ok(CredentialTurn {
                        turns: Arc::clone(self),
                        credential: credential.clone(),
                        number,
                    });
                };
                waiting.note(&other);
                if until <= Instant::now() {
                    return Err(other);
                }
                (Arc::clone(&line.changed).notified_owned(), until)
            };
            // Either way it is judged anew.
            drop(tokio::time::timeout_at(until, changed).await);
        }
    }

    /// The profile that this one waits for.
    pub(super) fn ahead_of(&self, profile: &ProfileName) -> Option<ProfileName> {
        lock(&self.waiting).get(profile).cloned()
    }
}

/// A profile that may have to wait for its turn; over when it is dropped, however that comes about.
struct Waiting<'t> {
    turns: &'t CredentialTurns,
    profile: &'t ProfileName,
}

impl Waiting<'_> {
    fn note(&self, other: &ProfileName) {
        lock(&self.turns.waiting).insert(self.profile.clone(), other.clone());
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        lock(&self.turns.waiting).remove(self.profile);
    }
}

impl CredentialTurn {
    /// Whether the request may be sent now that its connection stands; it counts as sent if so.
    pub(super) fn send(&self, limits: Limits) -> bool {
        let mut lines = lock(&self.turns.lines);
        lines.get_mut(&self.credential).is_some_and(|line| line.send(self.number, limits))
    }
}

impl Drop for CredentialTurn {
    fn drop(&mut self) {
        let mut lines = lock(&self.turns.lines);
        let Some(line) = lines.get_mut(&self.credential) else { return };
        line.end(self.number);
        if line.requests.is_empty() {
            lines.remove(&self.credential);
        }
    }
}

impl CredentialLine {
    fn new() -> Self {
        let now = Instant::now();
        Self { requests: Vec::new(), moved: now, served: now, changed: Arc::default(), count: 0 }
    }

    /// Whose request is waited for, and until when at most before this is judged anew; nothing where one more may begin.
    fn obstacle(&self, limits: Limits, began: Instant) -> Option<(ProfileName, Instant)> {
        let now = Instant::now();
        let stalled = self.moved + UNSENT;
        let unsent = if now < stalled { self.requests.len() - self.sent().count() } else { 0 };
        let is_free =
            self.sent().count() + unsent < limits.at_most && self.fresh(now) + unsent < limits.at_once;
        let first = self.requests.first().filter(|_| !is_free)?;
        let last = self.served.max(began) + LONGEST_WAIT;
        let times = self.sent().map(|(_, sent)| sent + UNANSWERED).chain([stalled]);
        let next = times.filter(|time| *time > now).min().unwrap_or(last);
        Some((first.profile.clone(), next.min(last)))
    }

    fn sent(&self) -> impl Iterator<Item = (u64, Instant)> {
        self.requests.iter().filter_map(|request| Some((request.number, request.sent?)))
    }

    /// How many have been sent whose answer is not late.
    fn fresh(&self, now: Instant) -> usize {
        self.sent().filter(|(_, sent)| now < *sent + UNANSWERED).count()
    }

    fn begin(&mut self, profile: &ProfileName) -> u64 {
        if self.requests.iter().all(|request| request.sent.is_some()) {
            self.moved = Instant::now();
        }
        self.count += 1;
        self.requests.push(Request { number: self.count, profile: profile.clone(), sent: None });
        self.count
    }

    fn send(&mut self, number: u64, limits: Limits) -> bool {
        let now = Instant::now();
        let may = self.sent().count() < limits.at_most && self.fresh(now) < limits.at_once;
        let ours = self.requests.iter_mut().find(|request| request.number == number);
        let Some(ours) = ours.filter(|_| may) else { return false };
        ours.sent = Some(now);
        (self.moved, self.served) = (now, now);
        self.changed.notify_waiters();
        true
    }

    fn end(&mut self, number: u64) {
        let now = Instant::now();
        if self.sent().any(|(sent, _)| sent == number) {
            self.served = now;
        }
        self.moved = now;
        self.requests.retain(|request| request.number != number);
        self.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
