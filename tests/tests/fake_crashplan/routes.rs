//! Promises about routes, methods, accounts and refusals. Nothing about faults.

use cp_token_tests::fake_crashplan::{Asked, Credential, Outcome};

use crate::curl::{ID, SECRET, stage};

#[test]
fn a_client_gets_the_documented_reply_and_the_api_takes_its_token() {
    let Some((server, curl)) = stage() else { return };
    let reply = curl.token(ID, SECRET);
    let token = reply.field("access_token");
    let documented = format!(r#"{{"access_token":"{token}","token_type":"bearer","expires_in":900}}"#);
    assert_eq!((reply.status, reply.body), (200, documented.into_bytes()));
    assert_eq!(curl.users(&token).status, 200);
    assert_eq!(server.issued(), [token]);
    assert_eq!((server.token_requests(), server.api_requests(), server.refused_bearers()), (1, 1, 0));
}

#[test]
fn a_wrong_secret_or_an_unknown_client_is_invalid_client() {
    let Some((server, curl)) = stage() else { return };
    for (id, secret) in [(ID, "wrong"), ("key-unknown", SECRET)] {
        let reply = curl.token(id, secret);
        assert_eq!((reply.status, reply.field("error")), (401, "invalid_client".to_owned()));
    }
    let presented: Vec<_> = server.entries().into_iter().map(|entry| entry.credential).collect();
    let wrong = |name: &str| Credential::Basic { name: name.into(), right: false };
    assert_eq!(presented, [wrong(ID), wrong("key-unknown")]);
    assert!(server.issued().is_empty());
}

#[test]
fn method_grant_and_path_must_be_the_documented_ones() {
    let Some((_server, curl)) = stage() else { return };
    let ask = |method: &str, path: &str| {
        let pair = format!("{ID}:{SECRET}");
        let arguments = ["-X", method, "-u", &pair, &curl.address(path)].map(str::to_owned);
        curl.run(&arguments).status
    };
    assert_eq!(ask("POST", "/api/v3/oauth/token?grant_type=client_credentials"), 200);
    assert_eq!(ask("GET", "/api/v3/oauth/token?grant_type=client_credentials"), 405);
    assert_eq!(ask("POST", "/api/v3/oauth/token?grant_type=password"), 400);
    assert_eq!(ask("POST", "/api/v3/oauth/token"), 400);
    assert_eq!(ask("POST", "/oauth/token?grant_type=client_credentials"), 404);
    assert_eq!(ask("GET", "/api/v3/users"), 401);
}

#[test]
fn a_made_up_token_is_refused_and_counted() {
    let Some((server, curl)) = stage() else { return };
    assert_eq!(curl.users("eyJjdHkiO.made.up").status, 401);
    assert_eq!((server.api_requests(), server.refused_bearers()), (1, 1));
}

#[test]
fn the_ledger_keeps_the_whole_request_and_its_outcome() {
    let Some((server, curl)) = stage() else { return };
    curl.token(ID, SECRET);
    curl.run(&[
        "-d".into(),
        "a=b".into(),
        "-H".into(),
        "Accept: */*".into(),
        curl.address("/api/v1/thing?x=1&Y=2"),
    ]);
    let entries = server.entries();
    assert_eq!((entries[0].number, entries[1].number), (1, 2));
    assert!(entries[0].arrived <= entries[1].arrived);
    assert_eq!((entries[0].asked, entries[1].asked), (Asked::Token, Asked::Api));
    assert!(entries[0].accepts_json() && !entries[1].accepts_json());
    assert_eq!(entries[0].credential, Credential::Basic { name: ID.into(), right: true });
    assert_eq!(entries[0].request.header("authorization"), Some("Basic a2V5LTEyMzQ6Y29ycmVjdC1ob3JzZQ=="));
    assert_eq!(entries[0].issued, server.issued().first().cloned());
    let second = &entries[1].request;
    assert_eq!(
        (second.method.as_str(), second.path.as_str(), second.body.as_slice()),
        ("POST", "/api/v1/thing", &b"a=b"[..])
    );
    assert_eq!((second.parameter("y"), entries[1].outcome), (Some("2"), Outcome::Answered(Some(401))));
}

#[test]
fn a_user_logs_in_with_the_code_where_one_is_asked_for() {
    let Some((server, curl)) = stage() else { return };
    server.add_user("ada@example.com", "pass", Some("123456"));
    let login = |code: Option<&str>| {
        let mut arguments = vec!["-u".to_owned(), "ada@example.com:pass".to_owned()];
        arguments.extend(code.into_iter().flat_map(|code| ["-H".to_owned(), format!("totp-auth: {code}")]));
        arguments.push(curl.address("/api/v3/auth/jwt?useBody=True"));
        curl.run(&arguments)
    };
    let missing = login(None);
    assert_eq!(missing.status, 401);
    assert!(String::from_utf8_lossy(&missing.body).contains("TIME_BASED_ONE_TIME_PASSWORD_REQUIRED"));
    assert_eq!(login(Some("654321")).status, 401);
    let body = login(Some("123456")).body;
    let token = server.issued().pop().expect("a token");
    let documented = format!(r#"{{"data":{{"v3_user_token":"{token}"}},"error":null,"warnings":null}}"#);
    assert_eq!(String::from_utf8_lossy(&body), documented);
    assert_eq!(curl.users(&token).status, 200);
}

#[test]
fn basic_of_a_user_opens_every_api_but_the_third() {
    let Some((server, curl)) = stage() else { return };
    server.add_user("ada@example.com", "pass", None);
    let ask = |pair: &str, path: &str| curl.run(&["-u".into(), pair.into(), curl.address(path)]).status;
    assert_eq!(ask("ada@example.com:pass", "/api/v1/User"), 200);
    assert_eq!(ask("ada@example.com:pass", "/api/v3/users"), 401);
    assert_eq!(ask("ada@example.com:wrong", "/api/v1/User"), 401);
    assert_eq!(ask(&format!("{ID}:{SECRET}"), "/api/v1/User"), 401);
}

#[test]
fn an_extra_header_goes_on_every_answer_of_the_servers_own() {
    let Some((server, curl)) = stage() else { return };
    server.add_header("Date", "Thu, 01 Jan 1970 00:00:00 GMT");
    let reply = curl.run(&["-i".into(), curl.address("/api/v3/users")]);
    assert!(String::from_utf8_lossy(&reply.body).contains("\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"));
}
