//! Owns what the commands for other programs share: the choice of a profile by origin, and bounded input.

pub(super) mod bazel;
pub(super) mod docker;
pub(super) mod git;
pub(super) mod kubectl;

use cp_token_protocol::message::{OriginSelector, ProfileSelector, TokenResponse};
use cp_token_protocol::{ErrorCode, Failure, ProfileName, Secret};

use super::fetch_token::{self, TokenOptions};
use crate::adapters::INPUT_LIMIT;
use crate::terminal::prompt;

/// The selector for this origin. An option for the profile is binding, `CP_TOKEN_PROFILE` only a preference.
fn for_origin(
    url: String,
    profile: Option<ProfileName>,
    username: Option<String>,
) -> Result<ProfileSelector, Failure> {
    let preferred = crate::commands::shared::profile_of_environment()?;
    Ok(ProfileSelector::Origin(OriginSelector { url, profile, username, preferred }))
}

/// A token for what is selected, or user name and password if the server accepts them.
fn fetch(selector: ProfileSelector, accepts_basic: bool) -> Result<TokenResponse, Failure> {
    fetch_token::fetch(TokenOptions { accepts_basic, ..TokenOptions::of(selector) })
}

fn read_input() -> Result<Secret, Failure> {
    prompt::read_piped(INPUT_LIMIT, |_| false)
}

/// Whether no profile answers for what was asked about, so that it is somebody else's business.
fn is_not_ours(failure: &Failure) -> bool {
    [ErrorCode::UNKNOWN_URL, ErrorCode::INVALID_URL].contains(&failure.code)
}
