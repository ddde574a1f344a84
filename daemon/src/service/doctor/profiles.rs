//! Owns the findings of one profile, from its secret to its server. It must not send the secret anywhere.

use cp_token_protocol::message::{Finding, Identity, SecretSource, TotpMethod};

use super::clocks;
use super::report::Reporter;
use super::routes::RouteCheck;
use crate::lease::LeaseStatus;
use crate::profile::Profile;
use crate::registry::check_record;
use crate::secrets::secret_record::SecretRecord;
use crate::service::Service;
use crate::token_endpoint::ProbeResult;
use crate::token_request::failure::of_token_request;

impl Service {
    pub(super) async fn check_profile(&self, profile: &Profile) -> Vec<Finding> {
        let report = Reporter::of(&profile.name);
        let mut findings: Vec<Finding> = [identity_finding(profile, report), http_finding(profile, report)]
            .into_iter()
            .flatten()
            .collect();
        let secret = self.deps.fetcher.load_secret(profile).await;
        findings.push(match &secret {
            Ok(record) => self.secret_finding(profile, record, report),
            Err(failure) => report.error("secret", failure),
        });
        findings.extend(codes_finding(profile, report));
        findings.extend(self.route_findings(profile, secret.as_ref().ok(), report).await);
        let is_paused = secret.is_ok_and(|record| self.is_paused_by_other_servers(profile, &record));
        findings.push(self.token_finding(profile, is_paused, report));
        findings
    }

    fn secret_finding(&self, profile: &Profile, record: &SecretRecord, report: Reporter<'_>) -> Finding {
        if let Err(error) = check_record(record, profile) {
            return report.error("secret", &error);
        }
        match self.deps.fetcher.refused_by_server(profile, record) {
            Some(refused) => report.error("secret", &refused),
            None => report.ok("secret", format!("it is there, in {}", source_name(&profile.secret_source))),
        }
    }

    /// Name, server and clock. Profiles share the check of a route that needs no password.
    async fn route_findings(
        &self,
        profile: &Profile,
        record: Option<&SecretRecord>,
        report: Reporter<'_>,
    ) -> Vec<Finding> {
        let clock = self.deps.clock.as_ref();
        let proxy = profile.network.proxy_for(&profile.url);
        let check = if proxy.is_some_and(|proxy| proxy.user().is_some()) {
            let resolve = self.deps.fetcher.resolve_server(profile);
            RouteCheck::run(clock, resolve, self.deps.fetcher.probe_server(profile, record)).await
        } else {
            let failure = |error| of_token_request(&error, profile).failure;
            self.routes.check(profile, clock).await.map_err(failure)
        };
        let mut findings = vec![match &check.name {
            Ok((host, count)) => report.ok("name", addresses(host, *count)),
            Err(failure) => report.error("name", failure),
        }];
        match &check.server {
            None => {}
            Some(Err(failure))
                if record.is_some_and(|record| self.is_paused_by_other_servers(profile, record)) =>
            {
                findings.push(report.failure_as_warning("server", failure));
            }
            Some(Err(failure)) => findings.push(report.error("server", failure)),
            Some(Ok(probe)) => {
                let (before, after) = check.between;
                findings.push(report.ok("server", answers(profile, *probe)));
                findings.push(clocks::compare(report, probe.date, before, after, &profile.totp));
            }
        }
        findings
    }

    fn is_paused_by_other_servers(&self, profile: &Profile, record: &SecretRecord) -> bool {
        self.deps.fetcher.is_paused_by_other_servers(profile, record)
    }

    /// A pause because of other servers says nothing about this one.
    fn token_finding(&self, profile: &Profile, is_paused: bool, report: Reporter<'_>) -> Finding {
        let status = self.deps.broker.status(&profile.name);
        let last = self.deps.broker.last_failure(&profile.name);
        match (status, last) {
            (LeaseStatus::Live { .. }, Some(last)) => {
                report.failure_as_warning("token", &renewal_failed(report, last))
            }
            (LeaseStatus::Live { remaining: left, .. }, None) => {
                report.ok("token", format!("live for another {} s", left.as_secs()))
            }
            (LeaseStatus::Requesting, _) => report.ok("token", "on its way"),
            (LeaseStatus::CoolingDown(_), Some(last)) if is_paused => {
                report.failure_as_warning("token", &last)
            }
            (LeaseStatus::Refused | LeaseStatus::CoolingDown(_), Some(last)) => report.error("token", &last),
            (LeaseStatus::CoolingDown(left), None) => report.warning(
                "token",
                format!("none; the next can be asked for in {} s", left.as_secs()),
                "",
            ),
            (LeaseStatus::Refused | LeaseStatus::Absent, _) => {
                report.ok("token", "none yet; it comes when it is asked for")
            }
        }
    }
}

fn addresses(host: &str, count: usize) -> String {
    let addresses = if count == 1 { "one address" } else { "several addresses" };
    format!("{host} has {addresses}")
}

fn renewal_failed(report: Reporter<'_>, last: cp_token_protocol::Failure) -> cp_token_protocol::Failure {
    let message = format!("one is live, but could not be renewed: {}", report.without_name(&last.message));
    cp_token_protocol::Failure { message, ..last }
}

fn identity_finding(profile: &Profile, report: Reporter<'_>) -> Option<Finding> {
    matches!(profile.identity, Identity::Basic(_)).then(|| {
        let found =
            "user name and password go with every request, which the vendor has deprecated and v3 refuses";
        report.warning("kind", found, "use an API client, or a user whose password is traded for a token")
    })
}

fn http_finding(profile: &Profile, report: Reporter<'_>) -> Option<Finding> {
    profile.insecure_http.then(|| {
        let found = format!("http without TLS is allowed, at {}", profile.url);
        report.warning("http", found, "for a test double alone: take insecure_http out of the config file")
    })
}

fn codes_finding(profile: &Profile, report: Reporter<'_>) -> Option<Finding> {
    let found = match &profile.totp {
        TotpMethod::None => return None,
        TotpMethod::Ask => "a person is asked for one, for each token",
        TotpMethod::Command(_) => "a program prints them, which was not run",
        TotpMethod::Stored => "they are computed from the seed beside the password",
    };
    Some(report.ok("codes", found))
}

fn answers(profile: &Profile, probe: ProbeResult) -> String {
    let by = match profile.network.proxy_for(&profile.url) {
        Some(proxy) => format!(" through {}", proxy.origin()),
        None => String::new(),
    };
    let trusted = match (profile.url.as_str().starts_with("https:"), &profile.network.ca_bundle) {
        (false, _) => "without TLS".to_owned(),
        (true, None) => "its certificate is trusted by the system's roots".to_owned(),
        (true, Some(path)) => format!("its certificate is trusted by {}", crate::base::files::show(path)),
    };
    format!("{} answers{by}, {trusted} (HTTP {} to a request without a secret)", profile.url, probe.status)
}

fn source_name(source: &SecretSource) -> &'static str {
    match source {
        SecretSource::Keyring => "the keyring",
        SecretSource::Memory => "the daemon's memory",
        SecretSource::Command(_) => "what its program prints",
        SecretSource::File(_) => "its file",
        SecretSource::Credential(_) => "its credential",
    }
}
