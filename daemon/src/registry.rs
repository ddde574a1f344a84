//! Owns the profiles in force and every change to them; tokens belong to the broker.

use std::sync::{Arc, Mutex, MutexGuard};

use cp_token_protocol::message::{ProfileReport, ProfileSelector, SecretState, TokenState};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use crate::audit::Audit;
use crate::base::clock::Clock;
use crate::base::files::exact;
use crate::base::lock_flag::LockFlag;
use crate::base::mutex::lock;
use crate::broker::Broker;
use crate::lease::LeaseStatus;
use crate::process::paths::Paths;
use crate::profile::Profile;
use crate::profile::config::Config;
use crate::profile::request_url::RequestUrl;
use crate::profile::state::StateFile;
use crate::secrets::sources::Sources;
use crate::token_request::fetcher::TokenFetcher;

mod actions;
mod build;
mod change;
mod change_locks;
mod check_record;
mod edit;
mod failure;
mod file;
mod pages;
mod recovery;
mod select;
mod shared_check;
mod similar_names;
mod stable_read;

use change_locks::ChangeLocks;
pub use check_record::check_record;
use file::{ConfigFile, Reading};
pub use select::select;
use shared_check::SharedCheck;

/// What the registry, and the wings above it, need of the rest of the daemon.
#[derive(Clone)]
pub struct RegistryDeps {
    /// The dates of profiles, and the journal of keyring items that are being changed.
    pub state: Arc<StateFile>,
    /// Where secrets are stored.
    pub sources: Sources,
    /// Verifies a secret with a token request.
    pub fetcher: TokenFetcher,
    /// Holds the tokens.
    pub broker: Arc<Broker>,
    /// The audit log; the config names its file.
    pub audit: Arc<Audit>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Whether the daemon is locked.
    pub lock_flag: Arc<LockFlag>,
}

/// The profiles in force, and what is needed to change them.
pub struct Registry {
    deps: RegistryDeps,
    file: ConfigFile,
    /// Replaced as a whole: a reader has the old config or the new one, never a mixture.
    loaded: Mutex<Loaded>,
    change_locks: ChangeLocks,
    check: SharedCheck,
}

#[derive(Default)]
struct Loaded {
    config: Arc<Config>,
    /// What is wrong with the file as it is now.
    problem: Option<Failure>,
    version: Option<file::FileVersion>,
}

impl Registry {
    /// A registry without profiles: [`Registry::reload`] reads them.
    pub fn new(paths: &Paths, deps: RegistryDeps) -> Self {
        let lock_file = paths.state_file.with_file_name("config.lock");
        Self {
            deps,
            file: ConfigFile::new(paths.config_file.clone(), lock_file, paths.own_files()),
            loaded: Mutex::default(),
            change_locks: ChangeLocks::default(),
            check: SharedCheck::default(),
        }
    }

    /// The profile that a caller means, without reading the file. A broken config file explains a missing one.
    pub fn select(&self, selector: &ProfileSelector) -> Result<Arc<Profile>, Failure> {
        select::select(&self.config(), selector).map_err(|error| self.problem().unwrap_or(error))
    }

    /// The profile that a caller means. The config file is read again if no known profile matches.
    pub async fn find(&self, selector: &ProfileSelector) -> Result<Arc<Profile>, Failure> {
        if let Ok(profile) = self.select(selector) {
            return Ok(profile);
        }
        self.reload_if_changed().await;
        self.select(selector)
    }

    /// Reads the config file again if its version has changed. Many callers at once cost one or two checks.
    pub async fn reload_if_changed(&self) {
        self.check.run(self.check_now()).await;
    }

    async fn check_now(&self) {
        let known = {
            let loaded = self.loaded();
            // Owner and mode of a file can be fixed without changing its content.
            loaded.problem.is_none().then_some(loaded.version)
        };
        if let Some(read) = self.file.read_unless(known, false).await {
            let _ = self.accept(read);
        }
    }

    /// Reads the config file again. If it is broken, the profiles stay as they were.
    pub async fn reload(&self) -> Result<(), Failure> {
        self.file.read_unless(None, true).await.map_or(Ok(()), |read| self.accept(read))
    }

