//! Owns one-time codes on their way into a token request: where each comes from, and that none is sent twice, whichever
//! profiles and daemons share the account. What a code is, `totp` knows.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::message::TotpMethod;
use cp_token_protocol::{ProfileName, Secret, handover};

use crate::base::clock::Clock;
use crate::base::mutex::lock;
use crate::profile::Profile;
use crate::profile::account::AccountKey;
use crate::secrets::sources::Sources;
use crate::secrets::vault::VaultError;
use crate::token_request::totp::steps::{self, Use, UsedCodes};
use crate::token_request::totp::{self, STEP, Seed, SeedError};

pub mod log;

use log::{Claim, ClaimError, CodeLog};

/// Why a token request has no one-time code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Only a person has it, and gave none.
    #[error("a one-time code is needed")]
    Needed,
    /// What was given or printed is none.
    #[error("a one-time code has six to eight digits")]
    Invalid,
    /// The code of this moment was used; the next one comes after this.
    #[error("the one-time code of this moment has been used")]
    Pending(Duration),
    /// There is no seed beside the password.
    #[error("there is no seed for one-time codes beside the password")]
    NoSeed,
    /// What is there is none.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// The program that prints codes did not.
    #[error("the program that prints one-time codes did not")]
    Program(VaultError),
    /// It could not be written down that the code is used.
    #[error("no one-time code was sent, because its use cannot be written down: {0}")]
    NotNoted(#[from] ClaimError),
}

/// The one-time codes of every account.
pub struct Codes {
    sources: Sources,
    clock: Arc<dyn Clock>,
    log: Arc<dyn CodeLog>,
    used: Mutex<HashMap<AccountKey, UsedCodes>>,
    /// Whose token request waits for the next code.
    waiting: Mutex<HashSet<ProfileName>>,
}

