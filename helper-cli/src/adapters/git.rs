//! Owns the protocol of git's credential helpers: origin and user in, credential out.

mod challenge;
mod description;

use cp_token_protocol::message::{AuthScheme, TokenResponse};
use cp_token_protocol::{ErrorCode, Failure, ProfileName, TargetUrl, origin};

use super::basic;
use challenge::Offer;

pub(crate) use description::{Description, is_complete};

/// What the operation `capability` answers.
pub(crate) const CAPABILITIES: &[u8] = b"version 0\ncapability authtype\ncapability state\n";

/// Marks the state that is ours among those of other helpers.
const STATE_PREFIX: &str = "cp-token:";

/// Whom git wants a credential for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// Where it is to be sent.
    pub(crate) origin: String,
    /// The user whom the URL or the config names.
    pub(crate) username: Option<String>,
    /// Whether the server takes a user name and password, as kind `basic` has them.
    pub(crate) accepts_basic: bool,
}

/// A token that the server has answered 401 to, as far as git says.
#[derive(Debug)]
pub(crate) struct RejectionReport<'i> {
    /// Where it was sent.
    pub(crate) query: Query,
    /// Whose it was, if the answer had said so and git has remembered it.
    pub(crate) profile: Option<ProfileName>,
    pub(crate) token: &'i [u8],
}

/// Whom a credential is wanted for; nothing if no profile can be meant.
pub(crate) fn query(description: &Description<'_>) -> Option<Query> {
    let CredentialTarget { origin, path, username } = target(description)?;
    let offer = Offer::of(&description.challenges);
    Some(Query { origin, username, accepts_basic: offer.takes_basic() && !basic::is_refused_at(&path) })
}

/// What an `erase` reports; nothing if it holds no token.
pub(crate) fn report<'i>(description: &Description<'i>) -> Option<RejectionReport<'i>> {
    let is_bearer = description.authtype.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"));
    let token = match description.credential {
        Some(credential) => Some(credential).filter(|_| is_bearer),
        None => description.password,
    }?;
    Some(RejectionReport { query: query(description)?, profile: remembered(description), token })
}

/// The origin, the path and the user of a credential.
struct CredentialTarget {
    origin: String,
    path: String,
    username: Option<String>,
}

fn target(description: &Description<'_>) -> Option<CredentialTarget> {
    if let Some(url) = description.url {
        let url = text(url)?;
        let (username, url) = without_user(&url);
        let TargetUrl { origin, path } = TargetUrl::parse(&url)?;
        return Some(CredentialTarget { origin, path, username });
    }
    let username = match description.username {
        None | Some(b"") => None,
        Some(name) => Some(text(name)?),
    };
    let origin = origin(&text(description.protocol?)?, &text(description.host?)?)?;
    let path = String::from_utf8_lossy(description.path.unwrap_or_default()).into_owned();
    Some(CredentialTarget { origin, path, username })
}

/// The user in a URL and the URL without it, if the user has only plain characters.
fn without_user(url: &str) -> (Option<String>, String) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let split = url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?)));
    match split {
        Some((scheme, (user, rest))) if !user.is_empty() && user.bytes().all(is_plain) => {
            (Some(user.to_owned()), format!("{scheme}://{rest}"))
        }
        Some(_) | None => (None, url.to_owned()),
    }
}

fn remembered(description: &Description<'_>) -> Option<ProfileName> {
    let ours =
        description.states.iter().rev().find_map(|state| state.strip_prefix(STATE_PREFIX.as_bytes()))?;
    ProfileName::parse(std::str::from_utf8(ours).ok()?).ok()
}

fn text(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

/// The lines of the answer. [`ErrorCode::NO_TOKEN`] if a value has a character that ends a line.
pub(crate) fn answer(description: &Description<'_>, token: &TokenResponse) -> Result<Vec<u8>, Failure> {
    let mut lines = Vec::new();
    // What depends on a capability has to stand behind it.
    for (name, is_announced) in [("authtype", description.knows_authtype), ("state", description.knows_state)]
    {
        if is_announced {
            add(&mut lines, "capability[]", name.as_bytes())?;
        }
    }
    if token.scheme == AuthScheme::Bearer && takes_bearer(description) {
        add(&mut lines, "authtype", b"Bearer")?;
        add(&mut lines, "credential", token.access_token.expose())?;
    } else {
        let asked = description.username.filter(|name| !name.is_empty());
        let (name, password) = basic::name_and_password(token, token.profile.as_str())?;
        let is_token = token.scheme == AuthScheme::Bearer;
        add(&mut lines, "username", asked.filter(|_| is_token).unwrap_or(&name))?;
        add(&mut lines, "password", &password)?;
    }
    if description.knows_authtype {
        add(&mut lines, "ephemeral", b"1")?;
    }
    add(&mut lines, "password_expiry_utc", token.expires_at.to_string().as_bytes())?;
    if description.knows_state {
        add(&mut lines, "state[]", format!("{STATE_PREFIX}{}", token.profile).as_bytes())?;
    }
    Ok(lines)
}

/// A git that cannot send one would fall back to a prompt, and a server that offers Basic alone would refuse it.
fn takes_bearer(description: &Description<'_>) -> bool {
    description.knows_authtype && Offer::of(&description.challenges) != Offer::BasicAlone
}

fn add(lines: &mut Vec<u8>, key: &str, value: &[u8]) -> Result<(), Failure> {
    if value.iter().any(|byte| b"\r\n\0".contains(byte)) {
        return Err(Failure::new(ErrorCode::NO_TOKEN, "a value has a character that git cannot be given"));
    }
    lines.extend([key.as_bytes(), b"=", value, b"\n"].concat());
    Ok(())
}

#[cfg(test)]
mod tests;
