//! Owns the tables and properties of docker's protocol.

use cp_token_protocol::message::{Identity, SecretSource, TokenState, TotpMethod};
use proptest::prelude::*;

use super::*;
use crate::adapters::samples;

fn origin(input: &str) -> Option<String> {
    match question(input.as_bytes()) {
        DockerQuestion::Server(url, _) => Some(url.origin),
        DockerQuestion::Nothing | DockerQuestion::NotOurs => None,
    }
}

#[test]
fn a_server_is_named_with_or_without_scheme_and_path() {
    for (input, expected) in [
        ("registry.example", "https://registry.example"),
        ("registry.example:5000\n", "https://registry.example:5000"),
        (" https://registry.example/v1/ \r\n", "https://registry.example"),
        ("registry.example/v2/", "https://registry.example"),
        ("http://localhost:5000", "http://localhost:5000"),
        ("[::1]:5000", "https://[::1]:5000"),
    ] {
        assert_eq!(origin(input).as_deref(), Some(expected), "{input:?}");
    }
}

#[test]
fn h03_what_is_no_plain_server_is_foreign_and_nothing_is_nothing() {
    for input in ["", " ", "\n", "\r\n\t "] {
        assert_eq!(question(input.as_bytes()), DockerQuestion::Nothing, "{input:?}");
    }
    for input in [
        "u@registry.example",
        "registry.example@evil.example",
        "registry.example\nevil.example",
        "registry.example\0",
        "registry.example\\evil",
        "registry.example?x",
        "ftp://registry.example",
        "{\"ServerURL\":\"registry.example\"}",
        "réseau.example",
        "\u{a0}registry.example",
        "//registry.example",
        "/registry.example",
    ] {
        assert_eq!(question(input.as_bytes()), DockerQuestion::NotOurs, "{input:?}");
    }
    assert_eq!(question(b"\xff"), DockerQuestion::NotOurs);
}

#[test]
fn the_answer_has_the_servers_name_as_it_came_and_the_token_as_password() {
    let text = String::from_utf8(answer("registry.example:5000", &samples::bearer()).unwrap()).unwrap();
    let expected = format!(
        "{{\"ServerURL\":\"registry.example:5000\",\"Username\":\"prod\",\"Secret\":\"{}\"}}\n",
        samples::TOKEN
    );
    assert_eq!(text, expected);
    let pair = answer("r.example", &samples::basic("jo@example.com:p\"w\\é")).unwrap();
    let pair: serde_json::Value = serde_json::from_slice(&pair).unwrap();
    assert_eq!((&pair["Username"], &pair["Secret"]), (&"jo@example.com".into(), &"p\"w\\é".into()));
}

fn report(name: &str, url: &str, identity: Identity, is_default: bool) -> ProfileReport {
    ProfileReport {
        name: ProfileName::parse(name).unwrap(),
        url: url.to_owned(),
        identity,
        secret_source: SecretSource::Keyring,
        ca_bundle: None,
        insecure_http: false,
        also_for: Vec::new(),
        is_default,
        created: None,
        last_token_at: None,
        token: TokenState::Absent,
        token_life_ms: None,
        totp: TotpMethod::None,
        proxy: None,
        no_proxy: Vec::new(),
        secret: cp_token_protocol::message::SecretState::Usable,
    }
}

#[test]
fn the_list_names_for_each_server_whoever_would_be_taken() {
    let client = || Identity::ApiClient("key-1".to_owned());
    let mut one = report("one", "https://a.example", client(), false);
    one.also_for = vec!["https://gateway.example:8443".to_owned()];
    let two = report("two", "https://a.example", client(), false);
    let jo = report("jo", "https://b.example", Identity::Basic("jo@example.com".to_owned()), false);
    let profiles = [one, two, jo];
    let text = |only: Option<&str>, preferred: Option<&str>| {
        let [only, preferred] =
            [only, preferred].map(|name| name.map(|name| ProfileName::parse(name).unwrap()));
        String::from_utf8(list(&profiles, only.as_ref(), preferred.as_ref()).unwrap()).unwrap()
    };
    let rest = r#""https://b.example":"jo@example.com","https://gateway.example:8443":"one"}"#;
    assert_eq!(text(None, None), format!("{{{rest}\n"));
    assert_eq!(text(None, Some("two")), format!("{{\"https://a.example\":\"two\",{rest}\n"));
    assert_eq!(text(Some("two"), None), "{\"https://a.example\":\"two\"}\n");
    let default =
        [report("x", "https://a.example", client(), true), report("y", "https://a.example", client(), false)];
    assert_eq!(list(&default, None, None).unwrap(), b"{\"https://a.example\":\"x\"}\n");
    assert_eq!(list(&[], None, None).unwrap(), b"{}\n");
}

proptest! {
    #[test]
    fn no_input_makes_the_reading_fall_over(input in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = question(&input);
    }

    #[test]
    fn whatever_is_taken_for_a_server_begins_with_its_origin(name in "[a-z0-9.:@/?#%\\\\\\[\\] ]{0,30}") {
        if let DockerQuestion::Server(url, called) = question(name.as_bytes()) {
            let (whole, with_scheme) = (format!("{}{}", url.origin, url.path), format!("https://{called}"));
            prop_assert!(whole == called || whole == with_scheme);
        }
    }
}
