//! Owns a server that checks users as a strict one does: the password, and each code of a step once, one step of
//! tolerance on either side. It is the same for every daemon, and has another clock than they.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::message::Identity;
use cp_token_protocol::{AccessToken, Secret};
use cp_tokend::token_endpoint::{IssuedToken, TokenEndpoint, TokenRequest, TokenRequestError};
use cp_tokend::token_request::totp::{Seed, steps};
use tokio::time::Instant;

use crate::random::Random;

/// A user of the server.
pub(super) struct User {
    pub(super) name: String,
    pub(super) password: &'static [u8],
    pub(super) seed: String,
}

impl User {
    pub(super) fn seed(&self) -> Seed {
        Seed::parse(&Secret::copy_of(self.seed.as_bytes())).expect("a seed")
    }
}

/// How long a request may be under way.
const LONGEST_WAY_MS: u64 = 2_000;
const LONGEST_WAY: Duration = Duration::from_millis(LONGEST_WAY_MS);
/// The pause after one request that was not answered.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// What the server saw.
#[derive(Default)]
struct Seen {
    /// The steps whose code came in, by user.
    used: HashSet<(String, u64)>,
    /// The steps whose code somebody else has used.
    used_elsewhere: HashSet<(String, u64)>,
    /// The steps whose code a person has typed, and so may have come late.
    typed: HashSet<(String, u64)>,
    wrong: HashMap<String, u64>,
    /// Who got no answer last, exactly as spelled, and when the pause after it ends.
    unanswered: HashMap<String, Instant>,
}

pub(super) struct Server {
    pub(super) users: Vec<User>,
    pub(super) start: Instant,
    pub(super) random: Arc<Mutex<Random>>,
    seen: Mutex<Seen>,
    is_of_one_daemon: bool,
}

impl Server {
    pub(super) fn new(users: Vec<User>, start: Instant, random: Arc<Mutex<Random>>, daemons: u64) -> Self {
        Self { users, start, random, seen: Mutex::default(), is_of_one_daemon: daemons == 1 }
    }

    /// The daemons' wall clock was set, which may end a pause.
    pub(super) fn clock_was_set(&self) {
        self.seen.lock().expect("lock").unanswered.clear();
    }

    /// The right time.
    pub(super) fn wall(&self) -> Duration {
        super::EPOCH + self.start.elapsed()
    }

    /// The user's phone is used for a login somewhere else.
    pub(super) fn use_elsewhere(&self, user: &User) {
        let step = steps::step(self.wall(), user.seed().period());
        self.seen.lock().expect("lock").used_elsewhere.insert((user.name.clone(), step));
    }

    /// A person types the code of this step.
    pub(super) fn type_in(&self, user: &User, step: u64) {
        self.seen.lock().expect("lock").typed.insert((user.name.clone(), step));
    }

    /// How many logins with a wrong password were told so: of an answer that was lost nobody learns.
    pub(super) fn wrong(&self, user: &User) -> u64 {
        self.seen.lock().expect("lock").wrong.get(&user.name).copied().unwrap_or_default()
    }

    fn is_accepted(&self, order: &TokenRequest) -> bool {
        let name = spelled(order).to_lowercase();
        let user = self.users.iter().find(|user| user.name == name).expect("a user");
        let mut seen = self.seen.lock().expect("lock");
        let is_new = self.take_code(&mut seen, user, order.code.as_ref().expect("a code"));
        order.secret.matches(user.password) && is_new
    }

    fn count(&self, order: &TokenRequest) {
        *self.seen.lock().expect("lock").wrong.entry(spelled(order).to_lowercase()).or_default() += 1;
    }

    /// False where somebody else was quicker.
    fn take_code(&self, seen: &mut Seen, user: &User, code: &Secret) -> bool {
        let seed = user.seed();
        let now = steps::step(self.wall(), seed.period());
        let step = (now - 1..=now + 1).find(|step| seed.code(*step).matches(code.expose()));
        let step = step.expect("a code of another time was sent");
        let is_typed = seen.typed.contains(&(user.name.clone(), step));
        assert!(is_typed || self.recent(&seed).contains(&step), "a code was sent after its step");
        assert!(seen.used.insert((user.name.clone(), step)), "a code was sent twice");
        !seen.used_elsewhere.contains(&(user.name.clone(), step))
    }

    /// The steps that a clock of the daemons may have shown when a request that comes now was sent.
    fn recent(&self, seed: &Seed) -> std::ops::RangeInclusive<u64> {
        let step = |wall| steps::step(wall, seed.period());
        step(self.wall() - LONGEST_WAY - super::SKEW)..=step(self.wall() + super::SKEW)
    }

    /// A daemon sends no password in the pause after a request that was not answered. Of two, each has its own.
    fn must_be_no_pause(&self, order: &TokenRequest) {
        let seen = self.seen.lock().expect("lock");
        let end = seen.unanswered.get(spelled(order)).filter(|_| self.is_of_one_daemon);
        assert!(end.is_none_or(|end| *end <= Instant::now()), "a password was sent in a pause");
    }

    fn end(&self, order: &TokenRequest, is_told: bool) {
        let unanswered = &mut self.seen.lock().expect("lock").unanswered;
        match is_told {
            true => unanswered.remove(spelled(order)),
            false => unanswered.insert(spelled(order).to_owned(), Instant::now() + SHORTEST_PAUSE),
        };
    }

    async fn answer(&self, order: TokenRequest) -> Result<IssuedToken, TokenRequestError> {
        if !order.progress.may_send() {
            return Err(TokenRequestError::TimedOut);
        }
        self.must_be_no_pause(&order);
        let (there, back, fate) = {
            let mut random = self.random.lock().expect("lock");
            (random.milliseconds(LONGEST_WAY_MS), random.milliseconds(2_000), random.below(16))
        };
        tokio::time::sleep(there).await;
        let is_let_in = self.is_accepted(&order);
        let is_told = fate != 0;
        if is_told && !is_let_in {
            self.count(&order);
        }
        tokio::time::sleep(back).await;
        let token = format!("token-{}", self.random.lock().expect("lock").number());
        self.end(&order, is_told);
        match (is_told, is_let_in) {
            (false, _) => Err(TokenRequestError::TimedOut),
            (_, true) => {
                let token = AccessToken::copy_of(token.as_bytes()).expect("a token");
                Ok(IssuedToken { token, life: Duration::from_secs(1_800) })
            }
            (_, false) => Err(super::refusal()),
        }
    }
}

/// The user exactly as the daemon spells it.
fn spelled(order: &TokenRequest) -> &str {
    let Identity::User(name) = &order.identity else { unreachable!("users alone are here") };
    name
}

impl TokenEndpoint for Server {
    fn request_token<'a>(
        &'a self,
        order: TokenRequest,
        _: Duration,
    ) -> Pin<Box<dyn Future<Output = Result<IssuedToken, TokenRequestError>> + Send + 'a>> {
        Box::pin(self.answer(order))
    }
}
