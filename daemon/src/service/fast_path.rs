//! Owns the requests that may mean a profile which a person has written into the config file meanwhile: the file is looked
//! at before they fail.

use cp_token_protocol::message::{AccessTokenRequest, ForgetScope, ProfileSelector, Response};

use super::{Reply, Service, done};
use crate::audit::callers::CallerSnapshot;
use crate::failure;
use crate::lease::LeaseStatus;
use crate::profile::Profile;

impl Service {
    /// The same where the profile may have been written into the config file meanwhile.
    pub(super) async fn access_token_after_a_look(
        &self,
        request: AccessTokenRequest,
        caller: CallerSnapshot,
    ) -> Response {
        let mut profile = self.profile_for(&request.profile, request.accepts_basic);
        if profile.is_err() {
            self.parts.registry.reload_if_changed().await;
            profile = self.profile_for(&request.profile, request.accepts_basic);
        }
        match self.grant_of(profile, request, caller) {
            Reply::Now(response, _) => response,
            Reply::Later(pending) => self.finish(pending).await,
            Reply::Unknown(_) => Response::Failure(failure::internal()),
        }
    }

    pub(super) async fn forget(&self, scope: &ForgetScope) -> Response {
        match scope {
            ForgetScope::All => {
                let were_refused = self.parts.broker.forget_all();
                let more =
                    if were_refused { "; every secret that was refused may be tried once more" } else { "" };
                Response::Done(vec![format!("every token was dropped{more}")])
            }
            ForgetScope::Profile(selector) => match self.parts.registry.find(selector).await {
                Ok(profile) => Response::Done(vec![self.forget_one(&profile)]),
                Err(failure) => done(self.forget_uncreated(selector).ok_or(failure)),
            },
        }
    }

    fn forget_one(&self, profile: &Profile) -> String {
        let broker = &self.parts.broker;
        let had_token = matches!(broker.status(&profile.name), LeaseStatus::Live { .. });
        let name = &profile.name;
        match (had_token, broker.forget(profile)) {
            (true, false) => format!("the token of profile {name} was dropped"),
            (true, true) => {
                format!("the token of profile {name} was dropped; what was refused may be tried once more")
            }
            (false, true) => format!("what was refused for profile {name} may be tried once more"),
            (false, false) => format!("profile {name} has no token, and nothing of it was refused"),
        }
    }

    /// A creation that was refused has left no profile of its name.
    fn forget_uncreated(&self, selector: &ProfileSelector) -> Option<Vec<String>> {
        let ProfileSelector::Named(name) = selector else { return None };
        let was_refused = self.parts.broker.forget_refused(name);
        was_refused.then(|| vec![format!("what was refused for profile {name} may be tried once more")])
    }
}
