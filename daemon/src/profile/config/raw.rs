//! Owns a profile's table as a person writes it, and its check into a profile. Pure.

use std::path::PathBuf;

use cp_token_protocol::ProfileName;
use cp_token_protocol::message::{Identity, SecretSource, TotpMethod};
use serde::Deserialize;

use super::Problem;
use crate::base::sanitize::clean;
use crate::profile::request_url::RequestUrl;
use crate::profile::validate;
use crate::profile::{Network, Profile};

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProfile {
    kind: Option<Kind>,
    url: String,
    client_id: Option<String>,
    username: Option<String>,
    totp: Option<Totp>,
    totp_command: Option<Vec<String>>,
    secret_source: Option<Source>,
    secret_command: Option<Vec<String>>,
    secret_file: Option<String>,
    secret_credential: Option<String>,
    ca_bundle: Option<PathBuf>,
    proxy: Option<String>,
    no_proxy: Option<Vec<String>>,
    #[serde(default)]
    insecure_http: bool,
    #[serde(default)]
    also_for: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    ApiClient,
    User,
    Basic,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Totp {
    None,
    Ask,
    Command,
    Stored,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Source {
    Keyring,
    Memory,
    Command,
    File,
    Credential,
}

impl RawProfile {
    /// The profile that the table describes, or one clause that says what is wrong with it.
    pub(super) fn check(self, name: &str, common: &Network) -> Result<Profile, Problem> {
        let shown = clean(name, 70);
        self.checked(name, common).map_err(|problem| Problem {
            message: format!("profile {shown}: {}", problem.message),
            ..problem
        })
    }

    fn checked(self, name: &str, common: &Network) -> Result<Profile, Problem> {
        let url = |what: &str, text: &str| {
            RequestUrl::parse(text, self.insecure_http).map_err(|error| format!("{what} {error}"))
        };
        let identity = self.identity()?;
        let totp = self.totp()?;
        validate::check_totp(&totp, &identity)?;
        Ok(Profile {
            name: ProfileName::parse(name).map_err(|error| error.to_string())?,
            url: url("the request URL", &self.url)?,
            identity,
            totp,
            secret_source: self.secret_source()?,
            network: common.with(
                self.ca_bundle.as_deref(),
                self.proxy.as_deref(),
                self.no_proxy.as_deref(),
            )?,
            insecure_http: self.insecure_http,
            also_for: self
                .also_for
                .iter()
                .map(|origin| url("an origin of also_for", origin))
                .collect::<Result<_, _>>()?,
        })
    }

    /// A table without a kind is an API client's, as the first ones were.
    fn identity(&self) -> Result<Identity, &'static str> {
        let identity = match (self.kind, &self.client_id, &self.username) {
            (Some(Kind::ApiClient) | None, Some(id), None) => Identity::ApiClient(id.clone()),
            (Some(Kind::User), None, Some(name)) => Identity::User(name.clone()),
            (Some(Kind::Basic), None, Some(name)) => Identity::Basic(name.clone()),
            (Some(Kind::ApiClient) | None, _, _) => {
                return Err("kind api-client needs a client_id and no username");
            }
            (Some(Kind::User | Kind::Basic), _, _) => {
                return Err("kinds user and basic need a username and no client_id");
            }
        };
        validate::check_identity(&identity).map(|()| identity)
    }

    fn totp(&self) -> Result<TotpMethod, &'static str> {
        match (self.totp, &self.totp_command) {
            (None | Some(Totp::None), None) => Ok(TotpMethod::None),
            (Some(Totp::Ask), None) => Ok(TotpMethod::Ask),
            (Some(Totp::Stored), None) => Ok(TotpMethod::Stored),
            (Some(Totp::Command) | None, Some(line)) => Ok(TotpMethod::Command(line.clone())),
            (Some(Totp::Command), None) => Err("totp command needs a totp_command"),
            (Some(Totp::None | Totp::Ask | Totp::Stored), Some(_)) => {
                Err("a totp_command goes with totp command alone")
            }
        }
    }

    /// A `secret_command`, `secret_file` or `secret_credential` implies its source; where both are given, they must agree.
    fn secret_source(&self) -> Result<SecretSource, &'static str> {
        let details = (&self.secret_command, &self.secret_file, &self.secret_credential);
        let source = match (self.secret_source, details) {
            (Some(Source::Keyring) | None, (None, None, None)) => SecretSource::Keyring,
            (Some(Source::Memory), (None, None, None)) => SecretSource::Memory,
            (Some(Source::Command) | None, (Some(line), None, None)) => SecretSource::Command(line.clone()),
            (Some(Source::File) | None, (None, Some(path), None)) => SecretSource::File(path.clone()),
            (Some(Source::Credential) | None, (None, None, Some(name))) => {
                SecretSource::Credential(name.clone())
            }
            _ => return Err(DISAGREEMENT),
        };
        validate::check_secret_source(&source).map(|()| source)
    }
}

const DISAGREEMENT: &str = "secret_source and secret_command, secret_file or secret_credential do not agree";
