//! Owns the checks of servers: profiles with the same route to the same server share one check, so that a thousand profiles
//! of one server cause one request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::base::clock::Clock;
use crate::base::mutex::lock;
use crate::profile::Profile;
use crate::token_endpoint::{self, ProbeResult, TokenRequestError, Unconditional};

/// The checks by route.
#[derive(Default)]
pub(in crate::service) struct Routes {
    checks: Mutex<HashMap<String, Arc<OnceCell<RouteCheck<TokenRequestError>>>>>,
}

/// The result of one check.
#[derive(Debug, Clone)]
pub(super) struct RouteCheck<E> {
    /// The host, and how many addresses it has.
    pub(super) name: Result<(String, usize), E>,
    /// The server's answer; `None` if the name has no address.
    pub(super) server: Option<Result<ProbeResult, E>>,
    /// Our wall clock before and after the request.
    pub(super) between: (Duration, Duration),
}

impl<E> RouteCheck<E> {
    /// Resolves the name, and asks the server if that succeeds.
    pub(super) async fn run(
        clock: &dyn Clock,
        resolve: impl Future<Output = Result<(String, usize), E>>,
        probe: impl Future<Output = Result<ProbeResult, E>>,
    ) -> Self {
        let name = resolve.await;
        let before = clock.now().wall;
        let server = if name.is_ok() { Some(probe.await) } else { None };
        Self { name, server, between: (before, clock.now().wall) }
    }

    pub(super) fn map_err<F>(self, convert: impl Fn(E) -> F) -> RouteCheck<F> {
        let server = self.server.map(|server| server.map_err(&convert));
        RouteCheck { name: self.name.map_err(&convert), server, between: self.between }
    }
}

impl Routes {
    /// Drops the results before the next run.
    pub(super) fn clear(&self) {
        lock(&self.checks).clear();
    }

    /// The check of a profile whose route needs no password.
    pub(super) async fn check(&self, profile: &Profile, clock: &dyn Clock) -> RouteCheck<TokenRequestError> {
        let cell = Arc::clone(lock(&self.checks).entry(key(profile)).or_default());
        let (url, network) = (&profile.url, &profile.network);
        let run = || {
            let resolve = token_endpoint::resolve(url, network);
            RouteCheck::run(
                clock,
                resolve,
                token_endpoint::probe(url, network, None, Arc::new(Unconditional)),
            )
        };
        cell.get_or_init(run).await.clone()
    }
}

/// Everything that the result depends on; no part has a line break.
fn key(profile: &Profile) -> String {
    let network = &profile.network;
    let proxy = network.proxy_for(&profile.url).map(ToString::to_string).unwrap_or_default();
    let bundle = network.ca_bundle.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
    format!("{}\n{proxy}\n{bundle}", profile.url)
}
