//! Owns a CrashPlan for tests: real TCP and real TLS on loopback, every fault on demand, every request on record.
//! It never asks the product anything and shares no code with it.

mod accounts;
mod answer;
mod codes;
mod exchange;
mod gzip;
mod ledger;
mod reply;
mod request;
mod script;
mod server;
mod shared;
mod token;
mod users;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::certificates::{Authority, ServerCertificate};

pub use answer::{Answer, Ending};
pub use ledger::{Asked, Credential, Entry, Ledger, Outcome};
pub use request::Request;

use accounts::AccountKind;
use reply::ExpiresIn;
use server::Server;
use shared::Shared;

/// How to start a server. The default is TLS with a good certificate on a free port.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// With or without TLS.
    pub transport: Transport,
    /// The authority behind the certificate; give two servers the same one and a client trusts both.
    pub authority: Authority,
    /// The port on 127.0.0.1, or 0 for a free one.
    pub port: u16,
    /// Whether `GET /_ledger` shows the counts as JSON.
    pub ledger_page: bool,
}

/// What lies between TCP and HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TLS with this certificate.
    Tls(ServerCertificate),
    /// Nothing.
    Plain,
}

impl Default for Transport {
    fn default() -> Self {
        Self::Tls(ServerCertificate::Good)
    }
}

/// A running fake CrashPlan. It starts with no account at all; dropping it ends it.
pub struct FakeCrashPlan {
    shared: Arc<Shared>,
    authority: Authority,
    scheme: &'static str,
    server: Server,
}

impl FakeCrashPlan {
    /// Starts with TLS and a good certificate on a free port.
    pub fn start() -> Self {
        Self::start_with(Setup::default())
    }

    /// Starts as `setup` says. Panics where the port is taken.
    pub fn start_with(setup: Setup) -> Self {
        let shared = Arc::new(Shared::new(setup.ledger_page));
        let (scheme, tls) = match setup.transport {
            Transport::Plain => ("http", None),
            Transport::Tls(which) => ("https", Some(setup.authority.server_config(which))),
        };
        let server = Server::start(Arc::clone(&shared), setup.port, tls);
        Self { shared, authority: setup.authority, scheme, server }
    }

    /// The base URL, such as `https://localhost:40123`. The certificate is good for `127.0.0.1` too.
    pub fn url(&self) -> String {
        format!("{}://localhost:{}", self.scheme, self.server.port)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// The authority behind the certificate.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The authority's certificate as PEM, for a client's `ca_bundle`.
    pub fn ca_pem(&self) -> String {
        self.authority.pem()
    }

    /// Writes [`Self::ca_pem`] to `path`.
    pub fn write_ca(&self, path: impl AsRef<Path>) {
        self.authority.write_pem(path.as_ref());
    }
}

/// Accounts and tokens.
impl FakeCrashPlan {
    /// Adds an API client, or replaces the one of this ID.
    pub fn add_client(&self, id: &str, secret: &str) {
        self.shared.with(|state| state.accounts.add(id, secret, AccountKind::Client));
    }

    /// Changes the secret of a client or user; the former one is refused from now on. Panics for an unknown one.
    pub fn reset_secret(&self, name: &str, secret: &str) {
        self.shared.with(|state| state.accounts.reset_secret(name, secret));
    }

    /// Deletes a client or user together with its tokens.
    pub fn delete_client(&self, name: &str) {
        self.shared.with(|state| state.accounts.delete(name));
    }

    /// Whether a new token ends the former one of the same account. Off at first: tokens are independent.
    pub fn one_token_at_a_time(&self, on: bool) {
        self.shared.with(|state| state.accounts.one_token_at_a_time = on);
    }

    /// Whether a reset ends the tokens that are out. Off at first: they live on.
    pub fn reset_kills_tokens(&self, on: bool) {
        self.shared.with(|state| state.accounts.reset_kills_tokens = on);
    }

    /// The true life of the tokens issued from now on, by the server's monotonic clock; 15 minutes at first.
    pub fn set_life(&self, life: Duration) {
        self.shared.with(|state| state.accounts.life = life);
    }

    /// What token replies say for `expires_in` instead of the true life in whole seconds: a JSON text taken
    /// literally (`"3600"` with its quotes, `1e308`, `null`), or for `None` no such field at all.
    pub fn set_expires_in(&self, json: Option<&str>) {
        let expires_in = json.map_or(ExpiresIn::Absent, |text| ExpiresIn::Raw(text.to_owned()));
        self.shared.with(|state| state.manners.expires_in = expires_in);
    }

