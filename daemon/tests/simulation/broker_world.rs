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
use cp_tokend::base::clock::{Clock, Moment};
use cp_tokend::broker::{Broker, BrokerReply, WaitRequest};
use cp_tokend::failure;
use cp_tokend::lease::{Freshness, ServedToken, TokenQuery};
use cp_tokend::profile::Profile;
use cp_tokend::token_request::failure::of_token_request;
use cp_tokend::token_request::{FetchToken, FetchedToken, TokenRequestFailed};
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use crate::code_world::CodeChecker;
use crate::lock_world::{Attempt, LockChecker};
use crate::pause_checker::PauseChecker;
use crate::profiles::{Profiles, client, user};
use crate::random::Random;
use crate::server;

/// What spreads back-offs and renewals in these worlds.
pub(crate) const JITTER: f64 = 0.5;

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
    random: Arc<Mutex<Random>>,
    under_way: Arc<Mutex<HashMap<ProfileName, Arc<AtomicUsize>>>>,
    codes: Arc<CodeChecker>,
    lock: Arc<LockChecker>,
    pauses: Arc<PauseChecker>,
    issued: IssuedToken,
    count: Arc<AtomicUsize>,
    /// Whether it grants at once whatever is asked.
    is_quick: bool,
}

/// What is known of each token.
type IssuedToken = Arc<Mutex<HashMap<String, Known>>>;

struct Known {
    sent: Moment,
    life: Duration,
    /// How many had asked when its request was sent.
    asked: usize,
    account: String,
}

