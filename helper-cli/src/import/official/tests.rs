//! Owns the tests of what is read out of the official CLIs' config files, word for word as those programs write them.

use proptest::prelude::*;

use super::*;

const WRITTEN_BY_CRASHPLANCLI: &str = "[Internal]
default_profile = prod

[prod]
cpg_authority_url = console.us2.crashplan.com
cpg_username = key-79muGw9i424
ignore-ssl-errors = False
api-client-auth = True

[A Person]
cpg_authority_url = https://Console.EU5.cpg.crashplan.com:443/console/#/login
cpg_username = Alex.Doe@example.com
ignore-ssl-errors = True
api-client-auth = False

[begun]
cpg_authority_url = __DEFAULT__
cpg_username = __DEFAULT__
ignore-ssl-errors = False
api-client-auth = False

";

fn read(program: usize, text: &str) -> Vec<OfficialProfile> {
    parse(&PROGRAMS[program], text).expect("a sound file")
}

fn content(text: &str) -> Result<Content, &'static str> {
    read(0, text).remove(0).content
}

#[test]
fn every_profile_that_crashplancli_wrote_is_there_with_its_kind_and_its_flaws() {
    let profiles = read(0, WRITTEN_BY_CRASHPLANCLI);
    assert_eq!(
        profiles.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>(),
        ["prod", "A Person", "begun"]
    );
    let prod = Content {
        origin: "https://console.us2.crashplan.com".into(),
        account: "key-79muGw9i424".into(),
        is_client: true,
        ignores_certificates: false,
    };
    assert_eq!(profiles[0].content, Ok(prod));
    let person = Content {
        origin: "https://console.eu5.cpg.crashplan.com:443".into(),
        account: "Alex.Doe@example.com".into(),
        is_client: false,
        ignores_certificates: true,
    };
    assert_eq!(profiles[1].content, Ok(person));
    assert_eq!(profiles[2].content, Err("it has no URL there"));
    assert_eq!(PROGRAMS[0].service("A Person"), "crashplancli::A Person");
}

#[test]
fn code42cli_has_other_keys_and_old_profiles_without_a_kind_are_users() {
    let text =
        "[Internal]\n[x]\nc42_authority_url = a.example\nc42_username = u\nuse-v2-file-events = True\n";
    let profiles = read(1, text);
    assert!(
        profiles[0].content.as_ref().is_ok_and(|content| !content.is_client && !content.ignores_certificates)
    );
    assert_eq!(read(0, text)[0].content, Err("it has no URL there"));
}

#[test]
fn a_url_is_cut_to_its_origin_and_an_odd_one_is_named_but_not_repeated() {
    for (url, expected) in [
        ("console.us2.crashplan.com", "https://console.us2.crashplan.com"),
        ("https://a.example/", "https://a.example"),
        ("HTTPS://A.example:4285/console?x#y", "https://a.example:4285"),
        ("http://localhost:1", "http://localhost:1"),
        ("localhost:8443", "https://localhost:8443"),
    ] {
        assert_eq!(origin(url), Ok(expected.to_owned()), "{url}");
    }
    for url in
        ["https://", "", "https://a b", "https://u:p@a.example", "u:p@a", "https://ä.example", "a\u{202e}b"]
    {
        assert!(origin(url).is_err(), "{url}");
    }
    assert!(origin(&"a".repeat(MAX_LENGTH)).is_err());
}

#[test]
fn values_are_interpolated_as_those_programs_do_it() {
    let text = "[p]\ncpg_authority_url = a\ncpg_username = 100%%sure\n";
    assert!(content(text).is_ok_and(|content| content.account == "100%sure"));
    for account in ["5%", "%(none)s", "a\n  b", "", "a\x1b[0m"] {
        let text = format!("[p]\ncpg_authority_url = a\ncpg_username = {account}\n");
        assert!(content(&text).is_err(), "{account:?}");
    }
}

#[test]
fn a_broken_file_is_reported_by_its_line() {
    assert_eq!(parse(&PROGRAMS[0], "[p]\nx = 1\n[p]\n"), Err((3, "a section stands there twice")));
}

proptest! {
    #[test]
    fn no_value_makes_it_panic(url in any::<String>(), account in any::<String>()) {
        let _ = origin(&url);
        let _ = parse(&PROGRAMS[0], &format!("[p]\ncpg_authority_url = {url}\ncpg_username = {account}\n"));
    }
}
