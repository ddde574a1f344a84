//! Owns one-time codes on their way into a token request: where each comes from, and that none is sent twice.
//! What a code is, `totp` knows.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cp_token_protocol::message::TotpMethod;
use cp_token_protocol::{ProfileName, Secret, handover};

use crate::clock::Clock;
use crate::profile::Profile;
use crate::sources::Sources;
use crate::state::CodeLog;
use crate::totp::steps::{self, UsedCodes};
use crate::totp::{self, STEP, Seed, SeedError};
use crate::vault::VaultError;

/// Why a token request has no one-time code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
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
    #[error("the use of the one-time code could not be written down")]
    NotNoted,
}

/// The one-time codes of every profile.
pub struct Codes {
    sources: Sources,
    clock: Arc<dyn Clock>,
    log: Arc<dyn CodeLog>,
    used: Mutex<HashMap<ProfileName, UsedCodes>>,
    /// Whose token request waits for the next code.
    waiting: Mutex<HashSet<ProfileName>>,
}

/// A token request that waits for its code; over when it is dropped, however that comes about.
struct Waiting<'c> {
    codes: &'c Codes,
    name: &'c ProfileName,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.codes.waiting().remove(self.name);
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
    pub fn held_up(&self, profile: &Profile) -> Option<Duration> {
        let is_waiting = self.waiting().contains(&profile.name);
        if is_waiting || profile.needs_code() { self.wait(profile) } else { None }
    }

    /// How long until a code of the profile can be sent again; nothing where one can be sent now.
    pub fn wait(&self, profile: &Profile) -> Option<Duration> {
        let now = self.clock.now().wall;
        let by_step = profile.totp != TotpMethod::Ask;
        self.used(profile, |used| used.wait(now, by_step))
    }

    /// The codes that every profile has used.
    pub fn bequeath(&self) -> Vec<handover::Codes> {
        self.lock().iter().map(|(name, used)| used.bequeath(name.clone())).collect()
    }

    /// Takes over the codes that one profile has used.
    pub fn inherit(&self, legacy: &handover::Codes) {
        self.lock().insert(legacy.profile.clone(), UsedCodes::inherit(legacy));
    }

    async fn given(&self, profile: &Profile, code: Secret) -> Result<Secret, CodeError> {
        if !totp::is_code(&code) {
            return Err(CodeError::Invalid);
        }
        let now = self.clock.now().wall;
        let wait = self.used(profile, |used| {
            used.wait(now, false).or_else(|| used.contains(&code).then(|| steps::until_next(now, STEP)))
        });
        match wait {
            Some(wait) => Err(CodeError::Pending(wait)),
            None => self.note(profile, code, STEP).await,
        }
    }

    async fn printed(&self, profile: &Profile, line: &[String]) -> Result<Secret, CodeError> {
        let mut outcome = self.print(profile, line).await;
        if let Err(CodeError::Pending(wait)) = outcome {
            self.outwait(profile, wait).await;
            outcome = self.print(profile, line).await;
        }
        outcome
    }

    async fn print(&self, profile: &Profile, line: &[String]) -> Result<Secret, CodeError> {
        let text = self.sources.ask_program(line, profile).await.map_err(CodeError::Program)?;
        self.given(profile, Secret::copy_of(text.expose().trim_ascii())).await
    }

    async fn computed(&self, profile: &Profile, seed: &Seed) -> Result<Secret, CodeError> {
        let period = seed.period();
        loop {
            let now = self.clock.now().wall;
            let code = seed.code(steps::step(now, period));
            let wait = self.used(profile, |used| {
                used.wait(now, true).or_else(|| used.contains(&code).then(|| steps::until_next(now, period)))
            });
            match wait {
                Some(wait) => self.outwait(profile, wait).await,
                None => return self.note(profile, code, period).await,
            }
        }
    }

    /// Sleeps for as long by the wall clock, which may be set or stand still meanwhile.
    async fn outwait(&self, profile: &Profile, wait: Duration) {
        self.waiting().insert(profile.name.clone());
        let _waiting = Waiting { codes: self, name: &profile.name };
        let end = self.clock.now().wall + wait;
        while let Some(left) = end.checked_sub(self.clock.now().wall).filter(|left| !left.is_zero()) {
            tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
            // Set back by more than a step: what was waited for is far away, and is judged anew.
            if left > wait + LONGEST_SLEEP {
                return;
            }
        }
    }

    /// Written down before it is sent: a daemon that dies in between does not send it again.
    async fn note(&self, profile: &Profile, code: Secret, period: Duration) -> Result<Secret, CodeError> {
        let now = self.clock.now().wall;
        self.used(profile, |used| used.note(&code, now, period));
        let noted = self.log.code_sent(&profile.name, now).await;
        noted.map_err(|_| CodeError::NotNoted)?;
        Ok(code)
    }

    fn used<T>(&self, profile: &Profile, look: impl FnOnce(&mut UsedCodes) -> T) -> T {
        let inherited = || UsedCodes::inherited(self.log.last_code(&profile.name));
        look(self.lock().entry(profile.name.clone()).or_insert_with(inherited))
    }

    fn waiting(&self) -> MutexGuard<'_, HashSet<ProfileName>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ProfileName, UsedCodes>> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A timer may stand still in suspend, so none is trusted for longer.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);