    /// Token replies tell the true life again, as they do at first.
    pub fn tell_true_life(&self) {
        self.shared.with(|state| state.manners.expires_in = ExpiresIn::True);
    }

    /// The next token issued is this one; several wait in line.
    pub fn issue_next(&self, token: &str) {
        self.shared.with(|state| state.accounts.prepared.push_back(token.to_owned()));
    }

    /// Adds a header to every one of the server's own answers from now on.
    pub fn add_header(&self, name: &str, value: &str) {
        self.shared.with(|state| state.manners.headers.push((name.to_owned(), value.to_owned())));
    }

    /// Ends one token.
    pub fn revoke(&self, token: &str) {
        self.shared.with(|state| state.accounts.revoke(token));
    }

    /// Ends every token that is out.
    pub fn revoke_all(&self) {
        self.shared.with(|state| state.accounts.revoke_all());
    }
}

/// Faults. A script answers in place of the server: one-shot answers first, then the standing one.
impl FakeCrashPlan {
    /// Answers one more token request like this; several wait in line.
    pub fn answer_next(&self, answer: Answer) {
        self.shared.with(|state| state.token_script.add(answer));
    }

    /// Answers token requests like this once no one-shot answer waits.
    pub fn answer_always(&self, answer: Answer) {
        self.shared.with(|state| state.token_script.stand(answer));
    }

    /// Forgets every scripted answer for token requests.
    pub fn answer_normally(&self) {
        self.shared.with(|state| state.token_script.clear());
    }

    /// [`Self::answer_next`] for the other API requests.
    pub fn answer_api_next(&self, answer: Answer) {
        self.shared.with(|state| state.api_script.add(answer));
    }

    /// [`Self::answer_always`] for the other API requests.
    pub fn answer_api_always(&self, answer: Answer) {
        self.shared.with(|state| state.api_script.stand(answer));
    }

    /// [`Self::answer_normally`] for the other API requests.
    pub fn answer_api_normally(&self) {
        self.shared.with(|state| state.api_script.clear());
    }

    /// Token requests are recorded and then wait for [`Self::release`]; only then are they checked and answered.
    pub fn hold(&self) {
        self.shared.set_passing(0);
    }

    /// Lets waiting token requests go on.
    pub fn release(&self) {
        self.shared.set_passing(u64::MAX);
    }

    /// Lets the first request of all go on, and holds the others.
    pub fn release_first(&self) {
        self.shared.set_passing(1);
    }
}

/// The record.
impl FakeCrashPlan {
    /// A copy of the record as it is now.
    pub fn ledger(&self) -> Ledger {
        self.shared.with(|state| state.ledger.clone())
    }

    /// Blocks until `condition` holds; false when it did not within that time. The record is locked meanwhile,
    /// so the condition may ask nothing but the ledger it is given.
    pub fn wait_for(&self, within: Duration, condition: impl Fn(&Ledger) -> bool) -> bool {
        self.shared.wait_for(within, condition)
    }

    /// [`Ledger::entries`], copied.
    pub fn entries(&self) -> Vec<Entry> {
        self.ledger().entries().to_vec()
    }

    /// [`Ledger::token_requests`].
    pub fn token_requests(&self) -> usize {
        self.shared.with(|state| state.ledger.token_requests())
    }

    /// [`Ledger::api_requests`].
    pub fn api_requests(&self) -> usize {
        self.shared.with(|state| state.ledger.api_requests())
    }

    /// [`Ledger::refused_bearers`].
    pub fn refused_bearers(&self) -> usize {
        self.shared.with(|state| state.ledger.refused_bearers())
    }

    /// [`Ledger::issued`].
    pub fn issued(&self) -> Vec<String> {
        self.shared.with(|state| state.ledger.issued())
    }

    /// [`Ledger::in_flight`].
    pub fn in_flight(&self) -> usize {
        self.shared.with(|state| state.ledger.in_flight())
    }

    /// [`Ledger::max_in_flight`].
    pub fn max_in_flight(&self) -> usize {
        self.shared.with(|state| state.ledger.max_in_flight())
    }

    /// [`Ledger::connections`].
    pub fn connections(&self) -> usize {
        self.shared.with(|state| state.ledger.connections())
    }
}
