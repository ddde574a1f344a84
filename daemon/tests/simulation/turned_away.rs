//! Promises about one-time codes that are typed where no more callers may wait: none is spent for somebody who is turned
//! away.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cp_token_protocol::message::TotpMethod;
use cp_token_protocol::{ErrorCode, Secret};
use cp_tokend::audit::Audit;
use cp_tokend::broker::{Answer, Broker, Wish};
use cp_tokend::clock::SystemClock;
use cp_tokend::failure;
use cp_tokend::lease::{Ask, Demand};
use cp_tokend::profile::Profile;
use cp_tokend::trade::{Redeem, Redeemed, Unredeemed};

use crate::people::user;

/// Counts the codes that it is given.
#[derive(Default)]
struct Counter(AtomicUsize);

impl Redeem for Counter {
    fn redeem(
        &self,
        _: Arc<Profile>,
        code: Option<Secret>,
    ) -> Pin<Box<dyn Future<Output = Result<Redeemed, Unredeemed>> + Send>> {
        self.0.fetch_add(usize::from(code.is_some()), Ordering::Relaxed);
        Box::pin(async { Err(failure::panicked()) })
    }

    fn forgive(&self, _: &Profile) -> bool {
        false
    }

    fn forgive_all(&self) -> bool {
        false
    }

    fn code_wait(&self, _: &Profile) -> Option<std::time::Duration> {
        None
    }
}

#[tokio::test]
async fn a_code_is_not_spent_for_a_caller_who_is_turned_away_from_a_crowd() {
    let (counter, clock) = (Arc::new(Counter::default()), Arc::new(SystemClock));
    let broker = Broker::new(clock.clone(), counter.clone(), Audit::new(clock), || 0.5);
    let profile = user("asked", TotpMethod::Ask);
    let ask = Ask { demand: Demand::Valid, min_validity: None, has_code: true };
    let call =
        || broker.access_token(&profile, Wish { ask, retries: false }, Secret::copy_of(b"123456").into());
    broker.limit_waiters(0);
    let Answer::Now(Err(refused)) = call() else { panic!("nobody may wait") };
    assert_eq!(refused.code, ErrorCode::TOO_MANY_WAITING);
    tokio::task::yield_now().await;
    assert!(counter.0.load(Ordering::Relaxed) == 0 && broker.is_idle(), "an attempt was started");
    broker.limit_waiters(1);
    let Answer::Later(mut pending) = call() else { panic!("one may wait") };
    assert!(pending.outcome(|| Ok(Arc::clone(&profile))).await.is_err());
    assert_eq!(counter.0.load(Ordering::Relaxed), 1, "the same code, by whoever has a place");
}
