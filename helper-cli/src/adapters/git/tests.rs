//! Owns the tables and properties of git's protocol: what is asked, what is answered, and what never is.

use proptest::prelude::*;

use super::*;
use crate::adapters::samples;

const TARGET: &str = "protocol=https\nhost=api.example\n";

fn parse(input: &str) -> Result<Description<'_>, Failure> {
    Description::parse(input.as_bytes())
}

fn asked(input: &str) -> Option<Query> {
    query(&parse(input).ok()?)
}

fn answered(more: &str) -> String {
    let input = format!("{more}{TARGET}");
    String::from_utf8(answer(&parse(&input).unwrap(), &samples::bearer()).unwrap()).unwrap()
}

#[test]
fn the_origin_and_the_user_are_taken_as_git_hands_them_over() {
    for (input, origin, username) in [
        ("protocol=https\nhost=api.example\n\n", "https://api.example", None),
        ("host=api.example:8443\nprotocol=https", "https://api.example:8443", None),
        ("protocol=https\nhost=h\nusername=key-1\npath=a/b.git\n", "https://h", Some("key-1")),
        ("protocol=https\nhost=h\nusername=\n", "https://h", None),
        ("protocol=https\nhost=h\nusername=a=b c\n", "https://h", Some("a=b c")),
        ("protocol=http\nhost=localhost:80\n", "http://localhost:80", None),
        ("protocol=https\nhost=h\n\nhost=evil.example\nno line\r\0", "https://h", None),
        ("url=https://h:1/a/b.git\n", "https://h:1", None),
        ("protocol=https\nhost=h\nfrobnicate[]=x\nnew=\n=y\n", "https://h", None),
    ] {
        let query = asked(input).unwrap_or_else(|| panic!("{input:?} asks for nothing"));
        assert_eq!((query.origin.as_str(), query.username.as_deref()), (origin, username), "{input:?}");
    }
}

#[test]
fn h01_h05_h06_what_two_readers_could_read_differently_is_refused_whole() {
    for input in [
        "protocol=https\nhost=h\0.evil.example\n",
        "protocol=https\rhost=h\n",
        "protocol=https\r\nhost=h\r\n\r\n",
        "protocol=https\nhost=h\r\n",
        "protocol=https\nhost=h\nusername=a\rb\n",
        "protocol=https\nhost=h\nnew=a\rb\n",
        "protocol=https\nhost=h\nhost=h\n",
        "protocol=https\nhost=h\nhost=evil.example\n",
        "protocol=https\nprotocol=http\nhost=h\n",
        "protocol=https\nhost=h\nusername=a\nusername=b\n",
        "protocol=https\nhost=h\npath=a\npath=a\n",
        "protocol=https\nhost=h\npassword=a\npassword=a\n",
        "protocol=https\nhost=h\ncredential=a\ncredential=b\n",
        "protocol=https\nhost=h\nauthtype=a\nauthtype=b\n",
        "protocol=https\nhost=h\nurl=https://evil.example\n",
        "url=https://h\nhost=evil.example\n",
        "url=https://h\nusername=a\n",
        "url=https://h\nurl=https://h\n",
        "protocol=https\nhost=h\nno equals sign\n",
        "protocol=https\nhost=h\n \n",
    ] {
        assert!(parse(input).is_err(), "{input:?}");
    }
}

