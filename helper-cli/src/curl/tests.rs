//! Owns the proof of curl's grammar as it is read here, of what is refused, and of the command that comes of it.

use zeroize::Zeroizing;

use super::*;
use crate::run::program::Argument;

fn words(line: &str) -> Vec<Vec<u8>> {
    line.split_whitespace().map(|word| word.as_bytes().to_vec()).collect()
}

fn read(line: &str) -> Result<Vec<Item>, cp_token_protocol::Failure> {
    read_words(&words(line))
}

fn checked(line: &str) -> Result<Analysis, String> {
    let items = read(line).map_err(|failure| failure.message)?;
    check(items.iter()).map_err(|failure| failure.message)
}

/// Names and values, as `name` or `name=value`.
fn described(items: &[Item]) -> Vec<String> {
    let value = |item: &Item| item.value.as_ref().map(|value| format!("={}", String::from_utf8_lossy(value)));
    items.iter().map(|item| format!("{}{}", item.known.name, value(item).unwrap_or_default())).collect()
}

#[test]
fn options_are_read_as_curl_reads_them() {
    for (line, expected) in [
        ("-sSfXPOST /a", vec!["silent", "show-error", "fail", "request=POST", "url=/a"]),
        ("-sXPOST -d@x /a", vec!["silent", "request=POST", "data=@x", "url=/a"]),
        ("-o -s /a", vec!["output=-s", "url=/a"]),
        ("--request --next /a", vec!["request=--next", "url=/a"]),
        ("--url=/a --no-location", vec!["url=/a", "location"]),
        ("--url /a -: -I /b", vec!["url=/a", "next", "head", "url=/b"]),
        ("/a -- -s --next", vec!["url=/a", "url=-s", "url=--next"]),
        ("-HX:y -H X:z /a", vec!["header=X:y", "header=X:z", "url=/a"]),
        ("-h", vec!["help="]),
        ("--help all", vec!["help=all"]),
    ] {
        assert_eq!(
            read(line).map(|items| described(&items)),
            Ok(expected.iter().map(ToString::to_string).collect()),
            "{line}"
        );
    }
}

#[test]
fn what_curl_may_read_in_another_way_is_refused() {
    for line in [
        "--loc /a",
        "--no-request X /a",
        "--silent=x /a",
        "--no-next /a",
        "-W /a",
        "- /a",
        "-:s /a",
        "-X",
        "--url",
        "--no-no-location /a",
        "--expand-url x",
        "--location-",
        "--",
        "--Url /a",
        "-\u{e4} /a",
    ] {
        assert!(checked(line).is_err(), "{line}");
    }
}

#[test]
fn nothing_that_lets_the_token_out_is_taken() {
    for line in [
        "-k /a",
        "--insecure /a",
        "-sk /a",
        "--location-trusted /a",
        "--libcurl x /a",
        "--trace x /a",
        "--trace-ascii - /a",
        "-u a:b /a",
        "--oauth2-bearer x /a",
        "-n /a",
        "--netrc-file x /a",
        "--netrc-optional /a",
        "--anyauth /a",
        "--ntlm /a",
        "--aws-sigv4 x /a",
        "--variable x=y /a",
        "--metalink /a",
        "-1 /a",
        "--tlsv1.0 /a",
        "--tls-max 1.1 /a",
        "--ciphers eNULL /a",
        "--ciphers complementofall /a",
        "-HAuthorization:x /a",
        "-H authorization;x /a",
        "-HHost:b /a",
        "-H:authority:b /a",
        "-v --stderr x /a",
        "--stderr x /a -v",
        "--trace-config all --stderr x /a",
        "--request-target http://b/ /a",
        "-X GET/ /a",
        "https://a.example@b/",
        "--url @urls",
        "/a --next",
        "--next /a",
        "",
        "-s",
    ] {
        assert!(checked(line).is_err(), "{line}");
    }
    for line in [
        "--no-insecure /a",
        "--no-location-trusted /a",
        "--tls-max 1.3 /a",
        "--ciphers ECDHE+AESGCM /a",
        "-HX-Host:b /a",
        "--stderr x /a",
        "-v /a",
        "--request-target /b /a",
        "-X PATCH /a",
        "--tlsv1.2 /a",
        "-HX-Authorization:y /a",
    ] {
        assert!(checked(line).is_ok(), "{line}: {:?}", checked(line));
    }
    for value in ["X: y\r\nHost: b", "X: y\nAuthorization: z"] {
        let words = [b"-H".to_vec(), value.as_bytes().to_vec(), b"/a".to_vec()];
        assert!(check(read_words(&words).unwrap().iter()).is_err(), "{value:?}");
    }
}

#[test]
fn a_refusal_repeats_no_value() {
    for line in [
        "-uhunter2:hunter2 /a",
        "--hunter2=hunter2 /a",
        "-HAuthorization:hunter2 /a",
        "https://hunter2@a.example",
    ] {
        let message = checked(line).unwrap_err();
        assert!(!message.replace("--hunter2", "").contains("hunter2"), "{message}");
    }
}

