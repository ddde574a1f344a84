//! Owns histories of several daemons on one home: profiles share accounts, steps are as long as a server likes, disks
//! are slow and fail, phones are used elsewhere. No code comes to the server twice, nobody with the right password is
//! refused for good, and no account gets more than a few wrong passwords.

use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::message::{Identity, TotpMethod};
use cp_token_protocol::{ErrorCode, ProfileName, Secret};
use cp_tokend::audit::Audit;
use cp_tokend::base::clock::{Clock, Moment};
use cp_tokend::broker::{Broker, BrokerReply, WaitRequest};
use cp_tokend::lease::{Freshness, TokenQuery};
use cp_tokend::profile::Profile;
use cp_tokend::secrets::secret_record::SecretRecord;
use cp_tokend::secrets::sources::{KeyringBackend, MemoryBackend, Sources};
use cp_tokend::token_endpoint::TokenRequestError;
use cp_tokend::token_request::codes::log::CodeLog;
use cp_tokend::token_request::fetcher::TokenFetcher;
use cp_tokend::token_request::totp::steps;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

use crate::code_world::Log;
use crate::profiles;
use crate::random::Random;

mod disk;
mod server;

use disk::{Disk, Temper};
use server::{Server, User};

const EPOCH: Duration = Duration::from_secs(1_800_000_000);
const PASSWORD: &[u8] = b"right";
/// More than any waiter waits: profiles of both daemons, one step of each, and a slow disk each time.
const LONGEST_WAIT: Duration = Duration::from_secs(4_000);

/// What the histories are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// Both daemons see one file.
    Shared,
    /// Each has a file of its own: the control, in which codes have to meet.
    Parted,
}

/// The machine's clocks: the wall's is now and then a little wrong.
struct Sky {
    start: Instant,
    ahead: Mutex<Duration>,
}

impl Clock for Sky {
    fn now(&self) -> Moment {
        let ran = self.start.elapsed();
        Moment { boot: ran, wall: EPOCH - SKEW + *self.ahead.lock().expect("lock") + ran }
    }
}

/// How wrong a clock may be in either direction.
const SKEW: Duration = Duration::from_secs(8);

struct Daemon {
    broker: Arc<Broker>,
    timer: tokio::task::JoinHandle<()>,
}

struct World {
    random: Random,
    sky: Arc<Sky>,
    server: Arc<Server>,
    daemons: Vec<Daemon>,
    profiles: Vec<(usize, Arc<Profile>)>,
    forgotten: u64,
    phones_used: Vec<bool>,
}

pub(crate) fn history(seed: u64, home: Home) {
    thread_local! {
        static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) };
    }
    RUNTIME.with_borrow_mut(|runtime| {
        let runtime = runtime.get_or_insert_with(|| {
            Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
        });
        runtime.block_on(async {
            let mut world = World::new(seed, home).await;
            world.live().await;
            world.end();
        });
    });
}

/// The answer to a wrong password or code.
fn refusal() -> TokenRequestError {
    crate::server::refusal_of_user()
}

/// Users with right and wrong passwords here, whose steps have different lengths.
fn users(random: &mut Random) -> Vec<User> {
    let user = |number: u64, random: &mut Random| User {
        name: format!("user-{number}@example.com"),
        password: if number == 2 { b"another" } else { PASSWORD },
        seed: format!(
            "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ{}&period={}",
            ["A", "I", "Q"][number as usize],
            random.pick(&[30, 30, 60, 120])
        ),
    };
    (0..3).map(|number| user(number, random)).collect()
}

impl World {
    async fn new(seed: u64, home: Home) -> Self {
        let mut random = Random::new(seed);
        let start = Instant::now();
        let sky = Arc::new(Sky { start, ahead: Mutex::new(SKEW) });
        let users = users(&mut random);
        let count = 1 + random.below(2);
        let profiles: Vec<_> = (0..5).map(|number| profile(number, &users, count, &mut random)).collect();
        let jitter = Arc::new(Mutex::new(Random::new(random.number())));
        let server = Arc::new(Server::new(users, start, Arc::clone(&jitter), count));
        let temper = *random.pick(&[Temper::Good, Temper::Slow, Temper::Failing]);
        let shared = Arc::new(Log::default());
        let mut daemons = Vec::new();
        for _ in 0..count {
            let log = if home == Home::Shared { Arc::clone(&shared) } else { Arc::default() };
            let disk: Arc<dyn CodeLog> = Arc::new(Disk::new(log, Arc::clone(&jitter), temper));
            daemons.push(daemon(&sky, &server, disk, &profiles).await);
        }
        Self { random, sky, server, daemons, profiles, forgotten: 0, phones_used: vec![false; 3] }
    }

