//! Owns the tables and properties of the request URL's grammar.

use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<String, RequestUrlError> {
    RequestUrl::parse(text, false).map(|url| url.to_string())
}

#[test]
fn an_origin_is_taken_and_levelled() {
    for (text, origin) in [
        ("https://console.us2.crashplan.com", "https://console.us2.crashplan.com"),
        ("https://console.us2.crashplan.com/", "https://console.us2.crashplan.com"),
        ("HTTPS://Console.US2.CrashPlan.com:443/", "https://console.us2.crashplan.com"),
        ("https://crashplan.example:4285", "https://crashplan.example:4285"),
        ("https://10.0.0.7:80", "https://10.0.0.7:80"),
        ("https://[fe80::1]:8443", "https://[fe80::1]:8443"),
        ("https://localhost", "https://localhost"),
        ("https://xn--nxasmq6b.example", "https://xn--nxasmq6b.example"),
    ] {
        assert_eq!(parse(text).as_deref(), Ok(origin), "{text}");
    }
}

#[test]
fn what_is_no_origin_is_refused_by_its_first_fault() {
    use RequestUrlError as E;
    for (text, fault) in [
        ("", E::NotAUrl),
        ("console.us2.crashplan.com", E::NotAUrl),
        ("https:console.us2.crashplan.com", E::NotAUrl),
        ("ftp://h", E::NotHttps),
        ("file:///etc/passwd", E::NotHttps),
        ("://h", E::NotHttps),
        ("https://user@h", E::UserInfo),
        ("https://user:password@h/", E::UserInfo),
        ("https://h/api", E::Path),
        ("https://h//", E::Path),
        ("https://h/.", E::Path),
        ("https://h?x=1", E::QueryOrFragment),
        ("https://h/?", E::QueryOrFragment),
        ("https://h/#a", E::QueryOrFragment),
        ("https://", E::Host),
        ("https://:443", E::Host),
        ("https://h:0", E::Port),
        ("https://h:65536", E::Port),
        ("https://h:", E::Port),
        ("https://h:0443", E::Port),
        ("https://h:+443", E::Port),
        ("https://h:4x", E::Port),
        ("https://a b", E::OddCharacter),
        (" https://h", E::OddCharacter),
        ("https://h\n", E::OddCharacter),
    ] {
        assert_eq!(parse(text).err(), Some(fault), "{text:?}");
    }
}

#[test]
fn h03_look_alikes_are_refused() {
    for text in [
        "https://console.us2.crashplan.com.",
        "https://console.us2.crashplan.com\0.evil.example",
        "https://console.us2.crashplan.com%2eevil.example",
        "https://console.us2.crashplan.com%00.evil.example",
        "https://console.us2.crashplan.com\\@evil.example",
        "https://console.us2.crashplan.com@evil.example",
        "https://console.us2.crashplan.com\t.evil.example",
        "https://cоnsole.us2.crashplan.com",
        "https://console。us2.crashplan.com",
        "https://console..crashplan.com",
        "https://.crashplan.com",
        "https:/\\evil.example",
        "https:///evil.example",
        "https://2130706433",
        "https://0x7f.1",
        "https://127.1",
        "https://0177.0.0.1",
        "https://[0:0:0:0:0:0:0:1]",
        "https://[::1%25lo]",
        "https://a*b.example",
        "https://a;b",
        "https://a,b",
    ] {
        assert!(parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn g06_http_needs_both_the_permission_and_a_loopback_address() {
    for text in ["http://localhost:8080", "http://127.0.0.1", "http://127.9.9.9:81", "http://[::1]:8080"] {
        assert!(RequestUrl::parse(text, true).is_ok(), "{text}");
        assert_eq!(parse(text).err(), Some(RequestUrlError::HttpNotAllowed), "{text}");
    }
    for text in [
        "http://console.us2.crashplan.com",
        "http://10.0.0.1",
        "http://localhost.evil.example",
        "http://0.0.0.0",
    ] {
        assert_eq!(RequestUrl::parse(text, true).err(), Some(RequestUrlError::HttpBeyondLoopback), "{text}");
    }
}

#[test]
fn a_default_port_belongs_to_its_own_scheme_only() {
    let http = RequestUrl::parse("http://localhost:80/", true).unwrap();
    assert_eq!(http.as_str(), "http://localhost");
    assert_eq!(parse("https://localhost:80").as_deref(), Ok("https://localhost:80"));
}

#[test]
fn an_endpoint_is_the_origin_and_the_path() {
    let url = RequestUrl::parse("https://h:1/", false).unwrap();
    assert_eq!(url.endpoint("/api?x=1"), "https://h:1/api?x=1");
}

proptest! {
    #[test]
    fn what_is_taken_has_exactly_the_shape_of_an_origin(text in "https?://[a-zA-Z0-9.:/@?#%\\\\\\[\\]_-]{0,30}") {
        if let Ok(url) = RequestUrl::parse(&text, true) {
            let (scheme, rest) = url.as_str().split_once("://").unwrap();
            prop_assert!(scheme == "https" || scheme == "http");
            prop_assert!(!rest.contains(['/', '@', '?', '#', '%', '\\']));
            prop_assert!(text.to_ascii_lowercase().starts_with(url.as_str()));
            prop_assert_eq!(RequestUrl::parse(url.as_str(), true).unwrap(), url);
        }
    }

    #[test]
    fn no_text_makes_the_grammar_fall_over(text in ".{0,60}") {
        let _ = RequestUrl::parse(&text, true);
    }

    #[test]
    fn ordinary_hosts_and_ports_are_taken(host in "[a-z0-9]{1,12}\\.[a-z]{2,6}", port in 1_u16..) {
        let url = RequestUrl::parse(&format!("https://{host}:{port}"), false).unwrap();
        let shown = if port == 443 { format!("https://{host}") } else { format!("https://{host}:{port}") };
        prop_assert_eq!(url.as_str(), shown);
    }

    #[test]
    fn no_refusal_repeats_what_was_written(text in "\\PC{0,20}\u{1b}\\PC{0,20}") {
        let refusal = RequestUrl::parse(&text, false).unwrap_err().to_string();
        prop_assert!(refusal.bytes().all(|byte| (0x20..=0x7e).contains(&byte)));
    }
}
