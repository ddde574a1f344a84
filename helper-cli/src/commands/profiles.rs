//! Owns the asking of the daemon for its profiles, page by page.

use std::time::Duration;

use cp_token_protocol::message::{
    ProfileListRequest, ProfilePage, ProfileReport, ProfileSelector, Request, Response,
};
use cp_token_protocol::{Failure, ProfileName};

use crate::commands::shared::ask;
use crate::daemon::client;

/// Every profile, as the daemon has it.
///
/// # Errors
/// Why they cannot be told.
pub(super) fn profiles() -> Result<Vec<ProfileReport>, Failure> {
    profiles_within(crate::commands::shared::REQUEST_TIMEOUT)
}

/// As [`profiles`], with another limit on the time that it may take.
///
/// # Errors
/// Why they cannot be told.
pub(super) fn profiles_within(limit: Duration) -> Result<Vec<ProfileReport>, Failure> {
    let mut profiles = Vec::new();
    let mut after = None;
    loop {
        let page = page(&Request::ProfileList(ProfileListRequest { after: after.clone() }), limit)?;
        profiles.extend(page.profiles);
        match page.next {
            None => return Ok(profiles),
            next if next > after => after = next,
            Some(_) => return Err(client::no_end()),
        }
    }
}

fn page(request: &Request, limit: Duration) -> Result<ProfilePage, Failure> {
    match crate::commands::shared::ask_within(request, limit)? {
        Response::Profiles(page) => Ok(page),
        other @ (Response::Working
        | Response::Token(_)
        | Response::Status(_)
        | Response::Profile(_)
        | Response::Done(_)
        | Response::Failure(_)
        | Response::Log(_)
        | Response::Findings(_)) => Err(client::unexpected(&other)),
    }
}

/// The profile of that name, as the daemon has it.
pub(super) fn find(name: &ProfileName) -> Result<ProfileReport, Failure> {
    match ask(&Request::ProfileShow(ProfileSelector::Named(name.clone())))? {
        Response::Profile(report) => Ok(*report),
        other @ (Response::Working
        | Response::Token(_)
        | Response::Status(_)
        | Response::Profiles(_)
        | Response::Done(_)
        | Response::Failure(_)
        | Response::Log(_)
        | Response::Findings(_)) => Err(client::unexpected(&other)),
    }
}
