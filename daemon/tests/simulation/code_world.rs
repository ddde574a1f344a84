//! Owns one-time codes in the simulated worlds: the real discipline, and a server's memory that holds it to it.

use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cp_token_protocol::Secret;
use cp_token_protocol::handover::CodeUse;
use cp_token_protocol::message::TotpMethod;
use cp_tokend::base::clock::Clock;
use cp_tokend::profile::Profile;
use cp_tokend::profile::account::AccountKey;
use cp_tokend::token_request::TokenRequestFailed;
use cp_tokend::token_request::codes::Codes;
use cp_tokend::token_request::codes::log::{Claim, ClaimError, CodeLog};
use cp_tokend::token_request::failure::of_code;
use cp_tokend::token_request::totp::steps::blocked_until;

/// A file of used codes without a file.
#[derive(Default)]
pub(crate) struct Log(Mutex<HashMap<AccountKey, CodeUse>>);

impl Log {
    /// As the file does it, at once.
    pub(crate) fn claim_now(&self, claim: &Claim) -> Option<CodeUse> {
        let mut uses = self.0.lock().expect("lock");
        let last = uses.get(&claim.account).filter(|last| claim.known != Some(last.mark)).copied();
        let other = last.filter(|last| blocked_until(*last, claim.now, claim.new.period).is_some());
        if other.is_none() {
            uses.insert(claim.account.clone(), claim.new);
        }
        other
    }
}

impl CodeLog for Log {
    fn claim(
        &self,
        claim: Claim,
    ) -> Pin<Box<dyn Future<Output = Result<Option<CodeUse>, ClaimError>> + Send + '_>> {
        Box::pin(std::future::ready(Ok(self.claim_now(&claim))))
    }
}

/// Gives codes as the daemon does, and remembers each as a server would.
pub(crate) struct CodeChecker {
    codes: Codes,
    seed: Secret,
    seen: Mutex<HashSet<(AccountKey, Vec<u8>)>>,
}

impl CodeChecker {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            codes: Codes::new(clock, Arc::new(Log::default())),
            seed: Secret::copy_of(b"JBSWY3DPEHPK3PXP"),
            seen: Mutex::default(),
        }
    }

    /// The code of one token request.
    pub(crate) async fn next(
        &self,
        profile: &Profile,
        given: Option<Secret>,
    ) -> Result<Option<Secret>, TokenRequestFailed> {
        assert!(profile.totp != TotpMethod::Ask || given.is_some(), "a request that lacks its code");
        let code = self.codes.next(profile, Some(&self.seed), given).await;
        let code = code.map_err(|error| of_code(error, profile))?;
        if let Some(code) = &code {
            let account = AccountKey::of(profile);
            let is_new = self.seen.lock().expect("lock").insert((account, code.expose().to_vec()));
            assert!(is_new, "a code was sent twice");
        }
        Ok(code)
    }

    pub(crate) fn wait(&self, profile: &Profile) -> Option<Duration> {
        self.codes.current_delay(profile)
    }
}
