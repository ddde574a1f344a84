//! Owns the looks at servers of one examination: profiles that take the same way to the same server share one, so that
//! a thousand profiles of one server ask it once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::base::clock::Clock;
use crate::profile::Profile;
use crate::token_endpoint::{self, ProbeResult, TokenRequestError, Unconditional};

/// What was seen, by the way that leads there.
#[derive(Debug, Default)]
pub struct Routes {
    looks: Mutex<HashMap<String, Arc<OnceCell<RouteCheck>>>>,
}

/// One look.
#[derive(Debug, Clone)]
pub(super) struct RouteCheck {
    /// The host, and how many addresses it has.
    pub(super) name: Result<(String, usize), TokenRequestError>,
    /// What the server shows; a name that leads nowhere leaves nothing more to look at.
    pub(super) server: Option<Result<ProbeResult, TokenRequestError>>,
    /// Our wall clock before and after.
    pub(super) between: (Duration, Duration),
}

impl Routes {
    /// Another examination begins.
    pub(super) fn forget(&self) {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What is seen on the way of a profile that needs no password for it.
    pub(super) async fn look(&self, profile: &Profile, clock: &dyn Clock) -> RouteCheck {
        let cell = {
            let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(looks.entry(key(profile)).or_default())
        };
        cell.get_or_init(|| look(profile, clock)).await.clone()
    }
}

async fn look(profile: &Profile, clock: &dyn Clock) -> RouteCheck {
    let name = token_endpoint::resolve(&profile.url, &profile.network).await;
    let before = clock.now().wall;
    let server = match &name {
        Ok(_) => {
            Some(token_endpoint::probe(&profile.url, &profile.network, None, Arc::new(Unconditional)).await)
        }
        Err(_) => None,
    };
    RouteCheck { name, server, between: (before, clock.now().wall) }
}

/// Everything that the outcome depends on; no part has a line break.
fn key(profile: &Profile) -> String {
    let network = &profile.network;
    let proxy = network.proxy_for(&profile.url).map(ToString::to_string).unwrap_or_default();
    let bundle = network.ca_bundle.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
    format!("{}\n{proxy}\n{bundle}", profile.url)
}