/// A token request that waits for its code; over when it is dropped, however that comes about.
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
    /// No code used yet, but for what the log remembers.
    pub fn new(sources: Sources, clock: Arc<dyn Clock>, log: Arc<dyn CodeLog>) -> Self {
        Self { sources, clock, log, used: Mutex::default(), waiting: Mutex::default() }
    }

    /// The code to send now, noted as used; none where the profile has no codes. `seed` is the text beside the
    /// password, `given` what a person has just typed. Waits for the next time step where the code of this one
    /// was used, unless a person has to give it.
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
            TotpMethod::Ask => self.given(profile, given.ok_or(CodeError::Needed)?).await.map(Some),
            TotpMethod::Command(line) => match given {
                Some(given) => self.given(profile, given).await.map(Some),
                None => self.printed(profile, line).await.map(Some),
            },
            TotpMethod::Stored => {
                let seed = Seed::parse(seed.ok_or(CodeError::NoSeed)?)?;
                self.computed(profile, &seed).await.map(Some)
            }
        }
    }

    /// How long a caller is kept waiting, or has to wait, for the next code; nothing where no code is waited for.
    pub fn current_delay(&self, profile: &Profile) -> Option<Duration> {
        let is_waiting = lock(&self.waiting).contains(&profile.name);
        if is_waiting || profile.needs_code() { self.wait(profile) } else { None }
    }

    /// How long until a code of the profile can be sent again; nothing where one can be sent now.
    pub fn wait(&self, profile: &Profile) -> Option<Duration> {
        let now = self.clock.now().wall;
        let period = (profile.totp != TotpMethod::Ask).then_some(STEP);
        self.used(profile, |used| used.wait(now, period))
    }

    /// The codes that every account has used.
    pub fn export_state(&self) -> Vec<handover::Codes> {
        lock(&self.used).iter().map(|(account, used)| used.export_state(account)).collect()
    }

    /// Takes over the codes that one account has used.
    pub fn import_state(&self, legacy: &handover::Codes) {
        lock(&self.used)
            .insert(AccountKey::from_text(legacy.account.clone()), UsedCodes::import_state(legacy));
    }

    /// A code that is not ours to compute takes the step of the usual length.
    async fn given(&self, profile: &Profile, code: Secret) -> Result<Secret, CodeError> {
        if !totp::is_code(&code) {
            return Err(CodeError::Invalid);
        }
        let now = self.clock.now().wall;
        let (wait, known) = self.used(profile, |used| {
            let wait = used.wait(now, None);
            (wait.or_else(|| used.contains(&code).then(|| steps::until_next(now, STEP))), used.known())
        });
        if let Some(wait) = wait {
            return Err(CodeError::Pending(wait));
        }
        let new = Use { ends: steps::end_of(now, STEP), period: STEP, mark: mark() };
        match self.claim(profile, now, new, known).await? {
            Some(other) => Err(CodeError::Pending(self.learn(profile, other))),
            None if self.used(profile, |used| used.note(&code, new)) => Ok(code),
            // Another profile of the account was given the same one meanwhile.
            None => Err(CodeError::Pending(steps::until_next(now, STEP))),
        }
    }

    async fn printed(&self, profile: &Profile, line: &[String]) -> Result<Secret, CodeError> {
        let mut outcome = self.print(profile, line).await;
        for _ in 0..PRINTED_AGAIN {
            let Err(CodeError::Pending(wait)) = outcome else { break };
            self.sleep_until_next_step(profile, wait).await;
            outcome = self.print(profile, line).await;
        }
        outcome
    }

    /// What the program prints. One that took too long for its code is asked again.
    async fn print(&self, profile: &Profile, line: &[String]) -> Result<Secret, CodeError> {
        let now = self.clock.now().wall;
        if let Some(wait) = self.used(profile, |used| used.wait(now, None)) {
            self.sleep_until_next_step(profile, wait).await;
        }
        let text = self.sources.run_program(line, profile).await.map_err(CodeError::Program)?;
        self.given(profile, Secret::copy_of(text.expose().trim_ascii())).await
    }

    /// The code of the step that it is when the use is written down, however long that takes.
    async fn computed(&self, profile: &Profile, seed: &Seed) -> Result<Secret, CodeError> {
        let (period, mark, mut ahead) = (seed.period(), mark(), Duration::ZERO);
        loop {
            let now = self.clock.now().wall;
            if let Some(wait) = self.too_early(profile, now, period) {
                self.sleep_until_next_step(profile, wait).await;
                continue;
            }
            // A disk that was too slow is given steps enough for next time.
            let new = Use { ends: steps::end_of(now + ahead, period), period, mark };
            if let Some(other) = self.claim(profile, now, new, Some(mark)).await? {
                self.learn(profile, other);
                continue;
            }
            let then = self.clock.now().wall;
            if steps::step(then, period) < steps::step(now, period) {
                // Set back meanwhile: a code of that step may be among those that were used before.
                self.learn(profile, new);
            } else if steps::end_of(then, period) > new.ends || is_nearly_over(then, period) {
                ahead = 2 * then.saturating_sub(now);
            } else {
                let code = seed.code(steps::step(then, period));
                if self.used(profile, |used| used.note(&code, new)) {
                    return Ok(code);
                }
                // The same digits as in another step, by chance.
                self.learn(profile, new);
            }
        }
    }

    /// How long to wait before a computed code can be sent, where it cannot be now.
    fn too_early(&self, profile: &Profile, now: Duration, period: Duration) -> Option<Duration> {
        let wait = self.used(profile, |used| used.wait(now, Some(period)));
        wait.or_else(|| is_nearly_over(now, period).then(|| steps::until_next(now, period)))
    }

    /// Sleeps for as long by the wall clock, which may be set or stand still meanwhile.
    async fn sleep_until_next_step(&self, profile: &Profile, wait: Duration) {
        lock(&self.waiting).insert(profile.name.clone());
        let _waiting = CodeWait { codes: self, name: &profile.name };
        let end = self.clock.now().wall + wait;
        while let Some(left) = end.checked_sub(self.clock.now().wall).filter(|left| !left.is_zero()) {
            tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
            // Set back by more than a step: what was waited for is far away, and is judged anew.
            if left > wait + LONGEST_SLEEP {
                return;
            }
        }
    }

    /// Written down before the code is sent: a daemon that dies in between, or another, does not send it again.
    async fn claim(
        &self,
        profile: &Profile,
        now: Duration,
        new: Use,
        known: Option<u64>,
    ) -> Result<Option<Use>, ClaimError> {
        self.log.claim(Claim { account: AccountKey::ignoring_case(profile), now, new, known }).await
    }

    /// The account's step was taken by somebody else; how long to wait for the next.
    fn learn(&self, profile: &Profile, other: Use) -> Duration {
        let now = self.clock.now().wall;
        self.used(profile, |used| {
            used.learn(other);
            used.wait(now, None).unwrap_or_default()
        })
    }

    fn used<T>(&self, profile: &Profile, look: impl FnOnce(&mut UsedCodes) -> T) -> T {
        look(lock(&self.used).entry(AccountKey::ignoring_case(profile)).or_default())
    }
}

/// Whether a code computed now would be old when it comes to the server.
fn is_nearly_over(now: Duration, period: Duration) -> bool {
    steps::until_next(now, period) < LEAST_LEFT
}

/// Tells one use from all others, of this daemon and of its neighbours. Nothing secret rests on it.
fn mark() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// A timer may stand still in suspend, so none is trusted for longer.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);
/// For the way of a request to the server.
const LEAST_LEFT: Duration = Duration::from_millis(500);
/// How often a program is asked once more, where its code was used or another daemon was quicker.
const PRINTED_AGAIN: u32 = 2;
