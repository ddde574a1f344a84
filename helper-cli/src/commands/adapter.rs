//! Owns what the commands for other programs share, the choice of a profile by origin and bounded input; and what Bazel and kubectl ask.

pub(super) mod docker;
pub(super) mod git;

use cp_token_protocol::message::{OriginSelector, ProfileSelector, TokenResponse};
use cp_token_protocol::{ErrorCode, Failure, ProfileName, Secret};

use super::fetch_token::{self, TokenOptions};
use super::shared::{profile_of_environment, selector};
use crate::adapters::{INPUT_LIMIT, basic, bazel, kubectl};
use crate::terminal::{output, prompt};

const INFO_VARIABLE: &str = "KUBERNETES_EXEC_INFO";

/// The selector for this origin. An option for the profile is binding, `CP_TOKEN_PROFILE` only a preference.
fn for_origin(
    url: String,
    profile: Option<ProfileName>,
    username: Option<String>,
) -> Result<ProfileSelector, Failure> {
    let preferred = profile_of_environment()?;
    Ok(ProfileSelector::Origin(OriginSelector { url, profile, username, preferred }))
}

/// A token for what is selected, or user name and password if the server accepts them.
fn fetch(selector: ProfileSelector, accepts_basic: bool) -> Result<TokenResponse, Failure> {
    let mut options = TokenOptions::of(selector);
    options.request.accepts_basic = accepts_basic;
    fetch_token::fetch(options)
}

pub(super) fn bazel(profile: Option<ProfileName>) -> Result<(), Failure> {
    let url = bazel::question(read_input()?.expose())?;
    let accepts_basic = !basic::is_refused_at(&url.path);
    let token = fetch(for_origin(url.origin, profile, None)?, accepts_basic)?;
    output::print(&[&bazel::answer(&token)?])
}

/// Prints a credential for the cluster. If the kubeconfig hides the cluster, its owner answers for where the token goes.
pub(super) fn kubectl(profile: Option<ProfileName>) -> Result<(), Failure> {
    let info = std::env::var_os(INFO_VARIABLE).filter(|info| !info.is_empty());
    let not_utf8 = |_| Failure::new(ErrorCode::BAD_INPUT, format!("{INFO_VARIABLE} holds no ExecCredential"));
    let info = info.map(|info| info.into_string().map_err(not_utf8)).transpose()?;
    let question = kubectl::question(info.as_deref())?;
    let selected = match &question.server {
        Some(server) => for_origin(server.origin.clone(), profile, None)?,
        None => selector(profile.as_ref(), None)?,
    };
    let wanted = TokenOptions { may_ask: question.is_interactive, ..TokenOptions::of(selected) };
    output::print(&[&kubectl::answer(&question, &fetch_token::fetch(wanted)?)?])
}

fn read_input() -> Result<Secret, Failure> {
    prompt::read_piped(INPUT_LIMIT, |_| false)
}

/// Whether no profile answers for what was asked about, so that it is somebody else's business.
fn is_not_ours(failure: &Failure) -> bool {
    [ErrorCode::UNKNOWN_URL, ErrorCode::INVALID_URL].contains(&failure.code)
}
