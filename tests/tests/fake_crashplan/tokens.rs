//! Promises about the life and death of tokens and what replies say of it. Nothing waits for time to pass.

use std::collections::HashSet;
use std::time::Duration;

use crate::curl::{Curl, ID, SECRET, stage};

fn new_token(curl: &Curl) -> String {
    curl.token(ID, SECRET).field("access_token")
}

#[test]
fn a_token_that_has_outlived_its_life_is_refused() {
    let Some((server, curl)) = stage() else { return };
    let living = new_token(&curl);
    server.set_life(Duration::ZERO);
    let dead = new_token(&curl);
    assert_eq!((curl.users(&living).status, curl.users(&dead).status), (200, 401));
    assert_eq!(server.refused_bearers(), 1);
}

#[test]
fn the_reply_tells_the_true_life_unless_told_otherwise() {
    let Some((server, curl)) = stage() else { return };
    let tail = || {
        let body = String::from_utf8(curl.token(ID, SECRET).body).expect("text");
        body.split_once(r#""token_type":"bearer""#).expect("a token type").1.to_owned()
    };
    server.set_life(Duration::from_secs(7));
    assert_eq!(tail(), r#","expires_in":7}"#);
    for json in ["0", "-1", "1e308", r#""3600""#, "null", "18446744073709551616", "[[["] {
        server.set_expires_in(Some(json));
        assert_eq!(tail(), format!(r#","expires_in":{json}}}"#));
    }
    server.set_expires_in(None);
    assert_eq!(tail(), "}");
    server.tell_true_life();
    assert_eq!(tail(), r#","expires_in":7}"#);
}

#[test]
fn what_is_said_of_the_life_does_not_change_it() {
    let Some((server, curl)) = stage() else { return };
    server.set_expires_in(Some("0"));
    assert_eq!(curl.users(&new_token(&curl)).status, 200);
    server.set_life(Duration::ZERO);
    server.set_expires_in(Some("3600"));
    assert_eq!(curl.users(&new_token(&curl)).status, 401);
}

#[test]
fn a_revoked_token_is_refused_and_others_live_on() {
    let Some((server, curl)) = stage() else { return };
    let (one, other) = (new_token(&curl), new_token(&curl));
    server.revoke(&one);
    assert_eq!((curl.users(&one).status, curl.users(&other).status), (401, 200));
    server.revoke_all();
    assert_eq!(curl.users(&other).status, 401);
}

#[test]
fn tokens_are_unique_and_independent_until_only_one_may_live() {
    let Some((server, curl)) = stage() else { return };
    let tokens: Vec<_> = (0..5).map(|_| new_token(&curl)).collect();
    assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), 5);
    assert!(tokens.iter().all(|token| curl.users(token).status == 200));
    server.one_token_at_a_time(true);
    let last = new_token(&curl);
    assert!(tokens.iter().all(|token| curl.users(token).status == 401));
    assert_eq!(curl.users(&last).status, 200);
}

#[test]
fn a_reset_refuses_the_old_secret_and_spares_tokens_unless_told_otherwise() {
    let Some((server, curl)) = stage() else { return };
    let token = new_token(&curl);
    server.reset_secret(ID, "second");
    assert_eq!((curl.token(ID, SECRET).status, curl.token(ID, "second").status), (401, 200));
    assert_eq!(curl.users(&token).status, 200);
    server.reset_kills_tokens(true);
    server.reset_secret(ID, "third");
    assert_eq!(curl.users(&token).status, 401);
}

#[test]
fn deleting_a_client_ends_its_tokens_and_nobody_elses() {
    let Some((server, curl)) = stage() else { return };
    server.add_client("key-other", "other");
    let (mine, others) = (new_token(&curl), curl.token("key-other", "other").field("access_token"));
    server.delete_client(ID);
    assert_eq!(curl.token(ID, SECRET).status, 401);
    assert_eq!((curl.users(&mine).status, curl.users(&others).status), (401, 200));
}

#[test]
fn a_prepared_token_is_issued_once_and_is_as_good_as_any() {
    let Some((server, curl)) = stage() else { return };
    server.issue_next("chosen.by~the+test/==");
    assert_eq!(new_token(&curl), "chosen.by~the+test/==");
    assert_eq!(curl.users("chosen.by~the+test/==").status, 200);
    assert!(new_token(&curl).starts_with("eyJjdHkiO"));
}
