//! Owns the words of docker-credential-helpers: a bare server name or URL in, one JSON object out.

use std::collections::BTreeMap;

use cp_token_protocol::message::{ProfileReport, TokenResponse};
use cp_token_protocol::{ErrorCode, Failure, ProfileName, TargetUrl};
use serde::Serialize;

use super::basic;

/// What clients know to mean: ask somebody else. Standard output, exit code 1.
pub(crate) const NOT_FOUND: &str = "credentials not found in native keychain\n";
pub(crate) const NO_SERVER: &str = "no credentials server URL\n";

/// What the client wants to log in to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DockerQuestion {
    Nothing,
    /// No profile can have such a server.
    NotOurs,
    /// A server, and how the client calls it.
    Server(TargetUrl, String),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials<'a> {
    #[serde(rename = "ServerURL")]
    server_url: &'a str,
    username: &'a str,
    secret: &'a str,
}

/// The server that the client names. A name without a scheme is one of `https`.
pub(crate) fn question(input: &[u8]) -> DockerQuestion {
    let Ok(name) = std::str::from_utf8(input) else { return DockerQuestion::NotOurs };
    let name = name.trim_matches([' ', '\t', '\r', '\n']);
    if name.is_empty() {
        return DockerQuestion::Nothing;
    }
    let url = if name.contains("://") { name.to_owned() } else { format!("https://{name}") };
    match TargetUrl::parse(&url) {
        Some(url) => DockerQuestion::Server(url, name.to_owned()),
        None => DockerQuestion::NotOurs,
    }
}

/// User name, and the token as password: the user name `<token>` would start another exchange. Fails with
/// [`ErrorCode::NO_TOKEN`] if one is not UTF-8.
pub(crate) fn answer(server: &str, token: &TokenResponse) -> Result<Vec<u8>, Failure> {
    let (name, password) = basic::name_and_password(token, token.profile.as_str())?;
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| not_utf8());
    super::json(&Credentials { server_url: server, username: text(&name)?, secret: text(&password)? })
}

#[cold]
fn not_utf8() -> Failure {
    Failure::new(ErrorCode::NO_TOKEN, "user name and password are no text, so docker cannot be given them")
}

/// Every server that is answered for, with the user name that goes with it: no secret and no token.
pub(crate) fn list(
    profiles: &[ProfileReport],
    only: Option<&ProfileName>,
    preferred: Option<&ProfileName>,
) -> Result<Vec<u8>, Failure> {
    let wanted = profiles.iter().filter(|profile| only.is_none_or(|name| *name == profile.name));
    let mut by_origin: BTreeMap<&str, Vec<&ProfileReport>> = BTreeMap::new();
    for profile in wanted {
        for origin in std::iter::once(&profile.url).chain(&profile.also_for) {
            by_origin.entry(origin).or_default().push(profile);
        }
    }
    let chosen =
        by_origin.into_iter().filter_map(|(origin, among)| Some((origin, choose(&among, preferred)?)));
    super::json(&chosen.collect::<BTreeMap<_, _>>())
}

/// The user name of the profile that the daemon would take.
fn choose<'p>(among: &[&'p ProfileReport], preferred: Option<&ProfileName>) -> Option<&'p str> {
    let chosen = match among {
        [profile] => profile,
        several => {
            let preferred = several.iter().find(|profile| Some(&profile.name) == preferred);
            preferred.or_else(|| several.iter().find(|profile| profile.is_default))?
        }
    };
    Some(basic::name_of(chosen))
}

#[cfg(test)]
mod tests;
