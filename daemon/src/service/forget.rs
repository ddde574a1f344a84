//! Owns the requests to forget tokens and refused secrets.

use cp_token_protocol::message::{ForgetScope, ProfileSelector, Response};

use super::{Service, done};
use crate::lease::LeaseStatus;
use crate::profile::Profile;

impl Service {
    pub(super) async fn forget(&self, scope: &ForgetScope) -> Response {
        match scope {
            ForgetScope::All => {
                let were_refused = self.deps.broker.forget_all();
                let more =
                    if were_refused { "; every secret that was refused may be tried once more" } else { "" };
                Response::Done(vec![format!("every token was dropped{more}")])
            }
            ForgetScope::Profile(selector) => match self.registry.find(selector).await {
                Ok(profile) => Response::Done(vec![self.forget_one(&profile)]),
                Err(failure) => done(self.forget_uncreated(selector).ok_or(failure)),
            },
        }
    }

    fn forget_one(&self, profile: &Profile) -> String {
        let broker = &self.deps.broker;
        let name = &profile.name;
        let had_token = matches!(broker.status(name), LeaseStatus::Live { .. });
        match (had_token, broker.forget(profile)) {
            (true, false) => format!("the token of profile {name} was dropped"),
            (true, true) => {
                format!("the token of profile {name} was dropped; what was refused may be tried once more")
            }
            (false, true) => format!("what was refused for profile {name} may be tried once more"),
            (false, false) => format!("profile {name} has no token, and nothing of it was refused"),
        }
    }

    /// Forgets what was refused when a profile of this name was to be created, which has left no profile.
    fn forget_uncreated(&self, selector: &ProfileSelector) -> Option<Vec<String>> {
        let ProfileSelector::Named(name) = selector else { return None };
        let was_refused = self.deps.broker.forget_refused(name);
        was_refused.then(|| vec![format!("what was refused for profile {name} may be tried once more")])
    }
}
