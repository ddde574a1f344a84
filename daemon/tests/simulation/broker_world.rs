//! Owns histories of the whole broker on a runtime with virtual time: callers come, leave and give up,
//! servers take their time, clocks jump, people say forget, lock and unlock.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::message::TotpMethod;
use cp_token_protocol::{ErrorCode, ProfileName, Secret};
use cp_tokend::audit::Audit;
use cp_tokend::broker::{Answer, Broker};
use cp_tokend::clock::{Clock, Moment};
use cp_tokend::failure;
use cp_tokend::lease::{Ask, Demand, Served};
use cp_tokend::profile::Profile;
use cp_tokend::trade::{Redeem, Redeemed, Unredeemed};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use crate::code_world::CodeChecker;
use crate::dice::Dice;
use crate::lock_world::{Attempt, LockChecker};
use crate::people::{client, user};
use crate::server;

/// Virtual time with the two clocks' own mishaps on top.
struct Sky {
    start: Instant,
    /// Suspend: time that the runtime's timers did not see.
    slept: Mutex<Duration>,
    /// What somebody set the wall clock to.
    wall: Mutex<Duration>,
}

impl Clock for Sky {
    fn now(&self) -> Moment {
        let ran = self.start.elapsed() + *self.slept.lock().expect("lock");
        Moment { boot: ran, wall: *self.wall.lock().expect("lock") + ran }
    }
}

struct Server {
    sky: Arc<Sky>,
    dice: Arc<Mutex<Dice>>,
    under_way: Arc<Mutex<HashMap<ProfileName, Arc<AtomicUsize>>>>,
    codes: Arc<CodeChecker>,
    lock: Arc<LockChecker>,
    issued: Arc<Mutex<HashMap<String, (Moment, Duration)>>>,
}

/// Counts down even where the broker drops the request half-way.
struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Redeem for Server {
    fn redeem(
        &self,
        profile: Arc<Profile>,
        code: Option<Secret>,
    ) -> Pin<Box<dyn Future<Output = Result<Redeemed, Unredeemed>> + Send>> {
        let sky = Arc::clone(&self.sky);
        let dice = Arc::clone(&self.dice);
        let issued = Arc::clone(&self.issued);
        let codes = Arc::clone(&self.codes);
        let lock = Arc::clone(&self.lock);
        let count = Arc::clone(self.under_way.lock().expect("lock").entry(profile.name.clone()).or_default());
        Box::pin(async move {
            assert_eq!(count.fetch_add(1, Ordering::Relaxed), 0, "two attempts at once");
            let _under_way = UnderWay(count);
            let attempt = Attempt::begin(&lock);
            let code = codes.next(&profile, code).await?;
            let sent = sky.now();
            let delay = dice.lock().expect("lock").milliseconds(8_000);
            tokio::time::sleep(delay).await;
            attempt.must_be_wanted();
            let (text, outcome) = {
                let mut dice = dice.lock().expect("lock");
                let text = format!("token-{}", dice.number());
                let outcome = match code {
                    Some(_) => server::answer_to_user(&mut dice, &text, sent.wall),
                    None => server::answer(&mut dice, &text, sent.wall),
                };
                (text, outcome)
            };
            let granted = outcome.map_err(|error| failure::of_token_request(&error, &profile, None))?;
            issued.lock().expect("lock").insert(text, (sent, granted.life));
            Ok(Redeemed { token: granted.token, life: granted.life, sent })
        })
    }

    fn forgive(&self, _: &Profile) {}

    fn forgive_all(&self) {}

    fn code_wait(&self, profile: &Profile) -> Option<Duration> {
        self.codes.wait(profile)
    }
}

pub(crate) fn history(seed: u64) {
    thread_local! {
        static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) };
    }
    // Paused time goes on from history to history; each measures from its own start.
    RUNTIME.with_borrow_mut(|runtime| {
        let runtime = runtime.get_or_insert_with(|| {
            Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
        });
        runtime.block_on(live(seed));
    });
}

