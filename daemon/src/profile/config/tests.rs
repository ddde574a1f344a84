//! Owns the tables of the config file: what passes, and where each mistake is placed.
use cp_token_protocol::message::SecretSource;

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
    assert_eq!(prod.secret_source, SecretSource::Keyring);
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
    let table: [(String, usize, usize, &str); 15] = [
        ("default = \n".into(), 1, 11, ""),
        (format!("{profile}colour = 1\n"), 4, 1, "unknown field"),
        (format!("{profile}insecure_http = \"yes\"\n"), 4, 17, "invalid type"),
        ("\ndefault = \"gone\"\n".into(), 2, 11, "no profile"),
        ("\n\n[profile.p]\nurl = \"http://a.example\"\nclient_id = \"k\"\n".into(), 3, 1, "https"),
        ("[profile.p]\nurl = \"https://a.example\"\n".into(), 1, 1, "client_id"),
        (profile.replace("\"k\"", "\"k:1\""), 1, 1, "client ID"),
        (profile.replace("profile.p", "profile.P"), 1, 1, "profile name"),
        (
            format!("{profile}ca_bundle = \"ca.pem\"\n"),
            4,
            13,
            "profile p: ca_bundle must be an absolute path",
        ),
        (format!("{profile}proxy = \"socks5://proxy:1\"\n"), 4, 9, "profile p: only http proxies"),
        (format!("{profile}proxy = \"http://jo:pw@proxy:1\"\n"), 4, 9, "password"),
        (format!("{profile}no_proxy = [\"a b\"]\n"), 4, 12, "profile p: no_proxy is a list"),
        (format!("{profile}no_proxy = \"localhost\"\n"), 4, 12, "invalid type"),
        ("\nproxy = \"https://proxy:1\"\n".into(), 2, 9, "only http proxies"),
        (format!("no_proxy = [\"10.0.0.0/33\"]\n{profile}"), 1, 12, "no_proxy is a list"),
    ];
    for (text, line, column, words) in table {
        let error = Config::parse(&text).expect_err(&text);
        assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
        assert!(error.message.contains(words), "{text}: {error}");
    }
}

/// Proxy, bundle and directly asked hosts of profile `p`.
fn way(text: &str) -> (Option<String>, Option<String>, Vec<String>) {
    let profile = "[profile.p]\nurl = \"https://a.example\"\nclient_id = \"k\"\n";
    let text = text.replace("[profile.p]\n", profile);
    let config = Config::parse(&text).expect(&text);
    let network = &config.profiles[&ProfileName::parse("p").expect("name")].network;
    let bundle = network.ca_bundle.as_deref().map(|path| path.display().to_string());
    (network.proxy.as_ref().map(ToString::to_string), bundle, network.no_proxy.clone())
}

#[test]
fn the_top_of_the_file_holds_for_whoever_says_nothing_else() {
    let top =
        "proxy = \"http://jo@top:1\"\nca_bundle = \"/top.pem\"\nno_proxy = [\"localhost\"]\n[profile.p]\n";
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(way(top), (some("http://jo@top:1"), some("/top.pem"), vec!["localhost".to_owned()]));
    let own = "proxy = \"own:2\"\nca_bundle = \"/own.pem\"\nno_proxy = [\"*\"]\n";
    assert_eq!(way(&format!("{top}{own}")), (some("http://own:2"), some("/own.pem"), vec!["*".to_owned()]));
    let none = "proxy = \"\"\nca_bundle = \"\"\nno_proxy = []\n";
    assert_eq!(way(&format!("{top}{none}")), (None, None, vec![]));
    assert_eq!(way("[profile.p]\n"), (None, None, vec![]));
}

#[test]
fn g11_what_is_repeated_of_the_file_has_no_control_characters() {
    let error = Config::parse("default = \"\\u001b[31mred\\u202e\"\n").expect_err("no such profile");
    assert!(error.message.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{error:?}");
}
