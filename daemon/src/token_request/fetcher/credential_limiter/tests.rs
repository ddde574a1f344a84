//! Owns the tests of how many requests may send a credential at a time.

use tokio::time::timeout;

use super::*;
use crate::profile::account::AccountKey;

const UNKNOWN: Limits = Limits { max_recent: 1, max_total: 2 };
const WORKING: Limits = Limits { max_recent: 2, max_total: 2 };

fn credential(account: &str) -> Credential {
    (AccountKey::from_text(account.to_owned()), [0; 32])
}

fn name(text: &str) -> ProfileName {
    ProfileName::parse(text).expect("a name")
}

async fn acquired(limiter: &Arc<CredentialLimiter>, account: &str, limits: Limits) -> CredentialPermit {
    limiter.acquire(&credential(account), &name(account), || limits).await.expect("a permit")
}

/// The permit, if it comes within so many seconds.
async fn within(seconds: u64, limiter: &Arc<CredentialLimiter>, limits: Limits) -> Option<CredentialPermit> {
    timeout(Duration::from_secs(seconds), acquired(limiter, "one", limits)).await.ok()
}

#[tokio::test(start_paused = true)]
async fn a_credential_is_tried_by_one_at_a_time_and_holds_up_no_other() {
    let limiter = Arc::<CredentialLimiter>::default();
    let first = acquired(&limiter, "one", UNKNOWN).await;
    assert!(first.send(UNKNOWN));
    assert!(within(1, &limiter, UNKNOWN).await.is_none());
    drop(acquired(&limiter, "other", UNKNOWN).await);
    drop(first);
    let second = within(1, &limiter, UNKNOWN).await.expect("the first is over");
    assert!(within(1, &limiter, UNKNOWN).await.is_none());
    drop(second);
    assert!(lock(&limiter.in_flight).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_works_is_carried_by_a_few_and_by_all_where_nothing_is_locked() {
    let limiter = Arc::<CredentialLimiter>::default();
    let both = [acquired(&limiter, "one", WORKING).await, acquired(&limiter, "one", WORKING).await];
    assert!(both.iter().all(|permit| permit.send(WORKING)));
    assert!(within(9, &limiter, WORKING).await.is_none());
    let all = Limits { max_recent: usize::MAX, max_total: usize::MAX };
    for _ in 0..50 {
        let permit = within(0, &limiter, all).await.expect("nobody waits");
        assert!(permit.send(all));
        std::mem::forget(permit);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_answered_is_followed_by_one_more_and_then_named() {
    let limiter = Arc::<CredentialLimiter>::default();
    let first = acquired(&limiter, "one", UNKNOWN).await;
    assert!(first.send(UNKNOWN));
    assert!(within(4, &limiter, UNKNOWN).await.is_none());
    let second = within(2, &limiter, UNKNOWN).await.expect("five seconds are over");
    assert!(second.send(UNKNOWN));
    let (one, of_third) = (credential("one"), name("third"));
    let mut third = std::pin::pin!(limiter.acquire(&one, &of_third, || UNKNOWN));
    assert!(timeout(Duration::from_secs(8), third.as_mut()).await.is_err());
    assert_eq!((limiter.ahead_of(&of_third), limiter.ahead_of(&name("x"))), (Some(name("one")), None));
    let third = third.await;
    assert!(lock(&limiter.waiting).is_empty());
    assert_eq!(third.expect_err("two are under way"), name("one"));
    drop(first);
    let third = within(3, &limiter, UNKNOWN).await.expect("the second one is late, too");
    assert!(third.send(UNKNOWN));
}

#[tokio::test(start_paused = true)]
async fn requests_that_have_no_connection_hold_up_nobody_for_long_and_are_sent_one_at_a_time() {
    let limiter = Arc::<CredentialLimiter>::default();
    let mut unsent = vec![acquired(&limiter, "one", UNKNOWN).await];
    assert!(within(1, &limiter, UNKNOWN).await.is_none());
    for _ in 0..6 {
        unsent.push(within(2, &limiter, UNKNOWN).await.expect("one bound for all of them"));
        let elapsed = within(0, &limiter, UNKNOWN).await;
        unsent.extend(elapsed);
    }
    let last = unsent.pop().expect("one");
    assert!(last.send(UNKNOWN));
    assert!(!unsent[0].send(UNKNOWN), "another one is under way");
    drop(last);
    assert!(unsent[0].send(UNKNOWN));
}

#[tokio::test(start_paused = true)]
async fn nobody_gives_up_while_others_are_served() {
    let limiter = Arc::<CredentialLimiter>::default();
    let serve = || async {
        let permit = acquired(&limiter, "one", WORKING).await;
        assert!(permit.send(WORKING));
        tokio::time::sleep(Duration::from_secs(2)).await;
    };
    let tasks: Vec<_> = (0..40).map(|_| Box::pin(serve())).collect();
    let start = Instant::now();
    for_all(tasks).await;
    assert_eq!(start.elapsed().as_secs(), 40, "two at a time");
}

#[tokio::test(start_paused = true)]
async fn everybody_goes_once_it_is_known_while_they_wait() {
    let limiter = Arc::<CredentialLimiter>::default();
    let is_known = std::cell::Cell::new(false);
    let limits = || if is_known.get() { Limits { max_recent: 9, max_total: 9 } } else { UNKNOWN };
    let first = acquired(&limiter, "one", UNKNOWN).await;
    let (one, name) = (credential("one"), name("one"));
    let (second, third) = (limiter.acquire(&one, &name, limits), limiter.acquire(&one, &name, limits));
    let learn = async {
        tokio::task::yield_now().await;
        is_known.set(true);
        drop(first);
    };
    let (second, third, ()) = tokio::join!(second, third, learn);
    assert!(second.is_ok() && third.is_ok());
}

/// All of them, side by side.
async fn for_all<F: Future<Output = ()> + Unpin>(mut tasks: Vec<F>) {
    std::future::poll_fn(|context| {
        tasks.retain_mut(|task| std::pin::Pin::new(task).poll(context).is_pending());
        if tasks.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
}
