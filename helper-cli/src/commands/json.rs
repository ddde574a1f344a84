//! Owns the JSON that `profile list`, `profile show` and `status` print. Its fields are promised in their help.

use cp_token_protocol::message::{ProfileReport, SecretState, StatusReport, TokenState};
use serde::Serialize;

use super::labels;
use crate::terminal::date::rfc3339;

#[derive(Serialize)]
pub(super) struct Profile<'r> {
    name: &'r str,
    kind: &'static str,
    url: &'r str,
    client_id: Option<&'r str>,
    username: Option<&'r str>,
    totp: &'static str,
    secret_source: &'static str,
    secret_source_detail: Option<String>,
    ca_bundle: Option<&'r str>,
    proxy: Option<&'r str>,
    no_proxy: &'r [String],
    insecure_http: bool,
    also_for: &'r [String],
    default: bool,
    created: Option<String>,
    last_token_at: Option<String>,
    token: Token,
    secret: Secret,
}

#[derive(Serialize)]
struct Token {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_in: Option<u64>,
}

#[derive(Serialize)]
struct Secret {
    state: &'static str,
    since: Option<String>,
}

#[derive(Serialize)]
pub(super) struct StatusJson<'r> {
    version: &'r str,
    protocol: u16,
    pid: u32,
    uptime: u64,
    socket: &'r str,
    config_file: &'r str,
    config_problem: Option<&'r str>,
    keyring: &'static str,
    locked: bool,
    locks_on_suspend: bool,
    protections: Vec<Protection<'r>>,
    profiles: Vec<Profile<'r>>,
}

#[derive(Serialize)]
struct Protection<'r> {
    name: &'r str,
    state: &'static str,
    detail: &'r str,
}

impl<'r> From<&'r ProfileReport> for Profile<'r> {
    fn from(report: &'r ProfileReport) -> Self {
        let id = labels::id(&report.identity);
        let is_client = labels::kind(&report.identity) == "api-client";
        Self {
            name: report.name.as_str(),
            kind: labels::kind(&report.identity),
            url: &report.url,
            client_id: is_client.then_some(id),
            username: (!is_client).then_some(id),
            totp: labels::totp(&report.totp),
            secret_source: labels::secret_source(&report.secret_source),
            secret_source_detail: labels::secret_source_detail(&report.secret_source),
            ca_bundle: report.ca_bundle.as_deref(),
            proxy: report.proxy.as_deref(),
            no_proxy: &report.no_proxy,
            insecure_http: report.insecure_http,
            also_for: &report.also_for,
            default: report.is_default,
            created: report.created.map(rfc3339),
            last_token_at: report.last_token_at.map(rfc3339),
            token: Token::from(report.token),
            secret: Secret::from(report.secret),
        }
    }
}

impl From<TokenState> for Token {
    fn from(state: TokenState) -> Self {
        let (state, expires_in, retry_in) = match state {
            TokenState::Absent => ("absent", None, None),
            TokenState::Live(left) => ("live", Some(left / 1000), None),
            TokenState::Requesting => ("requesting", None, None),
            TokenState::CoolingDown(wait) => ("cooling_down", None, Some(wait.div_ceil(1000))),
        };
        Self { state, expires_in, retry_in }
    }
}

impl From<SecretState> for Secret {
    fn from(state: SecretState) -> Self {
        match state {
            SecretState::Usable => Self { state: "ok", since: None },
            SecretState::Refused(since) => Self { state: "refused", since: Some(rfc3339(since)) },
        }
    }
}

impl<'r> StatusJson<'r> {
    /// The daemon's account of itself, and its profiles.
    pub(super) fn of(report: &'r StatusReport, profiles: &'r [ProfileReport]) -> Self {
        let protections = report.protections.iter();
        Self {
            version: &report.version,
            protocol: report.protocol,
            pid: report.pid,
            uptime: report.uptime_s,
            socket: &report.socket,
            config_file: &report.config_file,
            config_problem: report.config_problem.as_deref(),
            keyring: labels::keyring(report.keyring),
            locked: report.locked,
            locks_on_suspend: report.locks_on_suspend,
            protections: protections
                .map(|each| Protection {
                    name: &each.name,
                    state: labels::protection(each.state),
                    detail: &each.detail,
                })
                .collect(),
            profiles: profiles.iter().map(Profile::from).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::table::tests::report;

    #[test]
    fn a_profile_has_the_fields_that_the_help_promises() {
        let text = serde_json::to_string(&Profile::from(&report("prod", TokenState::Live(61_500)))).unwrap();
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