#[test]
fn h02_h04_a_target_that_no_profile_can_have_is_none() {
    for input in [
        "",
        "\n",
        "\nprotocol=https\nhost=h\n",
        "protocol=https\n",
        "host=h\n",
        "protocol=\nhost=h\n",
        "protocol=https\nhost=\n",
        "protocol=https\npath=a\n",
        "protocol=cert\nhost=\npath=/key.pem\n",
        "protocol=ssh\nhost=h\n",
        "protocol=https \nhost=h\n",
        "protocol=https\nhost= h\n",
        "protocol=https\nhost=h/path\n",
        "protocol=https\nhost=u@h\n",
        "protocol=https\nhost=h%2eexample\n",
        "protocol=https\nhost=h\\@evil.example\n",
        "protocol=https\nhost=h?x\n",
        "protocol=https\nhost=h#x\n",
        "protocol=https\nhost=hé\n",
        "PROTOCOL=https\nHOST=h\n",
        "protocol=https\nhost[]=h\n",
        "url=\n",
        "url=h\n",
        "url=https://@h\n",
        "url=https://u@v@h\n",
        "url=https://u%40v@h\n",
        "url=https://u:p@h\n",
        "url=https://h%0ahost=evil\n",
    ] {
        assert_eq!(asked(input), None, "{input:?}");
    }
    let of_user =
        Query { origin: "https://h".to_owned(), username: Some("u".to_owned()), accepts_basic: true };
    assert_eq!(asked("url=https://u@h\n"), Some(of_user));
    assert_eq!(query(&Description::parse(b"protocol=https\nhost=h\nusername=\xff\n").unwrap()), None);
}

#[test]
fn bearer_is_for_whoever_can_send_it_to_a_server_that_does_not_want_basic_alone() {
    let token = samples::TOKEN;
    let bearer = format!(
        "capability[]=authtype\nauthtype=Bearer\ncredential={token}\nephemeral=1\npassword_expiry_utc=1800000000\n"
    );
    for more in [
        "capability[]=authtype\n",
        "capability[]=authtype\nwwwauth[]=Bearer realm=\"x\"\n",
        "capability[]=authtype\nwwwauth[]=Basic realm=\"x\"\nwwwauth[]=Bearer\n",
        "capability[]=authtype\nwwwauth[]=Basic\nwwwauth[]=\n",
        "capability[]=state\ncapability[]=\ncapability[]=authtype\n",
        "capability[]=authtype\nusername=key-1\n",
    ] {
        assert_eq!(answered(more), bearer, "{more:?}");
    }
    let state = answered("capability[]=authtype\ncapability[]=state\nstate[]=other:1\n");
    assert!(state.starts_with("capability[]=authtype\ncapability[]=state\nauthtype=Bearer\n"), "{state}");
    assert!(state.ends_with("\nstate[]=cp-token:prod\n"), "{state}");
}

#[test]
fn others_get_a_user_name_and_the_token_as_password() {
    let token = samples::TOKEN;
    let pair = |name: &str| format!("username={name}\npassword={token}\npassword_expiry_utc=1800000000\n");
    for (more, name) in [
        ("", "prod"),
        ("username=key-1\n", "key-1"),
        ("username=\n", "prod"),
        ("wwwauth[]=Bearer\n", "prod"),
        ("capability[]=frobnicate\n", "prod"),
        ("capability[]=authtype\ncapability[]=\n", "prod"),
    ] {
        assert_eq!(answered(more), pair(name), "{more:?}");
    }
    let ephemeral = format!(
        "capability[]=authtype\nusername=prod\npassword={token}\nephemeral=1\npassword_expiry_utc=1800000000\n"
    );
    assert_eq!(answered("capability[]=authtype\nwwwauth[]=Basic realm=\"x\"\n"), ephemeral);
}

#[test]
fn kind_basic_is_for_servers_that_take_it_and_never_for_the_third_api() {
    let accepts = |more: &str| asked(&format!("{TARGET}{more}")).unwrap().accepts_basic;
    for more in ["", "wwwauth[]=Basic realm=x\n", "wwwauth[]=Bearer\nwwwauth[]=Basic\n", "path=api/v1/User\n"]
    {
        assert!(accepts(more), "{more:?}");
    }
    for more in
        ["wwwauth[]=Bearer\n", "path=api/v3/users\n", "path=/api/v3\n", "wwwauth[]=Basic\npath=x/../api/v3\n"]
    {
        assert!(!accepts(more), "{more:?}");
    }
    let input = format!("{TARGET}capability[]=authtype\nusername=old\n");
    let lines = answer(&parse(&input).unwrap(), &samples::basic("jo@example.com:p:w")).unwrap();
    let expected = "capability[]=authtype\nusername=jo@example.com\npassword=p:w\nephemeral=1\n\
                    password_expiry_utc=1800000000\n";
    assert_eq!(String::from_utf8(lines).unwrap(), expected);
}