#[test]
fn facts_cover_the_whole_command() {
    let facts =
        checked("-v /api/v3/x https://a.example/ -L --next https://A.example:444/y -x p https://a.example/z")
            .unwrap();
    assert_eq!(facts.origins, ["https://a.example", "https://A.example:444"]);
    assert_eq!((facts.is_verbose, facts.follows, facts.route, facts.urls), (true, true, Some("proxy"), 4));
    assert!(
        facts.is_v3 && !facts.is_plain_http("https://a.example") && facts.is_plain_http("http://localhost:1")
    );
}

#[test]
fn a_config_file_is_read_as_curl_reads_it() {
    let text = b"# comment\n\n  url = \"/a\\\"b\\\\\\t\" # more\nrequest: POST\r\n--header \"X: y\"\n-sS\n-o out\nno-verbose\nuser-agent x\n-XPUT\n";
    let expected = [
        "url=/a\"b\\\t",
        "request=POST",
        "header=X: y",
        "silent",
        "show-error",
        "output=out",
        "verbose",
        "user-agent=x",
        "request=PUT",
    ];
    assert_eq!(read_config(text).map(|items| described(&items)), Ok(expected.map(str::to_owned).to_vec()));
    for bad in [
        "url = a b",
        "url = \"a",
        "url",
        "silent = x",
        "/comment",
        "* comment",
        "nonsense = 1",
        "url = \"a\" b",
        "a\0",
    ] {
        assert!(read_config(bad.as_bytes()).is_err(), "{bad:?}");
    }
    let failure = read_config(b"silent\n\nloc\n").unwrap_err();
    assert!(failure.message.starts_with("line 3: there is an option"), "{}", failure.message);
}

fn credential() -> Credential<'static> {
    let header = Zeroizing::new(b"Authorization: Bearer abc".to_vec());
    Credential { base: "https://a.example", header, ca_bundle: Some("/ca.pem") }
}

/// Words as they are, pipes as their content in angle brackets.
fn composed(default: &str, steps: Vec<Step>) -> String {
    let default = read_config(default.as_bytes()).unwrap();
    let tell = |argument: &Argument| match argument {
        Argument::Word(word) => String::from_utf8_lossy(word).into_owned(),
        Argument::Pipe { before, content } => format!("{before}<{}>", String::from_utf8_lossy(content)),
    };
    compose(&default, &steps, &credential()).iter().map(tell).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_group_of_urls_gets_the_header_and_no_word_holds_the_token() {
    let steps = read("-sXPOST /x --next https://a.example/y").unwrap().into_iter().map(Step::Item).collect();
    let opening = "-H @<Authorization: Bearer abc\n> --cacert /ca.pem";
    assert_eq!(
        composed("", steps),
        format!("-q {opening} -s -XPOST https://a.example/x --next {opening} https://a.example/y")
    );
    let config = Step::Config(read_config(b"url /x\nnext\nurl /y").unwrap());
    assert_eq!(
        composed("user-agent = \"x\"", vec![config]),
        format!(
            "-q -K <--user-agent \"x\"\n> {opening} -K <--url \"https://a.example/x\"\n--next\n\
             --header \"Authorization: Bearer abc\"\n--cacert \"/ca.pem\"\n--url \"https://a.example/y\"\n>"
        )
    );
}

#[test]
fn only_what_can_be_done_twice_is_repeated() {
    let traces = |line: &str| {
        let items = read(line).unwrap();
        traces(&check(items.iter()).unwrap(), items.iter()).ok()
    };
    for line in [
        "/a /b",
        "/a --next /b",
        "/{a,b}",
        "/a -O",
        "/a -OJ",
        "/a -C -",
        "/a --no-clobber",
        "/a -o x -o y",
        "/a -d @-",
        "/a -T -",
        "/a -T .",
        "/a -F x=@-",
        "/a -F x=<-;type=y",
        "/a --data-urlencode x@-",
        "/a -b -",
        "/a -w @-",
        "/a --json @-",
        "/a --etag-save x",
    ] {
        assert_eq!(traces(line), None, "{line}");
    }
    let found =
        traces("/a -o x --output-dir y -D z -d @file --data-urlencode a@b -F c=@d;type=e -b jar").unwrap();
    let read = [b"file".to_vec(), b"b".to_vec(), b"d".to_vec(), b"jar".to_vec()];
    assert_eq!(
        (found.output, found.folder, found.head, found.read),
        (Some(b"x".to_vec()), Some(b"y".to_vec()), Some(b"z".to_vec()), read.to_vec())
    );
    assert_eq!(traces("/{a,b} -g -d x@- --data-raw @- -b a=b -o -"), Some(SideEffects::default()));
}
