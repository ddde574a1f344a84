//! Owns the tables of the config file: what passes, and where each mistake is placed.
use cp_token_protocol::message::SecretLocation;

use super::*;

const GOOD: &str = r#"
default = "prod"
ca_bundle = "/etc/ca.pem"

[profile.prod]
url = "https://console.us2.crashplan.com"
client_id = "key-1"

[profile."a.b"]
kind = "api-client"
url = "http://127.0.0.1:8080/"
client_id = "key-2"
secret_source = "memory"
insecure_http = true
ca_bundle = "/own.pem"
"#;

#[test]
fn a_file_written_by_hand_is_read_with_its_defaults() {
    let config = Config::parse(GOOD).expect("good");
    let prod = &config.profiles[&ProfileName::parse("prod").expect("name")];
    assert_eq!(config.default.as_ref().map(ProfileName::as_str), Some("prod"));
    assert_eq!(prod.secret_source, SecretLocation::Keyring);
    assert_eq!(prod.network.ca_bundle.as_deref(), Some("/etc/ca.pem".as_ref()));
    let other = &config.profiles[&ProfileName::parse("a.b").expect("name")];
    assert_eq!(other.network.ca_bundle.as_deref(), Some("/own.pem".as_ref()));
    assert_eq!(other.url.as_str(), "http://127.0.0.1:8080");
}

#[test]
fn an_empty_file_is_a_config_without_profiles() {
    assert!(Config::parse("").expect("empty").profiles.is_empty());
}

#[test]
fn each_mistake_is_found_at_its_line_and_column() {
    let profile = "[profile.p]\nurl = \"https://a.example\"\nclient_id = \"k\"\n";
    let table: [(String, usize, usize, &str); 9] = [
        ("default = \n".into(), 1, 11, ""),
        (format!("{profile}colour = 1\n"), 4, 1, "unknown field"),
        (format!("{profile}insecure_http = \"yes\"\n"), 4, 17, "invalid type"),
        ("\ndefault = \"gone\"\n".into(), 2, 11, "no profile"),
        ("\n\n[profile.p]\nurl = \"http://a.example\"\nclient_id = \"k\"\n".into(), 3, 1, "https"),
        ("[profile.p]\nurl = \"https://a.example\"\n".into(), 1, 1, "client_id"),
        (profile.replace("\"k\"", "\"k:1\""), 1, 1, "client ID"),
        (profile.replace("profile.p", "profile.P"), 1, 1, "profile name"),
        (format!("{profile}ca_bundle = \"ca.pem\"\n"), 1, 1, "absolute"),
    ];
    for (text, line, column, words) in table {
        let error = Config::parse(&text).expect_err(&text);
        assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
        assert!(error.message.contains(words), "{text}: {error}");
    }
}

#[test]
fn g11_what_is_repeated_of_the_file_has_no_control_characters() {
    let error = Config::parse("default = \"\\u001b[31mred\\u202e\"\n").expect_err("no such profile");
    assert!(error.message.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{error:?}");
}
