//! Owns the requests to the daemon for profiles, and for every list that comes page by page.

use std::time::Duration;

use cp_token_protocol::message::{ProfileListRequest, ProfileReport, ProfileSelector, Request};
use cp_token_protocol::{Failure, ProfileName};

use super::shared::{REQUEST_TIMEOUT, ask, ask_within};
use crate::daemon::client::{self, content_of};

pub(super) fn profiles() -> Result<Vec<ProfileReport>, Failure> {
    profiles_within(REQUEST_TIMEOUT)
}

/// As [`profiles`], with another timeout for each page.
pub(super) fn profiles_within(timeout: Duration) -> Result<Vec<ProfileReport>, Failure> {
    all_pages(|after| {
        let request = Request::ProfileList(ProfileListRequest { after });
        content_of!(ask_within(&request, timeout)?, Profiles).map(|page| (page.profiles, page.next))
    })
}

/// The items of all pages. `page` gets the page after a name, and the name to continue after.
pub(super) fn all_pages<T>(
    page: impl Fn(Option<ProfileName>) -> Result<(Vec<T>, Option<ProfileName>), Failure>,
) -> Result<Vec<T>, Failure> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let (items, next) = page(after.clone())?;
        all.extend(items);
        match next {
            None => return Ok(all),
            next if next > after => after = next,
            Some(_) => return Err(client::no_end()),
        }
    }
}

pub(super) fn find(name: &ProfileName) -> Result<ProfileReport, Failure> {
    let response = ask(&Request::ProfileShow(ProfileSelector::Named(name.clone())))?;
    content_of!(response, Profile).map(|report| *report)
}
