//! Owns the JSON that `profile list`, `profile show` and `status` print. Its fields are promised in their help.

use cp_token_protocol::message::{ProfileReport, ProtectionReport, SecretState, StatusReport, TokenState};
use serde::Serialize;

use super::labels;
use crate::terminal::date::rfc3339;
use crate::terminal::output::object;

pub(super) fn profile(report: &ProfileReport) -> impl Serialize {
    let (kind, id) = (labels::kind(&report.identity), labels::id(&report.identity));
    let is_client = kind == "api-client";
    object! {
        name: report.name.as_str(),
        kind: kind,
        url: &report.url,
        client_id: is_client.then_some(id),
        username: (!is_client).then_some(id),
        totp: labels::totp(&report.totp),
        secret_source: labels::secret_source(&report.secret_source),
        secret_source_detail: labels::secret_source_detail(&report.secret_source),
        ca_bundle: &report.ca_bundle,
        proxy: &report.proxy,
        no_proxy: &report.no_proxy,
        insecure_http: report.insecure_http,
        also_for: &report.also_for,
        default: report.is_default,
        created: report.created.map(rfc3339),
        last_token_at: report.last_token_at.map(rfc3339),
        token: token(report.token),
        secret: secret(report.secret),
    }
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum Token {
    Absent,
    Live { expires_in: u64 },
    Requesting,
    CoolingDown { retry_in: u64 },
}

fn token(state: TokenState) -> Token {
    match state {
        TokenState::Absent => Token::Absent,
        TokenState::Live(left) => Token::Live { expires_in: left / 1000 },
        TokenState::Requesting => Token::Requesting,
        TokenState::CoolingDown(wait) => Token::CoolingDown { retry_in: wait.div_ceil(1000) },
    }
}

fn secret(state: SecretState) -> impl Serialize {
    let (state, since) = match state {
        SecretState::Usable => ("ok", None),
        SecretState::Refused(since) => ("refused", Some(rfc3339(since))),
    };
    object! { state: state, since: since }
}

pub(super) fn status(report: &StatusReport, profiles: &[ProfileReport]) -> impl Serialize {
    object! {
        version: &report.version,
        protocol: report.protocol,
        pid: report.pid,
        uptime: report.uptime_s,
        socket: &report.socket,
        config_file: &report.config_file,
        config_problem: &report.config_problem,
        keyring: labels::keyring(report.keyring),
        locked: report.locked,
        locks_on_suspend: report.locks_on_suspend,
        protections: report.protections.iter().map(protection).collect::<Vec<_>>(),
        profiles: profiles.iter().map(profile).collect::<Vec<_>>(),
    }
}

fn protection(report: &ProtectionReport) -> impl Serialize {
    object! { name: &report.name, state: labels::protection(report.state), detail: &report.detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::table::tests::report;

    #[test]
    fn a_profile_has_the_fields_that_the_help_promises() {
        let text = serde_json::to_string(&profile(&report("prod", TokenState::Live(61_500)))).unwrap();
        assert_eq!(
            text,
            "{\"name\":\"prod\",\"kind\":\"api-client\",\"url\":\"https://api.example\",\"client_id\":\"key-1\",\
             \"username\":null,\"totp\":\"none\",\"secret_source\":\"keyring\",\"secret_source_detail\":null,\
             \"ca_bundle\":null,\"proxy\":null,\"no_proxy\":[],\"insecure_http\":false,\
             \"also_for\":[\"https://gateway.example\"],\"default\":true,\"created\":\"2027-01-15T08:00:00Z\",\
             \"last_token_at\":null,\"token\":{\"state\":\"live\",\"expires_in\":61},\"secret\":{\"state\":\"ok\",\"since\":null}}"
        );
    }
}
