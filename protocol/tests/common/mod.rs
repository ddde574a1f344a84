//! Owns the content of a message, secrets included, for comparison in tests. It must not be linked into anything that is
//! shipped.

use cp_token_protocol::Secret;
use cp_token_protocol::message::{Freshness, Request, Response, SecretParts};

/// The content of a message: its fields as `Debug` shows them, and the secrets that `Debug` does not show.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// Every field but the secrets.
    pub(crate) fields: String,
    secrets: Vec<Vec<u8>>,
}

impl From<&Request> for Account {
    fn from(request: &Request) -> Self {
        let secrets = match request {
            Request::AccessToken(asked) => {
                let rejected = match &asked.freshness {
                    Freshness::Rejected(token) => vec![token.expose().to_vec()],
                    Freshness::Valid | Freshness::Fresh => vec![],
                };
                [rejected, exposed(&[&asked.code])].concat()
            }
            Request::ProfileCreate(create) => parts(&create.secret, &create.code),
            Request::ProfileUpdate(update) => parts(&update.secret, &update.code),
            Request::ProfileResetSecret(reset) => parts(&reset.secret, &reset.code),
            Request::Lock(lock) => vec![lock.passphrase.expose().to_vec()],
            Request::Unlock(passphrase) => vec![passphrase.expose().to_vec()],
            Request::Status
            | Request::Forget(_)
            | Request::ProfileList(_)
            | Request::ProfileShow(_)
            | Request::ProfileDelete(_)
            | Request::ProfileUse(_)
            | Request::Reload
            | Request::Stop
            | Request::Restart
            | Request::DisarmSuspendLock
            | Request::Log(_)
            | Request::Doctor(_) => vec![],
        };
        Self { fields: format!("{request:?}"), secrets }
    }
}

/// The secrets, in the order of their fields.
fn parts(parts: &SecretParts, code: &Option<Secret>) -> Vec<Vec<u8>> {
    exposed(&[&parts.secret, &parts.totp_seed, &parts.proxy_password, code])
}

fn exposed(secrets: &[&Option<Secret>]) -> Vec<Vec<u8>> {
    secrets.iter().filter_map(|secret| Some(secret.as_ref()?.expose().to_vec())).collect()
}

impl From<&Response> for Account {
    fn from(response: &Response) -> Self {
        let secrets = match response {
            Response::Token(response) => vec![response.access_token.expose().to_vec()],
            Response::Working
            | Response::Status(_)
            | Response::Profiles(_)
            | Response::Profile(_)
            | Response::Done(_)
            | Response::Failure(_)
            | Response::Log(_)
            | Response::Findings(_) => vec![],
        };
        Self { fields: format!("{response:?}"), secrets }
    }
}