    async fn live(&mut self) {
        let mut callers = Vec::new();
        for _ in 0..16 {
            match self.random.below(12) {
                0 => {
                    *self.sky.ahead.lock().expect("lock") = self.random.milliseconds(2 * 8_000);
                    self.server.clock_was_set();
                }
                1 => self.forget(),
                2 => self.use_a_phone(),
                3 => tokio::time::sleep(self.random.milliseconds(2_000_000)).await,
                _ => callers.push(self.call()),
            }
            tokio::time::sleep(self.random.milliseconds(4_000)).await;
        }
        for caller in callers {
            let answered = tokio::time::timeout(LONGEST_WAIT, caller).await;
            answered.expect("a waiter was never answered").expect("a promise was broken");
        }
    }

    fn call(&mut self) -> tokio::task::JoinHandle<()> {
        let (user, profile) = self.random.pick(&self.profiles).clone();
        let broker = Arc::clone(&self.random.pick(&self.daemons).broker);
        let is_right = self.server.users[user].password == PASSWORD;
        let code = self.typed(user, &profile);
        let freshness = if self.random.one_in(2) { Freshness::Fresh } else { Freshness::Valid };
        let query = TokenQuery { freshness, min_validity: None, has_code: code.is_some() };
        let is_by_phone = code.is_some();
        tokio::spawn(async move {
            let outcome = match broker.access_token(&profile, WaitRequest { query, retries: false }, code) {
                BrokerReply::Now(outcome) => outcome,
                BrokerReply::Later(mut pending) => pending.result(async || Ok(Arc::clone(&profile))).await,
            };
            let refused = outcome.is_err_and(|failure| failure.code == ErrorCode::SECRET_REFUSED);
            assert!(!(refused && is_right && !is_by_phone), "the right password was refused for good");
        })
    }

    /// What the user's phone shows.
    fn typed(&self, user: usize, profile: &Profile) -> Option<Secret> {
        let seed = self.server.users[user].seed();
        profile.needs_code().then(|| {
            let step = steps::step(self.sky.now().wall, seed.period());
            self.server.type_in(&self.server.users[user], step);
            seed.code(step)
        })
    }

    fn forget(&mut self) {
        self.forgotten += 1;
        let profile = &self.random.pick(&self.profiles).1;
        self.random.pick(&self.daemons).broker.forget(profile);
    }

    /// Once for each, so that it is a collision and no enemy.
    fn use_a_phone(&mut self) {
        let user = self.random.below(3) as usize;
        if !std::mem::replace(&mut self.phones_used[user], true) {
            self.server.use_elsewhere(&self.server.users[user]);
        }
    }

    fn end(self) {
        self.daemons.iter().for_each(|daemon| daemon.timer.abort());
        let wrong = self.server.wrong(&self.server.users[2]);
        // Two for each daemon and each of two spellings, and two more, besides one that was cut short, for each time that
        // a person says so.
        let allowed = 4 * self.daemons.len() as u64 + 3 * self.forgotten;
        assert!(wrong <= allowed, "{wrong} wrong passwords, where {allowed} are allowed");
    }
}

/// A profile of one of the users, however that one is spelled. What a person types is compared with what the one daemon
/// has sent; that another one has sent it is for the server to say, and then the person types the next.
fn profile(number: usize, users: &[User], daemons: u64, random: &mut Random) -> (usize, Arc<Profile>) {
    let user = random.below(users.len() as u64) as usize;
    let name = &users[user].name;
    let spelled = if random.one_in(3) { name.replace("user", "User") } else { name.clone() };
    let is_typed = random.one_in(4) && daemons == 1 && user != 2;
    let totp = if is_typed { TotpMethod::Ask } else { TotpMethod::Stored };
    let mut profile = Profile::clone(&profiles::user(&format!("p{number}"), totp));
    profile.identity = Identity::User(spelled);
    (user, Arc::new(profile))
}

async fn daemon(
    sky: &Arc<Sky>,
    server: &Arc<Server>,
    disk: Arc<dyn CodeLog>,
    profiles: &[(usize, Arc<Profile>)],
) -> Daemon {
    let (memory, external) = (Arc::new(MemoryBackend::default()), Arc::new(KeyringBackend::default()));
    let sources = Sources { keyring: memory.clone(), memory, external };
    for (user, profile) in profiles {
        let totp_seed = Some(Secret::copy_of(server.users[*user].seed.as_bytes()));
        let entry = SecretRecord { secret: Secret::copy_of(PASSWORD), totp_seed, proxy_password: None };
        sources.store(profile, &entry).await.expect("memory takes it");
    }
    let clock: Arc<dyn Clock> = Arc::<Sky>::clone(sky);
    let endpoint = Arc::<Server>::clone(server);
    let nobody = Arc::new(|_: &ProfileName, _: Duration| {});
    let redeemer = Arc::new(TokenFetcher::new(sources, endpoint, Arc::clone(&clock), disk, nobody));
    let broker = Broker::new(Arc::clone(&clock), redeemer, Audit::new(clock), || 0.5);
    let timer = tokio::spawn(Arc::clone(&broker).run_timer());
    Daemon { broker, timer }
}
