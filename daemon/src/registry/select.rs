//! Owns which profile a caller means. Pure.

use std::sync::Arc;

use cp_token_protocol::message::{OriginSelector, ProfileSelector};
use cp_token_protocol::{Failure, ProfileName};

use super::failure;
use crate::profile::Profile;
use crate::profile::config::Config;
use crate::profile::request_url::RequestUrl;

/// The user name in URLs for git that stands for any user.
const ANY_USER: &str = "git";

/// The profile that a caller means. Fails if none matches, or more than one.
pub fn select(config: &Config, selector: &ProfileSelector) -> Result<Arc<Profile>, Failure> {
    let profiles = &config.profiles;
    match selector {
        ProfileSelector::Named(name) => {
            profiles.get(name).cloned().ok_or_else(|| failure::unknown_profile(config, name))
        }
        ProfileSelector::Url(text) => {
            select_by_url(config, &RequestUrl::parse(text, true).map_err(failure::request_url)?)
        }
        ProfileSelector::Origin(selector) => select_by_origin(config, selector),
        ProfileSelector::Default => {
            let default = config.default.as_ref().and_then(|name| profiles.get(name));
            match (default, profiles.len()) {
                (Some(profile), _) => Ok(Arc::clone(profile)),
                (None, 0 | 1) => profiles.values().next().cloned().ok_or_else(failure::no_profile),
                (None, _) => Err(failure::no_default(&names(profiles.values()))),
            }
        }
    }
}

fn select_by_url(config: &Config, url: &RequestUrl) -> Result<Arc<Profile>, Failure> {
    let matching: Vec<_> = config.profiles.values().filter(|profile| profile.answers_for(url)).collect();
    match matching.as_slice() {
        [] => Err(failure::unknown_url(url)),
        [profile] => Ok(Arc::clone(profile)),
        several => Err(failure::ambiguous_url(url, &names(several.iter().copied()))),
    }
}

/// A program that asks for an origin cannot be asked which profile it wants: the preferred one is taken, or the default.
fn select_by_origin(config: &Config, selector: &OriginSelector) -> Result<Arc<Profile>, Failure> {
    let url = &RequestUrl::parse(&selector.url, true).map_err(failure::request_url)?;
    let is_wanted = |profile: &&Arc<Profile>| {
        profile.answers_for(url) && selector.profile.as_ref().is_none_or(|name| *name == profile.name)
    };
    let answering: Vec<_> = config.profiles.values().filter(is_wanted).collect();
    let is_meant =
        |profile: &&Arc<Profile>| selector.username.as_ref().is_none_or(|name| profile.matches_name(name));
    let mut matching: Vec<_> = answering.iter().copied().filter(is_meant).collect();
    if matching.is_empty() && !answering.is_empty() {
        if selector.username.as_deref() != Some(ANY_USER) {
            return Err(failure::unknown_user(url));
        }
        matching = answering;
    }
    let named = |name: &Option<ProfileName>| matching.iter().find(|p| name.as_ref() == Some(&p.name));
    match matching.as_slice() {
        [] => Err(failure::unknown_url(url)),
        [profile] => Ok(Arc::clone(profile)),
        several => match named(&selector.preferred).or_else(|| named(&config.default)) {
            Some(profile) => Ok(Arc::clone(profile)),
            None => Err(failure::ambiguous_origin(url, &names(several.iter().copied()))),
        },
    }
}

