//! Promises about scripted answers: what reaches the client is what the script says. No product is involved.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use cp_token_tests::fake_crashplan::{Answer, Ending, FakeCrashPlan, Outcome, Setup, Transport};

use crate::curl::{Curl, ID, SECRET, stage};

const TIMEOUT: Duration = Duration::from_secs(30);

#[test]
fn one_shot_answers_come_in_order_then_the_standing_one_then_the_servers_own() {
    let Some((server, curl)) = stage() else { return };
    let status = || curl.token(ID, SECRET).status;
    server.answer_always(Answer::status(503, &[("Retry-After", "7")], "busy"));
    server.answer_next(Answer::json(429, "{}"));
    server.answer_next(Answer::Normally);
    assert_eq!([status(), status(), status(), status()], [429, 200, 503, 503]);
    assert_eq!(curl.users("none").status, 401);
    server.answer_normally();
    assert_eq!(status(), 200);
    let message: Vec<_> = server.entries().iter().map(|entry| entry.status()).collect();
    assert_eq!(message, [Some(429), Some(200), Some(503), Some(503), Some(401), Some(200)]);
    assert_eq!(server.issued().len(), 2);
}

#[test]
fn api_requests_have_a_script_of_their_own() {
    let Some((server, curl)) = stage() else { return };
    let token = curl.token(ID, SECRET).field("access_token");
    server.answer_api_always(Answer::status(403, &[], ""));
    server.answer_api_next(Answer::status(401, &[], ""));
    assert_eq!([curl.users(&token).status, curl.users(&token).status], [401, 403]);
    assert_eq!((server.refused_bearers(), curl.token(ID, SECRET).status), (1, 200));
    server.answer_api_normally();
    assert_eq!(curl.users(&token).status, 200);
}

#[test]
fn g01_a_redirect_leads_a_careless_client_to_the_other_server() {
    let Some((server, curl)) = stage() else { return };
    let other =
        FakeCrashPlan::start_with(Setup { authority: server.authority().clone(), ..Setup::default() });
    server.answer_always(Answer::redirect(307, &format!("{}/api/v3/oauth/token", other.url())));
    assert_eq!((curl.token(ID, SECRET).status, other.connections()), (307, 0));
    let pair = format!("{ID}:{SECRET}");
    let start = curl.address("/api/v3/oauth/token");
    curl.run(&[
        "-L".into(),
        "--location-trusted".into(),
        "-X".into(),
        "POST".into(),
        "-u".into(),
        pair,
        start,
    ]);
    let stolen = other.entries()[0].request.header("Authorization").map(str::to_owned);
    assert_eq!(stolen, server.entries()[0].request.header("Authorization").map(str::to_owned));
}

#[test]
fn a_stalled_request_stays_open_until_the_client_leaves() {
    let Some((server, curl)) = stage() else { return };
    server.answer_next(Answer::Stall);
    let mut child = curl.spawn_token(ID, SECRET);
    assert!(server.wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    assert_eq!(server.entries()[0].outcome, Outcome::Open);
    child.kill().expect("end curl");
    child.wait().expect("wait for curl");
    assert!(server.wait_for(TIMEOUT, |ledger| ledger.entries()[0].outcome == Outcome::Abandoned));
    assert_eq!((server.in_flight(), server.max_in_flight()), (0, 1));
}

#[test]
fn a_trickled_answer_arrives_whole_and_a_client_may_leave_it() {
    let Some((server, curl)) = stage() else { return };
    server.answer_next(Answer::json(200, r#"{"slow":"yes"}"#).trickled(Duration::from_millis(1)));
    assert_eq!(curl.token(ID, SECRET).field("slow"), "yes");
    server.answer_next(Answer::json(200, "{}").trickled(Duration::from_secs(3600)));
    let mut child = curl.spawn_token(ID, SECRET);
    assert!(server.wait_for(TIMEOUT, |ledger| ledger.in_flight() == 1));
    child.kill().expect("end curl");
    child.wait().expect("wait for curl");
    assert!(server.wait_for(TIMEOUT, |ledger| ledger.in_flight() == 0));
    let outcomes: Vec<_> = server.entries().iter().map(|entry| entry.outcome).collect();
    assert_eq!(outcomes, [Outcome::Answered(Some(200)), Outcome::Abandoned]);
}

#[test]
fn g16_a_connection_can_end_before_or_within_the_answer_and_by_rst() {
    const EMPTY_REPLY: i32 = 52;
    const PARTIAL_FILE: i32 = 18;
    const RECEIVE_ERROR: i32 = 56;
    let Some((server, curl)) = stage() else { return };
    for (answer, exits) in [
        (Answer::dropped(Ending::Close), [EMPTY_REPLY, EMPTY_REPLY]),
        (Answer::dropped(Ending::Reset), [RECEIVE_ERROR, EMPTY_REPLY]),
        (Answer::cut_body(Ending::Close), [PARTIAL_FILE, PARTIAL_FILE]),
        (Answer::cut_body(Ending::Reset), [RECEIVE_ERROR, PARTIAL_FILE]),
        (Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), [0, 0]),
    ] {
        server.answer_next(answer.clone());
        let exit = curl.token(ID, SECRET).exit.expect("curl ends by itself");
        assert!(exits.contains(&exit), "{answer:?} made curl end with {exit}");
    }
}

#[test]
fn g07_g09_endless_answers_outlast_any_patience_and_end_with_the_client() {
    let server = FakeCrashPlan::start_with(Setup { transport: Transport::Plain, ..Setup::default() });
    for answer in [Answer::endless_body(), Answer::endless_headers(), Answer::endless_interim()] {
        server.answer_next(answer);
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).expect("connect");
        stream.write_all(b"POST /api/v3/oauth/token HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("ask");
        let mut start = vec![0; 4 << 20];
        stream.read_exact(&mut start).expect("four mebibytes");
        assert!(start.starts_with(b"HTTP/1.1 "));
        assert_eq!(server.in_flight(), 1);
        drop(stream);
        assert!(server.wait_for(TIMEOUT, |ledger| ledger.in_flight() == 0));
    }
    assert!(server.entries().iter().all(|entry| entry.outcome == Outcome::Abandoned));
}

#[test]
fn g07_a_gzip_bomb_goes_off_only_where_it_is_unpacked() {
    const TEN_MIB: usize = 10 << 20;
    let Some((server, curl)) = stage() else { return };
    server.answer_always(Answer::gzip_bomb(TEN_MIB));
    assert!(curl.token(ID, SECRET).body.len() < TEN_MIB / 100);
    let unpacked = bomb_unpacked_by(&curl);
    assert!((TEN_MIB..TEN_MIB + 258).contains(&unpacked.len()));
    assert!(unpacked.iter().all(|byte| *byte == 0));
}

fn bomb_unpacked_by(curl: &Curl) -> Vec<u8> {
    let reply =
        curl.run(&["--compressed".into(), "-X".into(), "POST".into(), curl.address("/api/v3/oauth/token")]);
    assert_eq!(reply.exit, Some(0));
    reply.body
}

#[test]
fn garbage_instead_of_http_is_neither_answered_nor_fatal() {
    let server = FakeCrashPlan::start_with(Setup { transport: Transport::Plain, ..Setup::default() });
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).expect("connect");
    stream.write_all(b"\x16\x03\x01\r\n\r\n").expect("send garbage");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server closes");
    assert_eq!((answer.len(), server.connections(), server.entries().len()), (0, 1, 0));
    let Some(curl) = Curl::to(&server) else { return };
    assert_eq!(curl.run(&[curl.address("/")]).status, 404);
}
