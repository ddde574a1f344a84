//! Owns the config files of crashplancli and code42cli: where they are, and their profiles. The daemon validates values.

use std::path::Path;

use cp_token_protocol::Failure;

use super::ini::{self, Section};
use super::{broken, read};

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OfficialCli {
    /// Its package, of which its folder and its keyring items have their names.
    pub(crate) name: &'static str,
    /// What a person types.
    pub(crate) command: &'static str,
    folder: &'static str,
    url_key: &'static str,
    user_key: &'static str,
}

/// Those that a person may come from, the newer one first.
pub(crate) const PROGRAMS: [OfficialCli; 2] = [
    OfficialCli {
        name: "crashplancli",
        command: "crashplan",
        folder: ".crashplancli",
        url_key: "cpg_authority_url",
        user_key: "cpg_username",
    },
    OfficialCli {
        name: "code42cli",
        command: "code42",
        folder: ".code42cli",
        url_key: "c42_authority_url",
        user_key: "c42_username",
    },
];

/// The section that is no profile.
const INTERNAL: &str = "Internal";
/// What stands for a value that was never given.
const UNSET: &str = "__DEFAULT__";
/// How these programs write that something is so.
const YES: &str = "True";
/// The longest URL and the longest user name, in bytes.
const MAX_LENGTH: usize = 300;

/// A profile of an official CLI. Its texts are that program's: sanitize them before a person sees them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OfficialProfile {
    pub(crate) program: &'static OfficialCli,
    pub(crate) name: String,
    /// What is in it, or one clause that says what is wrong with it.
    pub(crate) content: Result<Content, &'static str>,
}

/// What is in a profile that was made to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// Scheme, host and port; visible ASCII without a user name.
    pub(crate) origin: String,
    pub(crate) account: String,
    /// Whether the account is an API client; else it is a user.
    pub(crate) is_client: bool,
    /// Whether certificates are not checked there.
    pub(crate) ignores_certificates: bool,
}

impl OfficialCli {
    /// The service under which the secret of this profile lies in a keyring.
    pub(crate) fn service(&self, profile: &str) -> String {
        format!("{}::{profile}", self.name)
    }
}

/// Its profiles, in the order of its file; none if there is no such file.
pub(crate) fn profiles(program: &'static OfficialCli, home: &Path) -> Result<Vec<OfficialProfile>, Failure> {
    let path = home.join(program.folder).join("config.cfg");
    let Some(bytes) = read(&path)? else { return Ok(Vec::new()) };
    let text = std::str::from_utf8(bytes.expose());
    let text = text.map_err(|_| broken(&path, None, "it is not UTF-8 text"))?;
    parse(program, text).map_err(|(line, problem)| broken(&path, Some(line), problem))
}

fn parse(program: &'static OfficialCli, text: &str) -> Result<Vec<OfficialProfile>, (usize, &'static str)> {
    let sections = ini::parse(text).map_err(|flaw| (flaw.line, flaw.problem))?;
    let profiles = sections.iter().filter(|section| section.name != INTERNAL);
    let profile = |section: &Section<'_>| OfficialProfile {
        program,
        name: section.name.to_owned(),
        content: content(program, section),
    };
    Ok(profiles.map(profile).collect())
}

fn content(program: &OfficialCli, section: &Section<'_>) -> Result<Content, &'static str> {
    let value = |key: &str| section.lines(key).map(|lines| unescape(&lines.join("\n"))).transpose();
    let given = |key: &str| value(key).map(|value| value.filter(|value| !value.is_empty() && value != UNSET));
    let url = given(program.url_key)?.ok_or("it has no URL there")?;
    let account = given(program.user_key)?.ok_or("it has neither a user nor a client ID there")?;
    if account.len() > MAX_LENGTH || account.chars().any(char::is_control) {
        return Err("its user or client ID there is none that cp-token takes");
    }
    Ok(Content {
        origin: origin(&url)?,
        account,
        is_client: value("api-client-auth")?.as_deref() == Some(YES),
        ignores_certificates: value("ignore-ssl-errors")?.as_deref() == Some(YES),
    })
}

/// `configparser` writes `%` as `%%`, and these programs write no reference to another value.
fn unescape(value: &str) -> Result<String, &'static str> {
    match value.replace("%%", "").contains('%') {
        true => Err("a single % in a value means nothing"),
        false => Ok(value.replace("%%", "%")),
    }
}

/// Both programs put `https://` before a URL without a scheme, and ask below its host whatever path follows.
fn origin(url: &str) -> Result<String, &'static str> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let origin = format!("{scheme}://{authority}").to_ascii_lowercase();
    if origin.contains('@') {
        return Err("its URL there holds a user name or password");
    }
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    if authority.is_empty() || origin.len() > MAX_LENGTH || !origin.bytes().all(is_plain) {
        return Err("its URL there is none that cp-token takes");
    }
    Ok(origin)
}

#[cfg(test)]
mod tests;
