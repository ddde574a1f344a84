//! Owns what the server's thread and the test share: one lock, one signal, one gate, one clock.
//! It never awaits with the lock held.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::accounts::Accounts;
use super::answer::Answer;
use super::ledger::{Asked, Ledger, Outcome};
use super::reply::{self, Manners};
use super::request::Request;
use super::script::Script;

/// Everything behind the lock.
pub(super) struct State {
    pub(super) accounts: Accounts,
    pub(super) manners: Manners,
    pub(super) token_script: Script,
    pub(super) api_script: Script,
    pub(super) ledger: Ledger,
}

/// The one object that both sides hold.
pub(super) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Token requests up to this number are let through.
    passes: watch::Sender<u64>,
    started: Instant,
    /// Whether `GET /_ledger` shows the counts.
    pub(super) ledger_page: bool,
}

impl Shared {
    #[allow(clippy::disallowed_methods, reason = "the server's own clock, independent of the product's")]
    pub(super) fn new(ledger_page: bool) -> Self {
        let state = State {
            accounts: Accounts::new(),
            manners: Manners::default(),
            token_script: Script::new(),
            api_script: Script::new(),
            ledger: Ledger::default(),
        };
        let (changed, passes, started) = (Condvar::new(), watch::Sender::new(u64::MAX), Instant::now());
        Self { state: Mutex::new(state), changed, passes, started, ledger_page }
    }

    /// Looks at the state or changes it, and wakes whoever waits for a change.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let result = act(&mut self.lock());
        self.changed.notify_all();
        result
    }

    /// Blocks until `condition` holds; false when it did not within that time.
    pub(super) fn wait_for(&self, within: Duration, condition: impl Fn(&Ledger) -> bool) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), within, |state| !condition(&state.ledger));
        let (_state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        !timeout.timed_out()
    }

    /// Lets the requests up to this number through the gate for token requests.
    pub(super) fn set_passing(&self, last: u64) {
        self.passes.send_replace(last);
    }

    /// Returns once the gate is open for this request.
    pub(super) async fn gate_open(&self, number: u64) {
        let mut passes = self.passes.subscribe();
        passes.wait_for(|last| number <= *last).await.expect("the gate lives as long as the server");
    }

    /// Records a request at its arrival and returns its number.
    pub(super) fn arrived(&self, request: Request) -> u64 {
        let now = self.started.elapsed();
        self.with(|state| {
            let credential = reply::check_credential(&request, &state.accounts, now);
            state.ledger.open(now, request, credential)
        })
    }

    /// Decides what to answer: never [`Answer::Normally`], but what it stands for.
    pub(super) fn decide(&self, number: u64, request: &Request) -> Answer {
        let now = self.started.elapsed();
        self.with(|state| {
            let credential = reply::check_credential(request, &state.accounts, now);
            let answer = state.scripted(request);
            if answer != Answer::Normally {
                state.ledger.record_outcome(number, credential, None);
                return answer;
            }
            let reply = reply::own(request, &mut state.accounts, &state.manners, now);
            state.ledger.record_outcome(number, credential, reply.issued);
            Answer::raw(reply.bytes)
        })
    }

    /// Records the outcome of a request; the first one stands.
    pub(super) fn close(&self, number: u64, outcome: Outcome) {
        self.with(|state| state.ledger.close(number, outcome));
    }

    /// A panic in a test's own condition must not take the server with it, so a poisoned lock is used on.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn scripted(&mut self, request: &Request) -> Answer {
        match Asked::by(&request.path) {
            Asked::Token => self.token_script.next(),
            Asked::Api => self.api_script.next(),
            Asked::Elsewhere => Answer::Normally,
        }
    }
}
