//! Owns the reports of profiles: one, or all of them a page at a time. A changed config file is read first.

use std::sync::Arc;

use cp_token_protocol::message::{ProfilePage, ProfileReport, ProfileSelector};
use cp_token_protocol::{BODY_LIMIT, Failure, ProfileName, report_len};

use super::Registry;
use crate::profile::Profile;

/// The most bytes of the reports of one page: a frame, with room for its other fields.
const MAX_PAGE_BYTES: usize = BODY_LIMIT - 1024;

impl Registry {
    /// The profiles after `after`, as many as one response holds. Fails if a broken config file leaves no profile.
    pub async fn page(&self, after: Option<&ProfileName>) -> Result<ProfilePage, Failure> {
        if after.is_none() {
            self.reload_if_changed().await;
        }
        let config = self.config();
        if let (true, Some(problem)) = (config.profiles.is_empty(), self.problem()) {
            return Err(problem);
        }
        let mut page = ProfilePage { profiles: Vec::new(), next: None };
        let mut room = MAX_PAGE_BYTES;
        for profile in config.profiles.after(after) {
            let report = self.report(profile, config.is_default(profile));
            let size = report_len(&report);
            // A report that is longer than a page gets a page of its own.
            if size > room && !page.profiles.is_empty() {
                page.next = page.profiles.last().map(|last: &ProfileReport| last.name.clone());
                break;
            }
            room = room.saturating_sub(size);
            page.profiles.push(report);
        }
        Ok(page)
    }

    /// The first `max` profiles after `after`, and the last of them if there are more.
    pub fn batch(&self, after: Option<&ProfileName>, max: usize) -> (Vec<Arc<Profile>>, Option<ProfileName>) {
        let config = self.config();
        let mut rest = config.profiles.after(after);
        let part: Vec<_> = rest.by_ref().take(max).cloned().collect();
        let next = rest.next().and(part.last()).map(|last| last.name.clone());
        (part, next)
    }

    /// The report of the profile that a caller means.
    pub async fn show(&self, selector: &ProfileSelector) -> Result<ProfileReport, Failure> {
        self.reload_if_changed().await;
        let profile = self.select(selector)?;
        Ok(self.report(&profile, self.config().is_default(&profile)))
    }
}
