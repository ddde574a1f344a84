//! Owns the checks of `cp-token doctor`: which checks run, and in which order. It requests no token, and changes nothing but
//! the refusals of a proxy.

use std::sync::Arc;

use cp_token_protocol::message::{DoctorRequest, Finding, FindingPage, ProfileSelector};
use cp_token_protocol::{Failure, ProfileName};

use crate::audit::Audit;
use crate::base::clock::Clock;
use crate::base::lock_flag::LockFlag;
use crate::broker::Broker;
use crate::process::protections::Protections;
use crate::profile::Profile;
use crate::profile::state::StateFile;
use crate::registry::Registry;
use crate::secrets::vault::KeyringBackend;
use crate::token_request::fetcher::TokenFetcher;

mod clocks;
mod machine;
mod profiles;
mod report;
mod routes;

pub use routes::Routes;

/// The profiles of one page, which are checked concurrently: their findings fit a frame whatever is found.
const PROFILES_PER_PAGE: usize = 8;

/// What is checked; wired by `app`.
#[derive(Clone)]
pub struct Doctor {
    /// Whether the daemon is locked.
    pub lock_flag: Arc<LockFlag>,
    /// Profiles and the config file.
    pub registry: Arc<Registry>,
    /// Tokens.
    pub broker: Arc<Broker>,
    /// Secrets, and the routes to the servers.
    pub fetcher: TokenFetcher,
    /// The keyring.
    pub keyring: Arc<KeyringBackend>,
    /// The state file.
    pub state: Arc<StateFile>,
    /// The audit log, which may have a file.
    pub audit: Arc<Audit>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What protects the process.
    pub protections: Arc<Protections>,
    /// Allows one run at a time: each writes files, runs programs and asks servers.
    pub running: Arc<tokio::sync::Mutex<()>>,
    /// The checks of servers.
    pub routes: Arc<Routes>,
}

impl Doctor {
    /// A page of findings: those of the daemon first, then profile by profile.
    ///
    /// # Errors
    /// [`Failure`] if there is no such profile.
    pub async fn page(&self, request: &DoctorRequest) -> Result<FindingPage, Failure> {
        let _running = self.running.lock().await;
        if self.lock_flag.is_locked() {
            return Ok(self.machine_page().await);
        }
        let (profiles, next) = self.profiles_of_page(request).await?;
        let mut findings = Vec::new();
        if request.after.is_none() {
            findings.extend(self.check_machine().await);
            findings.extend(self.check_any_profile(&profiles));
        }
        tokio::select! {
            found = self.check_profiles(profiles) => findings.extend(found),
            // The secrets of the running checks are dropped.
            () = self.lock_flag.locked() => return Ok(self.machine_page().await),
        }
        Ok(FindingPage { findings, next })
    }

    async fn machine_page(&self) -> FindingPage {
        FindingPage { findings: self.check_machine().await, next: None }
    }

    /// The profiles of a page, and where the next one begins.
    async fn profiles_of_page(
        &self,
        request: &DoctorRequest,
    ) -> Result<(Vec<Arc<Profile>>, Option<ProfileName>), Failure> {
        if request.after.is_none() {
            // Checks the config file as it is now.
            let _ = self.registry.reload().await;
            self.routes.clear();
        }
        match &request.profile {
            Some(name) => match self.registry.select(&ProfileSelector::Named(name.clone())) {
                // The finding about the config file says so.
                Err(problem) if self.registry.problem().as_ref() == Some(&problem) => Ok((Vec::new(), None)),
                profile => Ok((vec![profile?], None)),
            },
            None => Ok(self.registry.batch(request.after.as_ref(), PROFILES_PER_PAGE)),
        }
    }

    /// Checks the profiles concurrently; the findings are in the order of the profiles.
    async fn check_profiles(&self, profiles: Vec<Arc<Profile>>) -> Vec<Finding> {
        let checks = profiles.into_iter().map(|profile| {
            let doctor = self.clone();
            ProfileCheck(tokio::spawn(async move { doctor.check_profile(&profile).await }))
        });
        let mut findings = Vec::new();
        for mut check in checks.collect::<Vec<_>>() {
            findings.extend((&mut check.0).await.unwrap_or_default());
        }
        findings
    }
}

/// A task that is aborted when nobody waits for it, so that it holds no secret for longer.
struct ProfileCheck(tokio::task::JoinHandle<Vec<Finding>>);

impl Drop for ProfileCheck {
    fn drop(&mut self) {
        self.0.abort();
    }
}