#[test]
fn h01_a_password_with_a_line_end_is_not_answered_in_part() {
    for pair in ["jo:p\nw", "jo:p\rw", "jo:p\0w", "j\no:pw"] {
        assert!(answer(&parse(TARGET).unwrap(), &samples::basic(pair)).is_err(), "{pair:?}");
    }
}

#[test]
fn an_erase_reports_the_token_that_git_was_given_and_whose_it_was() {
    let outcome = |more: &str| {
        let input = format!("{TARGET}{more}");
        let description = parse(&input).unwrap();
        let report = report(&description)?;
        Some((report.token.to_vec(), report.profile.map(|name| name.to_string())))
    };
    let of_prod = Some((b"abc".to_vec(), Some("prod".to_owned())));
    let plain = Some((b"abc".to_vec(), None));
    for (more, expected) in [
        ("authtype=Bearer\ncredential=abc\nstate[]=x\nstate[]=cp-token:prod\nstate[]=y:z\n", &of_prod),
        ("authtype=bearer\ncredential=abc\nstate[]=cp-token:\n", &plain),
        ("authtype=bearer\ncredential=abc\nstate[]=cp-token:../x\n", &plain),
        ("authtype=bearer\ncredential=abc\nstate[]=cp-token:prod\nstate[]=\n", &plain),
        ("username=prod\npassword=abc\n", &plain),
        ("authtype=Basic\ncredential=abc\n", &None),
        ("authtype=Basic\ncredential=abc\npassword=def\n", &None),
        ("credential=abc\n", &None),
        ("username=prod\n", &None),
    ] {
        assert_eq!(outcome(more), *expected, "{more:?}");
    }
}

#[test]
fn a_description_is_complete_with_its_empty_line() {
    for input in ["\n", "a=b\n\n", "a=b\n\nc"] {
        assert!(is_complete(input.as_bytes()), "{input:?}");
    }
    for input in ["", "a=b", "a=b\n", "a=b\r\n\r\n"] {
        assert!(!is_complete(input.as_bytes()), "{input:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reading_fall_over(input in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(description) = Description::parse(&input) {
            let _ = (query(&description), report(&description));
        }
    }

    #[test]
    fn whatever_lines_are_answered_the_answer_is_whole_lines_that_git_can_read(
        lines in proptest::collection::vec(
            "(protocol|host|path|username|wwwauth\\[\\]|capability\\[\\]|state\\[\\]|url|password|x)=\
             (https|api\\.example|authtype|state|Basic|Bearer|a b|jo@x|\u{e9}|\r|\0|[ -~]{0,12})",
            0..8
        ),
    ) {
        let input = lines.join("\n");
        if let Ok(description) = Description::parse(input.as_bytes()) {
            prop_assert!(!input.contains(['\r', '\0']));
            let text = answer(&description, &samples::bearer()).unwrap();
            prop_assert!(!text.iter().any(|byte| b"\r\0".contains(byte)));
            let text = String::from_utf8(text).unwrap();
            prop_assert_eq!(text.matches(samples::TOKEN).count(), 1);
            prop_assert!(text.ends_with('\n') && text.lines().all(|line| line.contains('=')));
            let knows = |name: &str| text.contains(&format!("capability[]={name}\n"));
            prop_assert_eq!(knows("authtype"), text.contains("ephemeral=1\n"));
            prop_assert_eq!(knows("state"), text.contains("state[]=cp-token:prod\n"));
            prop_assert!(knows("authtype") || !text.contains("authtype=Bearer"));
        }
    }

    #[test]
    fn a_target_stands_only_for_what_was_written(host in "[a-zA-Z0-9.:@/?#%\\\\\\[\\]_ -]{0,24}", scheme in "https?|ssh") {
        let input = format!("protocol={scheme}\nhost={host}\n");
        if let Some(query) = asked(&input) {
            prop_assert_eq!(query.origin, format!("{scheme}://{host}"));
            prop_assert!(!host.contains(['@', '/', '?', '#', '%', '\\', ' ']));
        }
    }
}
