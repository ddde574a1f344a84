//! Owns the one-time codes of token requests: the source of each, and that none is sent twice, whichever profiles and
//! daemons share the account. What a code is, `totp` defines.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::handover::{self, CodeUse};
use cp_token_protocol::message::TotpMethod;
use cp_token_protocol::{ProfileName, Secret};

use crate::base::clock::Clock;
use crate::base::mutex::lock;
use crate::profile::Profile;
use crate::profile::account::AccountKey;
use crate::secrets::sources::{self, SourceError};
use crate::token_request::totp::steps::{self, UsedCodes};
use crate::token_request::totp::{self, DEFAULT_PERIOD, Seed, SeedError};

pub mod log;

use log::{Claim, ClaimError, CodeLog};

/// Why there is no one-time code to send.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum CodeError {
    /// A person has to give it, and has not.
    #[error("a one-time code is needed")]
    Needed,
    /// The given or printed text is no code.
    #[error("a one-time code has six to eight digits")]
    Invalid,
    #[error("the one-time code has been used already")]
    Pending(Duration),
    #[error("there is no seed for one-time codes beside the password")]
    NoSeed,
    /// The stored text is no seed.
    #[error(transparent)]
    Seed(#[from] SeedError),
    #[error("the program that prints one-time codes did not")]
    Program(SourceError),
    #[error("no one-time code was sent, because its use cannot be written down: {0}")]
    NotRecorded(#[from] ClaimError),
}

/// The one-time codes of every account.
pub struct Codes {
    clock: Arc<dyn Clock>,
    log: Arc<dyn CodeLog>,
    used: Mutex<HashMap<AccountKey, UsedCodes>>,
    /// The profiles whose token request waits for the next code.
    waiting: Mutex<HashSet<ProfileName>>,
}

/// A token request that waits for its code, until this is dropped.
struct CodeWait<'c> {
    codes: &'c Codes,
    name: &'c ProfileName,
}

impl Drop for CodeWait<'_> {
    fn drop(&mut self) {
        lock(&self.codes.waiting).remove(self.name);
    }
}

impl Codes {
    /// Codes with no use yet but those in the log.
    pub fn new(clock: Arc<dyn Clock>, log: Arc<dyn CodeLog>) -> Self {
        Self { clock, log, used: Mutex::default(), waiting: Mutex::default() }
    }

    /// The code to send now, recorded as used; `None` if the profile has no codes. `seed` is the text stored with the
    /// password, `given` the code that a person has just typed. If the current code was used, waits for the next time
    /// step, unless a person has to give it.
    ///
    /// # Errors
    /// [`CodeError`].
    pub async fn next(
        &self,
        profile: &Profile,
        seed: Option<&Secret>,
        given: Option<Secret>,
    ) -> Result<Option<Secret>, CodeError> {
        match &profile.totp {
            TotpMethod::None => Ok(None),
            TotpMethod::Ask => self.use_given(profile, given.ok_or(CodeError::Needed)?).await.map(Some),
            TotpMethod::Command(argv) => match given {
                Some(given) => self.use_given(profile, given).await,
                None => self.code_of_program(profile, argv).await,
            }
            .map(Some),
            TotpMethod::Stored => {
                let seed = Seed::parse(seed.ok_or(CodeError::NoSeed)?)?;
                self.compute(profile, &seed).await.map(Some)
            }
        }
    }

    /// How long a caller has to wait for the next code, if it waits for one.
    pub fn current_delay(&self, profile: &Profile) -> Option<Duration> {
        let is_waiting = lock(&self.waiting).contains(&profile.name);
        if is_waiting || profile.needs_code() { self.time_until_reusable(profile) } else { None }
    }

    /// How long until a code of the profile can be sent; `None` if one can be sent now.
    pub fn time_until_reusable(&self, profile: &Profile) -> Option<Duration> {
        let now = self.clock.now().wall;
        let period = (profile.totp != TotpMethod::Ask).then_some(DEFAULT_PERIOD);
        self.with_used(profile, |used| used.time_until_reusable(now, period))
    }

    /// The used codes of every account.
    pub fn export_state(&self) -> Vec<handover::Codes> {
        lock(&self.used).iter().map(|(account, used)| used.export_state(account)).collect()
    }

    /// Sets the used codes of one account, from the old process.
    pub fn import_state(&self, used: &handover::Codes) {
        lock(&self.used).insert(AccountKey::from_text(used.account.clone()), UsedCodes::import_state(used));
    }

    /// Uses a code that a person or a program gives. It takes a step of the default length.
    async fn use_given(&self, profile: &Profile, code: Secret) -> Result<Secret, CodeError> {
        if !totp::is_code(&code) {
            return Err(CodeError::Invalid);
        }
        let now = self.clock.now().wall;
        let (wait, known) = self.with_used(profile, |used| {
            let wait = used.time_until_reusable(now, None);
            (
                wait.or_else(|| used.contains(&code).then(|| steps::until_next(now, DEFAULT_PERIOD))),
                used.known_mark(),
            )
        });
        if let Some(wait) = wait {
            return Err(CodeError::Pending(wait));
        }
        let new = CodeUse { ends: steps::end_of(now, DEFAULT_PERIOD), period: DEFAULT_PERIOD, mark: mark() };
        match self.claim(profile, now, new, known).await? {
            Some(other) => Err(CodeError::Pending(self.record_other(profile, other))),
            None if self.with_used(profile, |used| used.record(&code, new)) => Ok(code),
            // Another profile of the account has used the same one meanwhile.
            None => Err(CodeError::Pending(steps::until_next(now, DEFAULT_PERIOD))),
        }
    }

