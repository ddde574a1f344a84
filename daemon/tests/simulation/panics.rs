//! Promises about a bug: an attempt that panics fails, frees its profile, and holds up nothing else.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use cp_token_protocol::{AccessToken, ErrorCode, Failure, Secret};
use cp_tokend::audit::Audit;
use cp_tokend::base::clock::{Clock, Moment};
use cp_tokend::broker::{Broker, BrokerReply, WaitRequest};
use cp_tokend::lease::{Freshness, ServedToken, TokenQuery};
use cp_tokend::profile::Profile;
use cp_tokend::token_request::{FetchToken, FetchedToken, TokenRequestFailed};

use crate::profiles::client;

/// Both clocks, which the test moves on.
struct Seconds(AtomicU64);

impl Clock for Seconds {
    fn now(&self) -> Moment {
        let now = Duration::from_secs(self.0.load(Ordering::Relaxed));
        Moment { boot: now, wall: now }
    }
}

/// Panics at the first attempt for profile `a`, on the way to it or in the middle of it, and serves every other one.
struct Bug {
    clock: Arc<Seconds>,
    attempts: AtomicUsize,
    at_once: bool,
}

impl FetchToken for Bug {
    fn fetch_token(
        &self,
        profile: Arc<Profile>,
        _: Option<Secret>,
    ) -> Pin<Box<dyn Future<Output = Result<FetchedToken, TokenRequestFailed>> + Send>> {
        let is_bug = profile.name.as_str() == "a" && self.attempts.fetch_add(1, Ordering::Relaxed) == 0;
        assert!(!(is_bug && self.at_once), "a bug");
        let sent = self.clock.now();
        Box::pin(async move {
            tokio::task::yield_now().await;
            assert!(!is_bug, "a bug");
            let token = AccessToken::copy_of(b"token").expect("a token");
            Ok(FetchedToken { token, life: Duration::from_secs(900), sent })
        })
    }

    fn clear_refusal(&self, _: &Profile) -> bool {
        false
    }

    fn clear_refusals(&self) -> bool {
        false
    }

    fn code_delay(&self, _: &Profile) -> Option<Duration> {
        None
    }
}

async fn ask(broker: &Arc<Broker>, profile: &Arc<Profile>) -> Result<ServedToken, Failure> {
    let query = TokenQuery { freshness: Freshness::Valid, min_validity: None, has_code: false };
    match broker.access_token(profile, WaitRequest { query, retries: false }, None) {
        BrokerReply::Now(outcome) => outcome,
        BrokerReply::Later(mut pending) => {
            let answered = pending.result(async || Ok(Arc::clone(profile)));
            tokio::time::timeout(Duration::from_secs(60), answered)
                .await
                .expect("the waiter was never answered")
        }
    }
}

fn an_attempt_panics(at_once: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let clock = Arc::new(Seconds(AtomicU64::new(1_800_000_000)));
        let bug = Arc::new(Bug { clock: Arc::clone(&clock), attempts: AtomicUsize::new(0), at_once });
        let audit = Audit::new(Arc::<Seconds>::clone(&clock));
        let broker = Broker::new(Arc::<Seconds>::clone(&clock), bug, audit, || 0.5);
        let (a, b) = (client("a"), client("b"));
        let failure = ask(&broker, &a).await.expect_err("it panicked");
        assert_eq!(failure.code, ErrorCode::INTERNAL);
        assert!(broker.is_idle(), "the profile is free");
        ask(&broker, &b).await.expect("another profile is served");
        ask(&broker, &a).await.expect_err("a pause follows, as after any failure that passes");
        clock.0.fetch_add(60, Ordering::Relaxed);
        ask(&broker, &a).await.expect("the next attempt is made");
    });
}

#[test]
fn an_attempt_that_panics_fails_frees_its_profile_and_the_next_one_is_made() {
    an_attempt_panics(false);
    an_attempt_panics(true);
}
