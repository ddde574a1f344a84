//! Owns the requests that may mean a profile which a person has written into the config file meanwhile: the file is looked
//! at before they fail.

use cp_token_protocol::message::{AccessTokenRequest, ForgetScope, Response};

use super::{Reply, Service, done};
use crate::callers::Glimpse;
use crate::failure;

impl Service {
    /// The same where the profile may have been written into the config file meanwhile.
    pub(super) async fn access_token_after_a_look(
        &self,
        request: AccessTokenRequest,
        caller: Glimpse,
    ) -> Response {
        let mut profile = self.profile_for(&request.profile, request.accepts_basic);
        if profile.is_err() {
            self.parts.registry.look_again().await;
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
                self.parts.broker.forget_all();
                Response::Done(vec!["every token was dropped".to_owned()])
            }
            ForgetScope::Profile(selector) => done(self.parts.registry.find(selector).await.map(|profile| {
                self.parts.broker.forget(&profile);
                vec![format!("the token of profile {} was dropped", profile.name)]
            })),
        }
    }
}
