//! Owns what would be lost with the daemon that runs, in labels. It stops none.

use cp_token_protocol::message::{ProfileReport, SecretSource, StatusReport};

use super::labels;

/// The secrets that nothing but the daemon's memory holds; nothing if there is none.
pub(super) fn secrets_lost(report: &StatusReport) -> Option<String> {
    if report.locked {
        return Some("it is locked, and secrets that only its memory holds would be lost".to_owned());
    }
    if report.secrets_in_memory == 0 {
        return None;
    }
    // A config file that cannot be read names none, and keeps nobody from stopping the daemon.
    let profiles = crate::commands::profiles::profiles().unwrap_or_default();
    let is_in_memory = |profile: &&ProfileReport| profile.secret_source == SecretSource::Memory;
    let names: Vec<_> = profiles.iter().filter(is_in_memory).map(|profile| profile.name.as_str()).collect();
    let whose = if names.is_empty() { "a profile".to_owned() } else { labels::names(&names) };
    Some(format!("the secret of {whose} is in its memory alone"))
}