    async fn code_of_program(&self, profile: &Profile, argv: &[String]) -> Result<Secret, CodeError> {
        let mut outcome = self.run_program(profile, argv).await;
        for _ in 0..MAX_PROGRAM_RETRIES {
            let Err(CodeError::Pending(wait)) = outcome else { break };
            self.sleep_until_next_step(profile, wait).await;
            outcome = self.run_program(profile, argv).await;
        }
        outcome
    }

    /// Uses the code that the program prints.
    async fn run_program(&self, profile: &Profile, argv: &[String]) -> Result<Secret, CodeError> {
        let now = self.clock.now().wall;
        if let Some(wait) = self.with_used(profile, |used| used.time_until_reusable(now, None)) {
            self.sleep_until_next_step(profile, wait).await;
        }
        let text = sources::run_program(argv).await.map_err(CodeError::Program)?;
        self.use_given(profile, Secret::copy_of(text.expose().trim_ascii())).await
    }

    /// Computes the code of the time step in which its use is recorded, however long that takes.
    async fn compute(&self, profile: &Profile, seed: &Seed) -> Result<Secret, CodeError> {
        let (period, mark, mut ahead) = (seed.period(), mark(), Duration::ZERO);
        loop {
            let now = self.clock.now().wall;
            if let Some(wait) = self.wait_before_computed(profile, now, period) {
                self.sleep_until_next_step(profile, wait).await;
                continue;
            }
            // After a slow write, the next attempt claims enough steps for one as slow.
            let new = CodeUse { ends: steps::end_of(now + ahead, period), period, mark };
            if let Some(other) = self.claim(profile, now, new, Some(mark)).await? {
                self.record_other(profile, other);
                continue;
            }
            let then = self.clock.now().wall;
            if steps::step(then, period) < steps::step(now, period) {
                // The clock was set back meanwhile: the code of that step may have been used.
                self.record_other(profile, new);
            } else if steps::end_of(then, period) > new.ends || is_nearly_over(then, period) {
                ahead = 2 * then.saturating_sub(now);
            } else {
                let code = seed.code(steps::step(then, period));
                if self.with_used(profile, |used| used.record(&code, new)) {
                    return Ok(code);
                }
                // By chance the same digits as in another step.
                self.record_other(profile, new);
            }
        }
    }

    /// How long to wait before a computed code can be sent, if it cannot be now.
    fn wait_before_computed(&self, profile: &Profile, now: Duration, period: Duration) -> Option<Duration> {
        let wait = self.with_used(profile, |used| used.time_until_reusable(now, Some(period)));
        wait.or_else(|| is_nearly_over(now, period).then(|| steps::until_next(now, period)))
    }

    /// Sleeps by the wall clock, which may be set, or stopped by suspend, meanwhile.
    async fn sleep_until_next_step(&self, profile: &Profile, wait: Duration) {
        lock(&self.waiting).insert(profile.name.clone());
        let _waiting = CodeWait { codes: self, name: &profile.name };
        let end = self.clock.now().wall + wait;
        while let Some(left) = end.checked_sub(self.clock.now().wall).filter(|left| !left.is_zero()) {
            tokio::time::sleep(left.min(MAX_SLEEP)).await;
            // The clock was set back by more than a step: the caller checks again.
            if left > wait + MAX_SLEEP {
                return;
            }
        }
    }

    /// Records the use before the code is sent, so that neither this daemon after a crash nor another sends it again.
    async fn claim(
        &self,
        profile: &Profile,
        now: Duration,
        new: CodeUse,
        known: Option<u64>,
    ) -> Result<Option<CodeUse>, ClaimError> {
        self.log.claim(Claim { account: AccountKey::ignoring_case(profile), now, new, known }).await
    }

    /// Records that the account's step was used by another process. Returns how long to wait for the next.
    fn record_other(&self, profile: &Profile, other: CodeUse) -> Duration {
        let now = self.clock.now().wall;
        self.with_used(profile, |used| {
            used.record_other(other);
            used.time_until_reusable(now, None).unwrap_or_default()
        })
    }

    fn with_used<T>(&self, profile: &Profile, work: impl FnOnce(&mut UsedCodes) -> T) -> T {
        work(lock(&self.used).entry(AccountKey::ignoring_case(profile)).or_default())
    }
}

/// Whether a code computed now would be too old when it reaches the server.
fn is_nearly_over(now: Duration, period: Duration) -> bool {
    steps::until_next(now, period) < MIN_TIME_LEFT
}

/// Identifies a use among those of all daemons. It is no secret.
fn mark() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The longest sleep at a time, because a timer may stop during suspend.
const MAX_SLEEP: Duration = Duration::from_secs(1);
/// The least time of a step that a request needs to reach the server.
const MIN_TIME_LEFT: Duration = Duration::from_millis(500);
/// How often a program is run again, if its code was used or another daemon was faster.
const MAX_PROGRAM_RETRIES: u32 = 2;
