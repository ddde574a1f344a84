//! Owns the findings of one profile, from its secret to its server. It must not send the secret anywhere.

use cp_token_protocol::message::{Finding, Identity, SecretSource, TotpMethod};

use super::report::ProfileFindings;
use super::{Doctor, clocks};
use crate::lease::LeaseStatus;
use crate::profile::Profile;
use crate::registry::check_record;
use crate::secrets::secret_record::SecretRecord;
use crate::token_endpoint::ProbeResult;
use crate::token_request::failure::of_token_request;

impl Doctor {
    pub(super) async fn of_profile(&self, profile: &Profile) -> Vec<Finding> {
        let told = ProfileFindings::of(&profile.name);
        let mut findings: Vec<Finding> =
            [kind(profile, told), http(profile, told)].into_iter().flatten().collect();
        let secret = self.redeemer.load_secret(profile).await;
        findings.push(match &secret {
            Ok(entry) => self.secret(profile, entry, told),
            Err(failure) => told.error("secret", failure),
        });
        findings.extend(codes(profile, told));
        findings.extend(self.way(profile, secret.as_ref().ok(), told).await);
        findings.push(self.token(profile, told));
        findings
    }

    fn secret(&self, profile: &Profile, entry: &SecretRecord, told: ProfileFindings<'_>) -> Finding {
        if let Err(error) = check_record(entry, profile) {
            return told.error("secret", &error.into());
        }
        match self.redeemer.refused_by_server(profile, entry) {
            Some(refused) => told.error("secret", &refused),
            None => told.ok("secret", format!("it is there, in {}", place(&profile.secret_source))),
        }
    }

    /// A name that leads nowhere leaves nothing more to look at.
    async fn way(
        &self,
        profile: &Profile,
        entry: Option<&SecretRecord>,
        told: ProfileFindings<'_>,
    ) -> Vec<Finding> {
        let proxy = profile.network.proxy_for(&profile.url);
        if proxy.is_none_or(|proxy| proxy.user().is_none()) {
            return self.shared_way(profile, told).await;
        }
        let (host, count) = match self.redeemer.resolve_server(profile).await {
            Ok(found) => found,
            Err(failure) => return vec![told.error("name", &failure)],
        };
        let name = told.ok("name", addresses(&host, count));
        let before = self.clock.now().wall;
        let seen = self.redeemer.probe_server(profile, entry).await;
        let after = self.clock.now().wall;
        match seen {
            Ok(seen) => {
                let clock = clocks::judge(told, seen.date, before, after, &profile.totp);
                vec![name, told.ok("server", answers(profile, seen)), clock]
            }
            Err(failure) => vec![name, told.error("server", &failure)],
        }
    }

    /// As [`Doctor::way`], where no password is needed on it: what is seen holds for every profile that takes it.
    async fn shared_way(&self, profile: &Profile, told: ProfileFindings<'_>) -> Vec<Finding> {
        let look = self.routes.look(profile, self.clock.as_ref()).await;
        let failed = |error| of_token_request(error, profile, None).failure;
        let mut findings = vec![match &look.name {
            Ok((host, count)) => told.ok("name", addresses(host, *count)),
            Err(error) => told.error("name", &failed(error)),
        }];
        match &look.server {
            None => {}
            Some(Err(error)) => findings.push(told.error("server", &failed(error))),
            Some(Ok(seen)) => {
                let (before, after) = look.between;
                findings.push(told.ok("server", answers(profile, *seen)));
                findings.push(clocks::judge(told, seen.date, before, after, &profile.totp));
            }
        }
        findings
    }

    fn token(&self, profile: &Profile, told: ProfileFindings<'_>) -> Finding {
        let standing = self.broker.status(&profile.name);
        let last = self.broker.last_failure(&profile.name);
        match (standing, last) {
            (LeaseStatus::Live { .. }, Some(last)) => told.warning_of("token", &renewal_failed(last)),
            (LeaseStatus::Live { remaining: left, .. }, None) => {
                told.ok("token", format!("live for another {} s", left.as_secs()))
            }
            (LeaseStatus::Requesting, _) => told.ok("token", "on its way"),
            (LeaseStatus::Refused | LeaseStatus::CoolingDown(_), Some(last)) => told.error("token", &last),
            (LeaseStatus::CoolingDown(left), None) => {
                told.warning("token", format!("none; the next can be asked for in {} s", left.as_secs()), "")
            }
            (LeaseStatus::Refused | LeaseStatus::Absent, _) => {
                told.ok("token", "none yet; it comes when it is asked for")
            }
        }
    }
}

fn addresses(host: &str, count: usize) -> String {
    let addresses = if count == 1 { "one address" } else { "several addresses" };
    format!("{host} has {addresses}")
}

fn renewal_failed(last: cp_token_protocol::Failure) -> cp_token_protocol::Failure {
    let message = format!("one is live, but could not be renewed: {}", last.message);
    cp_token_protocol::Failure { message, ..last }
}

fn kind(profile: &Profile, told: ProfileFindings<'_>) -> Option<Finding> {
    matches!(profile.identity, Identity::Basic(_)).then(|| {
        let found =
            "user name and password go with every request, which the vendor has deprecated and v3 refuses";
        told.warning("kind", found, "Use an API client, or a user whose password is traded for a token")
    })
}

fn http(profile: &Profile, told: ProfileFindings<'_>) -> Option<Finding> {
    profile.insecure_http.then(|| {
        let found = format!("http without TLS is allowed, at {}", profile.url);
        told.warning("http", found, "For a test double alone: take insecure_http out of the config file")
    })
}

fn codes(profile: &Profile, told: ProfileFindings<'_>) -> Option<Finding> {
    let found = match &profile.totp {
        TotpMethod::None => return None,
        TotpMethod::Ask => "a person is asked for one, for each token",
        TotpMethod::Command(_) => "a program prints them, which was not run",
        TotpMethod::Stored => "they are computed from the seed beside the password",
    };
    Some(told.ok("codes", found))
}

fn answers(profile: &Profile, seen: ProbeResult) -> String {
    let by = match profile.network.proxy_for(&profile.url) {
        Some(proxy) => format!(" through {}", proxy.origin()),
        None => String::new(),
    };
    let trusted = match (profile.url.as_str().starts_with("https:"), &profile.network.ca_bundle) {
        (false, _) => "without TLS".to_owned(),
        (true, None) => "its certificate is trusted by the system's roots".to_owned(),
        (true, Some(path)) => format!("its certificate is trusted by {}", crate::base::files::show(path)),
    };
    format!("{} answers{by}, {trusted} (HTTP {} to a request without a secret)", profile.url, seen.status)
}

fn place(location: &SecretSource) -> &'static str {
    match location {
        SecretSource::Keyring => "the keyring",
        SecretSource::Memory => "the daemon's memory",
        SecretSource::Command(_) => "what its program prints",
        SecretSource::File(_) => "its file",
        SecretSource::Credential(_) => "its credential",
    }
}
