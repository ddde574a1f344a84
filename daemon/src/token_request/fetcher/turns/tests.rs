//! Owns the table of who may send a credential when.

use tokio::time::timeout;

use super::*;
use crate::profile::account::AccountKey;

const UNPROVED: Limits = Limits { at_once: 1, at_most: 2 };
const PROVED: Limits = Limits { at_once: 2, at_most: 2 };

fn credential(account: &str) -> Credential {
    (AccountKey::from_text(account.to_owned()), [0; 32])
}

fn name(text: &str) -> ProfileName {
    ProfileName::parse(text).expect("a name")
}

async fn taken(turns: &Arc<CredentialTurns>, account: &str, limits: Limits) -> CredentialTurn {
    turns.take(&credential(account), &name(account), || limits).await.expect("a turn")
}

/// The turn, if it comes within so many seconds.
async fn within(seconds: u64, turns: &Arc<CredentialTurns>, limits: Limits) -> Option<CredentialTurn> {
    timeout(Duration::from_secs(seconds), taken(turns, "one", limits)).await.ok()
}

#[tokio::test(start_paused = true)]
async fn a_credential_is_tried_by_one_at_a_time_and_holds_up_no_other() {
    let turns = Arc::<CredentialTurns>::default();
    let first = taken(&turns, "one", UNPROVED).await;
    assert!(first.send(UNPROVED));
    assert!(within(1, &turns, UNPROVED).await.is_none());
    drop(taken(&turns, "other", UNPROVED).await);
    drop(first);
    let second = within(1, &turns, UNPROVED).await.expect("the first is over");
    assert!(within(1, &turns, UNPROVED).await.is_none());
    drop(second);
    assert!(lock(&turns.lines).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_works_is_carried_by_a_few_and_by_all_where_nothing_is_locked() {
    let turns = Arc::<CredentialTurns>::default();
    let both = [taken(&turns, "one", PROVED).await, taken(&turns, "one", PROVED).await];
    assert!(both.iter().all(|turn| turn.send(PROVED)));
    assert!(within(9, &turns, PROVED).await.is_none());
    let all = Limits { at_once: usize::MAX, at_most: usize::MAX };
    for _ in 0..50 {
        let turn = within(0, &turns, all).await.expect("nobody waits");
        assert!(turn.send(all));
        std::mem::forget(turn);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_not_answered_is_followed_by_one_more_and_then_named() {
    let turns = Arc::<CredentialTurns>::default();
    let first = taken(&turns, "one", UNPROVED).await;
    assert!(first.send(UNPROVED));
    assert!(within(4, &turns, UNPROVED).await.is_none());
    let second = within(2, &turns, UNPROVED).await.expect("five seconds are over");
    assert!(second.send(UNPROVED));
    let (one, of_third) = (credential("one"), name("third"));
    let mut third = std::pin::pin!(turns.take(&one, &of_third, || UNPROVED));
    assert!(timeout(Duration::from_secs(8), third.as_mut()).await.is_err());
    assert_eq!((turns.ahead_of(&of_third), turns.ahead_of(&name("x"))), (Some(name("one")), None));
    let third = third.await;
    assert!(lock(&turns.waiting).is_empty());
    assert_eq!(third.expect_err("two are under way"), name("one"));
    drop(first);
    let third = within(3, &turns, UNPROVED).await.expect("the second one is late, too");
    assert!(third.send(UNPROVED));
}

#[tokio::test(start_paused = true)]
async fn requests_that_have_no_connection_hold_up_nobody_for_long_and_are_sent_one_at_a_time() {
    let turns = Arc::<CredentialTurns>::default();
    let mut unsent = vec![taken(&turns, "one", UNPROVED).await];
    assert!(within(1, &turns, UNPROVED).await.is_none());
    for _ in 0..6 {
        unsent.push(within(2, &turns, UNPROVED).await.expect("one bound for all of them"));
        let elapsed = within(0, &turns, UNPROVED).await;
        unsent.extend(elapsed);
    }
    let last = unsent.pop().expect("one");
    assert!(last.send(UNPROVED));
    assert!(!unsent[0].send(UNPROVED), "another one is under way");
    drop(last);
    assert!(unsent[0].send(UNPROVED));
}

#[tokio::test(start_paused = true)]
async fn nobody_gives_up_while_others_are_served() {
    let turns = Arc::<CredentialTurns>::default();
    let serve = || async {
        let turn = taken(&turns, "one", PROVED).await;
        assert!(turn.send(PROVED));
        tokio::time::sleep(Duration::from_secs(2)).await;
    };
    let tasks: Vec<_> = (0..40).map(|_| Box::pin(serve())).collect();
    let began = Instant::now();
    for_all(tasks).await;
    assert_eq!(began.elapsed().as_secs(), 40, "two at a time");
}

#[tokio::test(start_paused = true)]
async fn everybody_goes_once_it_is_proved_while_they_wait() {
    let turns = Arc::<CredentialTurns>::default();
    let is_proved = std::cell::Cell::new(false);
    let limits = || if is_proved.get() { Limits { at_once: 9, at_most: 9 } } else { UNPROVED };
    let first = taken(&turns, "one", UNPROVED).await;
    let (one, name) = (credential("one"), name("one"));
    let (second, third) = (turns.take(&one, &name, limits), turns.take(&one, &name, limits));
    let prove = async {
        tokio::task::yield_now().await;
        is_proved.set(true);
        drop(first);
    };
    let (second, third, ()) = tokio::join!(second, third, prove);
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
