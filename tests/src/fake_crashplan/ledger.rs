//! Owns the record of what reached the server and what became of it. It never influences an answer.

use std::time::Duration;

use super::request::Request;

/// Where an API client asks for a token.
pub(super) const TOKEN_PATH: &str = "/api/v3/oauth/token";

/// Where a user asks for a token.
pub(super) const LOGIN_PATH: &str = "/api/v3/auth/jwt";

/// What a request asks for, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A token: the path is that of the token endpoint or of the user login, whatever the method.
    Token,
    /// Anything else below `/api/`.
    Api,
    /// Anything outside `/api/`.
    Elsewhere,
}

impl Asked {
    pub(super) fn by(path: &str) -> Self {
        match path {
            TOKEN_PATH | LOGIN_PATH => Self::Token,
            _ if path.starts_with("/api/") => Self::Api,
            _ => Self::Elsewhere,
        }
    }
}

/// The credential a request presented, checked at arrival and again when it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// No `Authorization` header.
    None,
    /// Basic: a client ID or user name with its secret.
    Basic {
        /// The client ID or user name presented.
        name: String,
        /// Whether there is such a client or user and the secret was its own.
        right: bool,
    },
    /// Bearer: a token.
    Bearer {
        /// The token presented.
        token: String,
        /// Whether the server issued it and it is neither expired nor revoked.
        live: bool,
    },
    /// A header that is neither.
    Unreadable,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is still open.
    Open,
    /// It was answered; the status is `None` where the bytes sent held no status line.
    Answered(Option<u16>),
    /// The client left before the answer was complete.
    Abandoned,
}

/// One request and what became of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Counts from 1 in order of arrival.
    pub number: u64,
    /// How long after the server's start the request had been read.
    pub arrived: Duration,
    /// What it asks for.
    pub asked: Asked,
    /// The request itself, with the raw `Authorization` header.
    pub request: Request,
    /// The credential it presented.
    pub credential: Credential,
    /// What became of it. Recorded before the last byte of an answer leaves, so that whatever a client does
    /// after an answer finds that answer recorded.
    pub outcome: Outcome,
    /// The token issued in the server's own answer.
    pub issued: Option<String>,
}

impl Entry {
    /// The status answered so far.
    pub fn status(&self) -> Option<u16> {
        match self.outcome {
            Outcome::Answered(status) => status,
            Outcome::Open | Outcome::Abandoned => None,
        }
    }

    /// Whether the request asked for JSON in its `Accept` header, as the vendor documents.
    pub fn accepts_json(&self) -> bool {
        self.request.header("Accept").is_some_and(|value| value.contains("application/json"))
    }
}

/// Everything that reached the server since its start.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    pub(super) connections: usize,
    pub(super) failed_handshakes: usize,
    in_flight: usize,
    max_in_flight: usize,
}

impl Ledger {
    /// Records a request at its arrival and returns its number.
    pub(super) fn open(&mut self, arrived: Duration, request: Request, credential: Credential) -> u64 {
        let number = self.entries.len() as u64 + 1;
        let asked = Asked::by(&request.path);
        let outcome = Outcome::Open;
        self.entries.push(Entry { number, arrived, asked, request, credential, outcome, issued: None });
        self.in_flight += usize::from(asked == Asked::Token);
        self.max_in_flight = self.max_in_flight.max(self.in_flight);
        number
    }

    /// Records how the request was checked when the time to answer it came.
    pub(super) fn record_outcome(&mut self, number: u64, credential: Credential, issued: Option<String>) {
        let entry = self.entry_mut(number);
        entry.credential = credential;
        entry.issued = issued;
    }

    /// Records the outcome. The first one stands.
    pub(super) fn close(&mut self, number: u64, outcome: Outcome) {
        let entry = self.entry_mut(number);
        if entry.outcome == Outcome::Open {
            entry.outcome = outcome;
            let was_for_a_token = entry.asked == Asked::Token;
            self.in_flight -= usize::from(was_for_a_token);
        }
    }

    fn entry_mut(&mut self, number: u64) -> &mut Entry {
        let index = usize::try_from(number - 1).expect("numbers are small");
        &mut self.entries[index]
    }

    /// Every request in order of arrival.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many requests for a token arrived, whatever became of them.
    pub fn token_requests(&self) -> usize {
        self.entries.iter().filter(|entry| entry.asked == Asked::Token).count()
    }

    /// How many other API requests arrived.
    pub fn api_requests(&self) -> usize {
        self.entries.iter().filter(|entry| entry.asked == Asked::Api).count()
    }

    /// How many API requests presented a token and were answered 401.
    pub fn refused_bearers(&self) -> usize {
        let refused = |entry: &&Entry| {
            entry.asked == Asked::Api
                && matches!(entry.credential, Credential::Bearer { .. })
                && entry.status() == Some(401)
        };
        self.entries.iter().filter(refused).count()
    }

    /// Every token the server issued in its own answers, in order of the requests.
    pub fn issued(&self) -> Vec<String> {
        self.entries.iter().filter_map(|entry| entry.issued.clone()).collect()
    }

    /// How many requests for a token are open now.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// The most requests for a token that were ever open at once.
    pub fn max_in_flight(&self) -> usize {
        self.max_in_flight
    }

    /// How many TCP connections were accepted, with or without a request.
    pub fn connections(&self) -> usize {
        self.connections
    }

    /// How many TLS handshakes failed, for instance because the client refused the certificate.
    pub fn failed_handshakes(&self) -> usize {
        self.failed_handshakes
    }
}