    fn accept(&self, read: file::ReadResult) -> Result<(), Failure> {
        match read {
            Ok(reading) => {
                self.publish(reading);
                Ok(())
            }
            Err((version, failure)) => {
                let mut loaded = self.loaded();
                loaded.version = version;
                // The same failure is logged once.
                if loaded.problem.replace(failure.clone()).as_ref() != Some(&failure) {
                    tracing::warn!(code = failure.code.name(), "the config file is not used");
                }
                Err(failure)
            }
        }
    }

    /// Whether the last reading found a file that a person has to fix.
    pub fn is_broken(&self) -> bool {
        let is_broken =
            |failure: &Failure| matches!(failure.code, ErrorCode::CONFIG_BROKEN | ErrorCode::CONFIG_UNSAFE);
        // A disk that hangs delays nobody who has a token.
        self.loaded().problem.as_ref().is_some_and(is_broken) && !self.file.hangs()
    }

    /// What is wrong with the config file, if anything.
    pub fn problem(&self) -> Option<Failure> {
        self.loaded().problem.clone()
    }

    /// Every profile in force, sorted by name.
    pub fn profiles(&self) -> Vec<Arc<Profile>> {
        self.config().profiles.values().cloned().collect()
    }

    /// The config file's path.
    pub fn config_file(&self) -> String {
        exact(&self.file.path)
    }

    fn report(&self, profile: &Profile, is_default: bool) -> ProfileReport {
        let dates = self.deps.state.dates(&profile.name);
        let (token, token_life_ms) = token_state(self.deps.broker.status(&profile.name));
        let refused = self.deps.broker.refused_since(&profile.name);
        ProfileReport {
            name: profile.name.clone(),
            url: profile.url.to_string(),
            identity: profile.identity.clone(),
            secret_source: profile.secret_source.clone(),
            ca_bundle: profile.network.ca_bundle.as_deref().map(exact),
            insecure_http: profile.insecure_http,
            also_for: profile.also_for.iter().map(RequestUrl::to_string).collect(),
            is_default,
            created: dates.created,
            last_token_at: dates.last_token_at,
            token,
            totp: profile.totp.clone(),
            proxy: profile.network.proxy.as_ref().map(ToString::to_string),
            no_proxy: profile.network.no_proxy.clone(),
            token_life_ms,
            secret: refused.map_or(SecretState::Usable, |since| SecretState::Refused(since.as_secs())),
        }
    }

    /// Replaces the config. The tokens of profiles that were changed or removed are dropped.
    fn publish(&self, reading: Reading) {
        let Reading { config, .. } = &reading;
        let before = {
            let mut loaded = self.loaded();
            loaded.problem = None;
            loaded.version = reading.version;
            std::mem::replace(&mut loaded.config, Arc::clone(config))
        };
        if Arc::ptr_eq(&before, config) {
            return;
        }
        self.deps.audit.set_file(config.audit_file.as_deref());
        let current = |name: &ProfileName| config.profiles.get(name).cloned();
        match &reading.changed {
            // Only this one of many leases is compared.
            Some((base, name)) if Arc::ptr_eq(base, &before) => {
                self.deps.broker.profile_changed(name, current(name).as_ref());
            }
            Some(_) | None => self.deps.broker.profiles_changed(current),
        }
    }

    fn config(&self) -> Arc<Config> {
        Arc::clone(&self.loaded().config)
    }

    fn loaded(&self) -> MutexGuard<'_, Loaded> {
        lock(&self.loaded)
    }
}

/// The state of a profile's token, and its whole life in milliseconds. A refused secret is reported by itself.
fn token_state(status: LeaseStatus) -> (TokenState, Option<u64>) {
    match status {
        LeaseStatus::Absent | LeaseStatus::Refused => (TokenState::Absent, None),
        LeaseStatus::Live { remaining, of } => {
            (TokenState::Live(milliseconds(remaining)), Some(milliseconds(of)))
        }
        LeaseStatus::Requesting => (TokenState::Requesting, None),
        LeaseStatus::CoolingDown(left) => (TokenState::CoolingDown(milliseconds(left)), None),
    }
}

fn milliseconds(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