async fn live(seed: u64) {
    let mut dice = Dice::new(seed);
    let sky = Arc::new(Sky {
        start: Instant::now(),
        slept: Mutex::default(),
        wall: Mutex::new(Duration::from_secs(1_800_000_000)),
    });
    let issued = Arc::new(Mutex::new(HashMap::new()));
    let lock = Arc::new(LockChecker::default());
    let server = Arc::new(Server {
        sky: Arc::clone(&sky),
        dice: Arc::new(Mutex::new(Dice::new(dice.number()))),
        under_way: Arc::default(),
        issued: Arc::clone(&issued),
        codes: Arc::new(CodeChecker::new(Arc::<Sky>::clone(&sky))),
        lock: Arc::clone(&lock),
    });
    let broker = Broker::new(Arc::<Sky>::clone(&sky), server, Audit::new(Arc::<Sky>::clone(&sky)), || 0.5);
    let timer = tokio::spawn(Arc::clone(&broker).keep_time());
    let profiles =
        [client("a"), client("b"), user("asked", TotpMethod::Ask), user("stored", TotpMethod::Stored)];
    let mut callers = Vec::new();
    for _ in 0..12 {
        match dice.below(11) {
            0 => *sky.slept.lock().expect("lock") += dice.milliseconds(7_200_000),
            1 => *sky.wall.lock().expect("lock") = dice.milliseconds(4_000_000_000_000),
            2 => broker.forget(dice.pick::<Arc<Profile>>(&profiles)),
            3 => tokio::time::sleep(dice.milliseconds(1_000_000)).await,
            4 => lock.turn(&broker).await,
            _ => {
                let profile = Arc::clone(dice.pick(&profiles));
                let caller = Caller { profile, sky: Arc::clone(&sky), lock: Arc::clone(&lock) };
                let caller = caller.call(Arc::clone(&broker), Arc::clone(&issued), dice.number());
                let caller = tokio::spawn(caller);
                if dice.one_in(5) {
                    caller.abort();
                } else {
                    callers.push(caller);
                }
            }
        }
        tokio::time::sleep(dice.milliseconds(3_000)).await;
    }
    for caller in callers {
        // Every attempt ends within eight virtual seconds after its code has come. A clock that was set back a
        // little is waited for.
        let answered = tokio::time::timeout(Duration::from_secs(400), caller).await;
        answered.expect("a waiter was never answered").expect("a promise was broken");
    }
    timer.abort();
}

struct Caller {
    profile: Arc<Profile>,
    sky: Arc<Sky>,
    lock: Arc<LockChecker>,
}

impl Caller {
    async fn call(
        self,
        broker: Arc<Broker>,
        issued: Arc<Mutex<HashMap<String, (Moment, Duration)>>>,
        seed: u64,
    ) {
        let mut dice = Dice::new(seed);
        // Few enough that people type one twice.
        let code = dice.one_in(2).then(|| Secret::copy_of(format!("{:06}", dice.below(40)).as_bytes()));
        let demand = if dice.one_in(8) { Demand::Fresh } else { Demand::Valid };
        let ask = Ask {
            demand,
            min_validity: dice.one_in(4).then(|| dice.milliseconds(1_000_000)),
            has_code: code.is_some(),
        };
        let is_closed = self.lock.is_closed();
        let outcome = match broker.access_token(&self.profile, ask, code) {
            Answer::Now(outcome) => outcome,
            Answer::Later { outcome, .. } => outcome.await.expect("an answer"),
        };
        if is_closed {
            LockChecker::judge(&outcome);
        }
        let code = outcome.as_ref().map_or_else(|failure| Some(failure.code), |_| None);
        assert_ne!(code, Some(ErrorCode::INTERNAL), "a promise was broken in an attempt");
        if let Ok(Served { token, remaining }) = outcome {
            let text = String::from_utf8(token.expose().to_vec()).expect("text");
            let (sent, life) = issued.lock().expect("lock")[&text];
            let left = self.sky.now().until(sent.after(life));
            assert!(!left.is_zero(), "a token past its life");
            assert!(remaining < left, "the life that is shown is less than the true one");
        }
    }
}
