//! Owns the checks of `cp-token doctor`: which checks run, and in which order. It requests no token, and changes nothing but
//! the refusals of a proxy.

use std::sync::Arc;

use cp_token_protocol::message::{DoctorRequest, Finding, FindingPage, ProfileSelector};
use cp_token_protocol::{Failure, ProfileName};
use tokio::task::JoinSet;

use super::Service;
use crate::profile::Profile;

mod clocks;
mod machine;
mod profiles;
mod report;
mod routes;

pub(super) use routes::Routes;

/// The profiles of one page, which are checked concurrently: their findings fit a frame whatever is found.
const PROFILES_PER_PAGE: usize = 8;

impl Service {
    /// A page of findings: those of the daemon first, then profile by profile. Fails if there is no such profile.
    pub(super) async fn doctor_page(
        self: &Arc<Self>,
        request: &DoctorRequest,
    ) -> Result<FindingPage, Failure> {
        let _running = self.doctor_run.lock().await;
        if self.deps.lock_flag.is_locked() {
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
            () = self.deps.lock_flag.locked() => return Ok(self.machine_page().await),
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

    /// Checks the profiles concurrently; the findings are in the order of the profiles. Dropping the future aborts the checks,
    /// so that none holds a secret for longer.
    async fn check_profiles(self: &Arc<Self>, profiles: Vec<Arc<Profile>>) -> Vec<Finding> {
        let mut checks = JoinSet::new();
        for (number, profile) in profiles.into_iter().enumerate() {
            let service = Arc::clone(self);
            checks.spawn(async move { (number, service.check_profile(&profile).await) });
        }
        let mut checked = Vec::new();
        while let Some(check) = checks.join_next().await {
            checked.extend(check);
        }
        checked.sort_unstable_by_key(|(number, _)| *number);
        checked.into_iter().flat_map(|(_, findings)| findings).collect()
    }
}