/// Counts down even where the broker drops the request half-way.
struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl FetchToken for Server {
    fn fetch_token(
        &self,
        profile: Arc<Profile>,
        code: Option<Secret>,
    ) -> Pin<Box<dyn Future<Output = Result<FetchedToken, TokenRequestFailed>> + Send>> {
        let sky = Arc::clone(&self.sky);
        let random = Arc::clone(&self.random);
        let issued = Arc::clone(&self.issued);
        let codes = Arc::clone(&self.codes);
        let lock = Arc::clone(&self.lock);
        let (pauses, asked) = (Arc::clone(&self.pauses), Arc::clone(&self.count));
        let is_quick = self.is_quick;
        let count = Arc::clone(self.under_way.lock().expect("lock").entry(profile.name.clone()).or_default());
        Box::pin(async move {
            assert_eq!(count.fetch_add(1, Ordering::Relaxed), 0, "two attempts at once");
            let _under_way = UnderWay(count);
            let attempt = Attempt::begin(&lock);
            pauses.sent(&profile.name, sky.now());
            let code = codes.next(&profile, code).await;
            let failed = |failed: &TokenRequestFailed| pauses.failed(&profile.name, failed.kind, sky.now());
            let code = code.inspect_err(failed)?;
            let (sent, asked) = (sky.now(), asked.load(Ordering::Relaxed));
            let delay = random.lock().expect("lock").milliseconds(if is_quick { 20 } else { 8_000 });
            tokio::time::sleep(delay).await;
            attempt.must_be_wanted();
            let (text, outcome) = {
                let mut random = random.lock().expect("lock");
                let text = format!("token-{}", random.number());
                let outcome = match code {
                    Some(_) => server::answer_to_user(&mut random, &text, sent.wall),
                    None if is_quick => server::token_response(&text),
                    None => server::answer(&mut random, &text, sent.wall),
                };
                (text, outcome)
            };
            let answered = outcome.map_err(|error| of_token_request(&error, &profile));
            let answered = answered.inspect_err(failed)?;
            pauses.answered(&profile.name);
            let (life, account) = (answered.life, profile.secret_key().account());
            issued.lock().expect("lock").insert(text, Known { sent, life, asked, account });
            Ok(FetchedToken { token: answered.token, life: answered.life, sent })
        })
    }

    fn clear_refusal(&self, _: &Profile) -> bool {
        false
    }

    fn clear_refusals(&self) -> bool {
        false
    }

    fn code_delay(&self, profile: &Profile) -> Option<Duration> {
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
    let mut random = Random::new(seed);
    let sky = Arc::new(Sky {
        start: Instant::now(),
        slept: Mutex::default(),
        wall: Mutex::new(Duration::from_secs(1_800_000_000)),
    });
    let issued = IssuedToken::default();
    let pauses = Arc::new(PauseChecker::default());
    let count = Arc::new(AtomicUsize::new(0));
    let lock = Arc::new(LockChecker::default());
    // Callers may want one new token after the other.
    let is_quick = random.one_in(50);
    let (steps, kinds, pause) = if is_quick { (60, 8, 40) } else { (12, 13, 3_000) };
    let server = Arc::new(Server {
        sky: Arc::clone(&sky),
        random: Arc::new(Mutex::new(Random::new(random.number()))),
        under_way: Arc::default(),
        issued: Arc::clone(&issued),
        codes: Arc::new(CodeChecker::new(Arc::<Sky>::clone(&sky))),
        lock: Arc::clone(&lock),
        pauses: Arc::clone(&pauses),
        count: Arc::clone(&count),
        is_quick,
    });
    let broker = Broker::new(Arc::<Sky>::clone(&sky), server, Audit::new(Arc::<Sky>::clone(&sky)), || JITTER);
    let timer = tokio::spawn(Arc::clone(&broker).run_timer());
    let all = [client("a"), client("b"), user("asked", TotpMethod::Ask), user("stored", TotpMethod::Stored)];
    let profiles = Arc::new(Profiles::new(all));
    let (mut callers, mut leaving) = (Vec::new(), Vec::new());
    for _ in 0..steps {
        match 12 - random.below(kinds) {
            0 => *sky.slept.lock().expect("lock") += random.milliseconds(7_200_000),
            1 => *sky.wall.lock().expect("lock") = random.milliseconds(4_000_000_000_000),
            2 => {
                broker.forget(&profiles.pick(&mut random));
            }
            3 => tokio::time::sleep(random.milliseconds(1_000_000)).await,
            4 => lock.turn(&broker).await,
            5 => profiles.change_one(&mut random, &broker, &pauses),
            _ => {
                let name = profiles.pick(&mut random).name.clone();
                let (sky, lock, count) = (Arc::clone(&sky), Arc::clone(&lock), Arc::clone(&count));
                let caller =
                    Caller { name, profiles: Arc::clone(&profiles), sky, lock, count, is_hasty: is_quick };
                let caller = caller.call(Arc::clone(&broker), Arc::clone(&issued), random.number());
                let caller = tokio::spawn(caller);
                match random.below(10) {
                    0 => caller.abort(),
                    1 => leaving.push(caller),
                    _ => callers.push(caller),
                }
            }
        }
        tokio::time::sleep(random.milliseconds(pause)).await;
        leaving.drain(..).for_each(|caller| caller.abort());
    }
    // Those whose daemon is locked are told; the others wait for a server that says no for as long as it likes.
    for caller in callers {
        // Every attempt ends within eight virtual seconds after its code has come, and every pause within five minutes. A
        // clock that was set back a little is waited for.
        let answered = tokio::time::timeout(Duration::from_secs(20_000), caller).await;
        answered.expect("a waiter was never answered").expect("a promise was broken");
    }
    tokio::task::yield_now().await;
    assert!(profiles.names().iter().all(|name| broker.waiting(name) == 0), "somebody who left is remembered");
    timer.abort();
}

struct Caller {
    name: ProfileName,
    profiles: Arc<Profiles>,
    count: Arc<AtomicUsize>,
    sky: Arc<Sky>,
    lock: Arc<LockChecker>,
    is_hasty: bool,
}

impl Caller {
    async fn call(self, broker: Arc<Broker>, issued: IssuedToken, seed: u64) {
        let mut random = Random::new(seed);
        // Few enough that people type one twice.
        let code = random.one_in(2).then(|| Secret::copy_of(format!("{:06}", random.below(40)).as_bytes()));
        let freshness = if self.is_hasty || random.one_in(8) { Freshness::Fresh } else { Freshness::Valid };
        let min_validity = random.one_in(4).then(|| random.milliseconds(1_000_000));
        let query = TokenQuery { freshness, min_validity, has_code: code.is_some() };
        let request = WaitRequest { query, retries: random.one_in(3) };
        let is_closed = self.lock.is_locked();
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let profile = self.profiles.get(&self.name);
        let (outcome, profile) = match broker.access_token(&profile, request, code) {
            BrokerReply::Now(outcome) => (outcome, profile),
            BrokerReply::Later(mut pending) => {
                let outcome = pending.result(async || Ok(self.profiles.get(&self.name))).await;
                (outcome, Arc::clone(pending.profile()))
            }
        };
        if is_closed {
            LockChecker::check(&outcome);
        }
        match outcome {
            Ok(served) => {
                self.check(&served, &issued.lock().expect("lock"), (number, &request.query), &profile)
            }
            Err(failure) => must_be_told(failure.code, request, &profile),
        }
    }

    fn check(
        &self,
        ServedToken { token, remaining }: &ServedToken,
        issued: &HashMap<String, Known>,
        (number, query): (usize, &TokenQuery),
        profile: &Profile,
    ) {
        let text = String::from_utf8(token.expose().to_vec()).expect("text");
        let Known { sent, life, asked, account } = &issued[&text];
        let left = self.sky.now().until(sent.after(*life));
        assert!(!left.is_zero(), "a token past its life");
        assert!(*remaining < left, "the life that is shown is less than the true one");
        assert_eq!(*account, profile.secret_key().account(), "another's token");
        let is_fresh = *asked >= number || !matches!(query.freshness, Freshness::Fresh);
        assert!(is_fresh, "a token whose request was sent before it was asked for");
    }
}

/// What is waited out, nobody is told; nor that somebody else's request has come between.
fn must_be_told(code: ErrorCode, request: WaitRequest, profile: &Profile) {
    assert_ne!(code, ErrorCode::INTERNAL, "a promise was broken in an attempt");
    assert_ne!(code, ErrorCode::SUPERSEDED, "another's request is this caller's failure");
    assert_ne!(code, ErrorCode::THROTTLED, "refused while there is time");
    let is_given = profile.needs_code() && code == ErrorCode::CODE_PENDING;
    assert!(
        is_given || !request.retries || !failure::is_transient(code),
        "told of an outage: {}",
        code.name()
    );
}
