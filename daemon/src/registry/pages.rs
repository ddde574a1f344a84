//! Owns how profiles are shown: one, or all of them a page at a time. It changes nothing, but that a config file which
//! a person has written is read first.

use std::sync::Arc;

use cp_token_protocol::message::{ProfilePage, ProfileReport, ProfileSelector};
use cp_token_protocol::{BODY_LIMIT, Failure, ProfileName};

use super::Registry;
use crate::profile::Profile;

/// What the reports of one page take at most: a frame, with room for what is around them.
const MAX_PAGE_BYTES: usize = BODY_LIMIT - 1024;
/// More than a report takes beside its texts.
const REPORT_OVERHEAD: usize = 192;

impl Registry {
    /// The profiles behind `after` in the order of their names, as many as one answer holds.
    ///
    /// # Errors
    /// What is wrong with the config file, where it leaves no profile.
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
        for profile in config.profiles.behind(after) {
            let size = REPORT_OVERHEAD + profile.text_len();
            // One that fills a page by itself is never left out.
            if size > room && !page.profiles.is_empty() {
                page.next = page.profiles.last().map(|last: &ProfileReport| last.name.clone());
                break;
            }
            room = room.saturating_sub(size);
            page.profiles.push(self.report(profile, config.is_default(profile)));
        }
        Ok(page)
    }

    /// The first `most` profiles behind `after`, and the last of them where there are more.
    pub fn batch(
        &self,
        after: Option<&ProfileName>,
        most: usize,
    ) -> (Vec<Arc<Profile>>, Option<ProfileName>) {
        let config = self.config();
        let mut behind = config.profiles.behind(after);
        let part: Vec<_> = behind.by_ref().take(most).cloned().collect();
        let next = behind.next().and(part.last()).map(|last| last.name.clone());
        (part, next)
    }

    /// The profile that a caller means, as people see it.
    ///
    /// # Errors
    /// As [`Registry::select`].
    pub async fn show(&self, selector: &ProfileSelector) -> Result<ProfileReport, Failure> {
        self.reload_if_changed().await;
        let profile = self.select(selector)?;
        Ok(self.report(&profile, self.config().is_default(&profile)))
    }
}
