//! Promises about one-time codes that are typed where no more callers may wait: none is spent for somebody who is turned
//! away.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cp_token_protocol::message::TotpMethod;
use cp_token_protocol::{ErrorCode, Secret};
use cp_tokend::audit::Audit;
use cp_tokend::base::clock::SystemClock;
use cp_tokend::broker::failure::panicked;
use cp_tokend::broker::{Broker, BrokerReply, WaitRequest};
use cp_tokend::lease::{Freshness, TokenQuery};
use cp_tokend::profile::Profile;
use cp_tokend::token_request::{FetchToken, FetchedToken, TokenRequestFailed};

use crate::profiles::user;

/// Counts the codes that it is given.
#[derive(Default)]
struct Counter(AtomicUsize);

impl FetchToken for Counter {
    fn fetch_token(
        &self,
        _: Arc<Profile>,
        code: Option<Secret>,
    ) -> Pin<Box<dyn Future<Output = Result<FetchedToken, TokenRequestFailed>> + Send>> {
        self.0.fetch_add(usize::from(code.is_some()), Ordering::Relaxed);
        Box::pin(async { Err(panicked()) })
    }

    fn clear_refusal(&self, _: &Profile) -> bool {
        false
    }

    fn clear_refusals(&self) -> bool {
        false
    }

    fn code_delay(&self, _: &Profile) -> Option<std::time::Duration> {
        None
    }
}

#[tokio::test]
async fn a_code_is_not_spent_for_a_caller_who_is_turned_away_from_a_crowd() {
    let (counter, clock) = (Arc::new(Counter::default()), Arc::new(SystemClock));
    let broker = Broker::new(clock.clone(), counter.clone(), Audit::new(clock), || 0.5);
    let profile = user("asked", TotpMethod::Ask);
    let query = TokenQuery { freshness: Freshness::Valid, min_validity: None, has_code: true };
    let call = || {
        broker.access_token(
            &profile,
            WaitRequest { query, retries: false },
            Secret::copy_of(b"123456").into(),
        )
    };
    broker.limit_waiters(0);
    let BrokerReply::Now(Err(refused)) = call() else { panic!("nobody may wait") };
    assert_eq!(refused.code, ErrorCode::TOO_MANY_WAITING);
    tokio::task::yield_now().await;
    assert!(counter.0.load(Ordering::Relaxed) == 0 && broker.is_idle(), "an attempt was started");
    broker.limit_waiters(1);
    let BrokerReply::Later(mut pending) = call() else { panic!("one may wait") };
    assert!(pending.result(async || Ok(Arc::clone(&profile))).await.is_err());
    assert_eq!(counter.0.load(Ordering::Relaxed), 1, "the same code, by whoever has a place");
}
