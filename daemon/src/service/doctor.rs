//! Owns the look at everything between the daemon and a token: what is looked at, in which order, for how long. It must
//! not request a token, nor change anything but the refusals of a proxy.

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

/// How many profiles are looked at at once, and told on one page: as many as fit a frame whatever is found.
const AT_ONCE: usize = 8;

/// Everything that is looked at; wired by `app`.
#[derive(Clone)]
pub struct Doctor {
    /// Whether the daemon is locked.
    pub lock_flag: Arc<LockFlag>,
    /// Profiles and the config file.
    pub registry: Arc<Registry>,
    /// Tokens.
    pub broker: Arc<Broker>,
    /// Secrets, and the way to the servers.
    pub redeemer: TokenFetcher,
    /// The keyring.
    pub keyring: Arc<KeyringBackend>,
    /// The state file.
    pub state: Arc<StateFile>,
    /// The log, which may have a file.
    pub audit: Arc<Audit>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What protects the process.
    pub protections: Arc<Protections>,
    /// One examination at a time, however many ask: each writes, runs programs and asks servers.
    pub turn: Arc<tokio::sync::Mutex<()>>,
    /// What was seen of servers.
    pub routes: Arc<Routes>,
}

impl Doctor {
    /// A page of what is found: the daemon's own first, then profile by profile. One profile, or all.
    ///
    /// # Errors
    /// [`Failure`] where there is no such profile.
    pub async fn page(&self, request: &DoctorRequest) -> Result<FindingPage, Failure> {
        let _turn = self.turn.lock().await;
        if self.lock_flag.is_locked() {
            return Ok(self.of_machine_alone().await);
        }
        let (profiles, next) = self.part(request).await?;
        let mut findings = Vec::new();
        if request.after.is_none() {
            findings.extend(self.of_machine().await);
            findings.extend(self.number_of(&profiles));
        }
        tokio::select! {
            found = self.of_profiles(profiles) => findings.extend(found),
            // Whatever is being looked at is let go of.
            () = self.lock_flag.locked() => return Ok(self.of_machine_alone().await),
        }
        Ok(FindingPage { findings, next })
    }

    async fn of_machine_alone(&self) -> FindingPage {
        FindingPage { findings: self.of_machine().await, next: None }
    }

    /// The profiles of a page, and where the next one begins.
    async fn part(
        &self,
        request: &DoctorRequest,
    ) -> Result<(Vec<Arc<Profile>>, Option<ProfileName>), Failure> {
        if request.after.is_none() {
            // A file that somebody has just fixed, or broken, is looked at as it is now.
            let _ = self.registry.reload().await;
            self.routes.forget();
        }
        match &request.profile {
            Some(name) => match self.registry.select(&ProfileSelector::Named(name.clone())) {
                // The machine's findings say so.
                Err(problem) if self.registry.problem().as_ref() == Some(&problem) => Ok((Vec::new(), None)),
                profile => Ok((vec![profile?], None)),
            },
            None => Ok(self.registry.batch(request.after.as_ref(), AT_ONCE)),
        }
    }

    /// Side by side, and told in their order.
    async fn of_profiles(&self, profiles: Vec<Arc<Profile>>) -> Vec<Finding> {
        let looks = profiles.into_iter().map(|profile| {
            let examination = self.clone();
            ProfileCheck(tokio::spawn(async move { examination.of_profile(&profile).await }))
        });
        let mut findings = Vec::new();
        for mut look in looks.collect::<Vec<_>>() {
            findings.extend((&mut look.0).await.unwrap_or_default());
        }
        findings
    }
}

/// Ends with whoever waits for it, so that no secret is held for nobody.
struct ProfileCheck(tokio::task::JoinHandle<Vec<Finding>>);

impl Drop for ProfileCheck {
    fn drop(&mut self) {
        self.0.abort();
    }
}