/// Their names, as many as fit into a message.
fn names<'p>(profiles: impl Iterator<Item = &'p Arc<Profile>>) -> String {
    const MAX_NAMES: usize = 10;
    let names: Vec<_> = profiles.map(|profile| profile.name.as_str()).collect();
    match names.len().checked_sub(MAX_NAMES) {
        Some(more) if more > 0 => format!("{} and {more} others", names[..MAX_NAMES].join(", ")),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::ErrorCode;

    use super::*;

    const CONFIG: &str = r#"
        [profile.one]
        url = "https://api.example"
        client_id = "key-1"
        also_for = ["https://gateway.example:8443"]
        [profile.two]
        url = "https://api.example"
        client_id = "key-2"
        [profile.other]
        url = "https://other.example"
        kind = "user"
        username = "jo@example.com"
    "#;

    fn name(text: &str) -> ProfileName {
        ProfileName::parse(text).unwrap()
    }

    fn for_origin(url: &str) -> OriginSelector {
        OriginSelector { url: url.to_owned(), profile: None, username: None, preferred: None }
    }

    /// The name of the profile that is chosen, or why none is.
    fn chosen(config: &str, selector: OriginSelector) -> String {
        let config = Config::parse(config).unwrap();
        match select(&config, &ProfileSelector::Origin(selector)) {
            Ok(profile) => profile.name.to_string(),
            Err(failure) => match failure.code {
                ErrorCode::UNKNOWN_URL => "unknown".to_owned(),
                ErrorCode::UNKNOWN_PROFILE => "unknown user".to_owned(),
                ErrorCode::AMBIGUOUS_PROFILE => failure.message.rsplit_once(": ").unwrap().1.to_owned(),
                ErrorCode::INVALID_URL => "no origin".to_owned(),
                _ => panic!("{failure:?}"),
            },
        }
    }

    #[test]
    fn an_origin_is_answered_by_the_profile_that_has_exactly_it() {
        for (url, expected) in [
            ("https://other.example", "other"),
            ("https://OTHER.example:443", "other"),
            ("https://gateway.example:8443", "one"),
            ("https://gateway.example", "unknown"),
            ("http://other.example", "no origin"),
            ("https://other.example.evil.net", "unknown"),
            ("https://other.example.", "no origin"),
            ("https://other.example/path", "no origin"),
            ("https://api.example", "one, two"),
        ] {
            assert_eq!(chosen(CONFIG, for_origin(url)), expected, "{url}");
        }
    }

    #[test]
    fn among_several_a_name_or_an_id_tells_which() {
        let called = |username: &str| {
            let username = Some(username.to_owned());
            chosen(CONFIG, OriginSelector { username, ..for_origin("https://api.example") })
        };
        assert_eq!(["two", "key-1", "other", ""].map(called), ["two", "one", "unknown user", "unknown user"]);
        let profile = Some(name("two"));
        assert_eq!(chosen(CONFIG, OriginSelector { profile, ..for_origin("https://api.example") }), "two");
        let both = OriginSelector {
            profile: Some(name("two")),
            username: Some("key-1".to_owned()),
            ..for_origin("https://api.example")
        };
        assert_eq!(chosen(CONFIG, both), "unknown user");
    }

    #[test]
    fn the_user_git_is_whoever_answers_unless_a_profile_is_called_so() {
        let of_git = |config: &str, url: &str| {
            chosen(config, OriginSelector { username: Some("git".to_owned()), ..for_origin(url) })
        };
        assert_eq!(of_git(CONFIG, "https://other.example"), "other");
        assert_eq!(of_git(CONFIG, "https://api.example"), "one, two");
        assert_eq!(of_git(CONFIG, "https://unknown.example"), "unknown");
        let called_so = CONFIG.replace("profile.two", "profile.git");
        assert_eq!(of_git(&called_so, "https://api.example"), "git");
    }

    #[test]
    fn among_several_the_preferred_one_is_taken_before_the_default() {
        let with_default = format!("default = \"one\"\n{CONFIG}");
        assert_eq!(chosen(&with_default, for_origin("https://api.example")), "one");
        let preferred = Some(name("two"));
        let preferring = OriginSelector { preferred, ..for_origin("https://api.example") };
        assert_eq!(chosen(&with_default, preferring), "two");
        let preferred = Some(name("other"));
        let elsewhere = OriginSelector { preferred, ..for_origin("https://api.example") };
        assert_eq!(chosen(CONFIG, elsewhere), "one, two");
    }
}
