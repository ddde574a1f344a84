//! Owns the proof that no host but a profile's own is answered for: a million near misses, taken as git's parts and as
//! a whole URL, through the parsing that the adapters use and the choice that the daemon makes. What is right is a list of
//! spellings; it parses nothing.
#![allow(clippy::expect_used, reason = "a test that cannot set the stage has to stop where the stage broke")]

mod near_misses;

use std::collections::HashMap;

use cp_token_protocol::message::{OriginSelector, ProfileSelector};
use cp_token_protocol::{TargetUrl, origin};
use cp_tokend::profile::config::Config;
use cp_tokend::registry::select;

use near_misses::Source;

const HOSTS: usize = 1_000_000;
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

const CONFIG: &str = r#"
    [profile.plain]
    url = "https://api.example.com"
    client_id = "key-1"
    [profile.port]
    url = "https://api.example.com:8443"
    client_id = "key-2"
    also_for = ["https://gateway.example.net"]
    [profile.sub]
    url = "https://sub.api.example.com"
    client_id = "key-3"
    [profile.four]
    url = "https://10.0.0.7"
    client_id = "key-4"
    [profile.six]
    url = "https://[fe80::1]:8443"
    client_id = "key-5"
    [profile.puny]
    url = "https://xn--nxasmq6b.example"
    client_id = "key-6"
    [profile.loop]
    url = "http://localhost:8080"
    client_id = "key-7"
    insecure_http = true
"#;

/// Every way to write an origin that is a profile's, in lower case.
const SPELLINGS: [(&str, &str, &str); 13] = [
    ("https", "api.example.com", "plain"),
    ("https", "api.example.com:443", "plain"),
    ("https", "api.example.com:8443", "port"),
    ("https", "gateway.example.net", "port"),
    ("https", "gateway.example.net:443", "port"),
    ("https", "sub.api.example.com", "sub"),
    ("https", "sub.api.example.com:443", "sub"),
    ("https", "10.0.0.7", "four"),
    ("https", "10.0.0.7:443", "four"),
    ("https", "[fe80::1]:8443", "six"),
    ("https", "xn--nxasmq6b.example", "puny"),
    ("https", "xn--nxasmq6b.example:443", "puny"),
    ("http", "localhost:8080", "loop"),
];

struct KnownOrigins(HashMap<String, &'static str>);

impl KnownOrigins {
    fn new() -> Self {
        let spellings = SPELLINGS.into_iter();
        Self(spellings.map(|(scheme, host, name)| (format!("{scheme}://{host}"), name)).collect())
    }

    /// The profile whose origin this is, letter case aside.
    fn profile_of(&self, scheme: &str, authority: &str) -> Option<&'static str> {
        self.0.get(&format!("{scheme}://{authority}").to_ascii_lowercase()).copied()
    }
}

fn answered(config: &Config, url: String) -> Option<String> {
    let selector = OriginSelector { url, profile: None, username: None, preferred: None };
    let profile = select(config, &ProfileSelector::Origin(selector)).ok()?;
    Some(profile.name.to_string())
}

#[test]
fn h03_of_a_million_hosts_only_those_that_are_a_profiles_own_are_answered_for() {
    let config = Config::parse(CONFIG).expect("a config");
    let (known, mut source) = (KnownOrigins::new(), Source::new(SEED));
    let (mut right, mut wrong) = (0, Vec::new());
    for _ in 0..HOSTS {
        let (scheme, host) = source.next(&SPELLINGS);
        let expected = known.profile_of(&scheme, &host);
        let by_parts = origin(&scheme, &host).and_then(|url| answered(&config, url));
        right += usize::from(by_parts.is_some());
        if by_parts.as_deref() != expected {
            wrong.push(format!("{scheme} {host:?}: {by_parts:?} instead of {expected:?}"));
        }
        // In a URL the host ends before the first slash, and whoever sends the token reads it so, too.
        let written = host.split('/').next().unwrap_or_default();
        let url = TargetUrl::parse(&format!("{scheme}://{host}/a?b=c"));
        let by_url = url.and_then(|url| answered(&config, url.origin));
        if by_url.is_some() && by_url.as_deref() != known.profile_of(&scheme, written) {
            wrong.push(format!("URL of {scheme} {host:?}: {by_url:?}"));
        }
        if by_url.is_none() && expected.is_some() {
            wrong.push(format!("URL of {scheme} {host:?} is answered by nobody instead of {expected:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong, with seed {SEED}, first: {:#?}",
        wrong.len(),
        &wrong[..wrong.len().min(5)]
    );
    assert!(right > HOSTS / 50, "the control: {right} were right and answered for");
    assert!(right < HOSTS / 2, "{right} of {HOSTS} are too many to be near misses");
}

#[test]
fn each_spelling_of_an_origin_is_answered_for() {
    let config = Config::parse(CONFIG).expect("a config");
    for (scheme, host, name) in SPELLINGS {
        for host in [host.to_owned(), host.to_ascii_uppercase()] {
            let url = origin(scheme, &host).expect("an origin");
            assert_eq!(answered(&config, url).as_deref(), Some(name), "{scheme}://{host}");
        }
    }
}
