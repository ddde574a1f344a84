//! Owns the promises about who is on the other end: a stranger gets not one byte, and what is not our daemon is
//! named and left alone.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write;
use std::os::unix::net::UnixListener;

use cp_token_protocol::message::Response;
use cp_token_protocol::{BODY_LIMIT, VersionRange, encode_response, encode_version_range};
use support::daemon::{drain, receive, saying, serving, token_response};
use support::unix::{SOMEBODY_ELSE, disown, is_root};
use support::{TOKEN, TestDir, run, run_with_input, skipped};

#[test]
fn a10_a_stranger_who_listens_in_our_place_gets_not_one_byte() {
    if !is_root() {
        return skipped("only root can make a socket of somebody else's");
    }
    for somebody_else in [true, false] {
        let place = TestDir::new();
        let listener = UnixListener::bind(place.socket()).unwrap();
        if somebody_else {
            disown(&listener);
        }
        let stranger = std::thread::spawn(move || drain(&mut listener.accept().unwrap().0));
        let outcome = run_with_input(&mut place.helper(&["--rejected", "--timeout", "1s"]), TOKEN.as_bytes());
        if somebody_else {
            outcome.fails_with(76, &["not our daemon", "1234"]);
            assert_eq!(stranger.join().unwrap(), b"");
        } else {
            // The control: our own listener is given the request, so the silence above is no accident.
            assert_eq!(outcome.exit, Some(75));
            assert!(stranger.join().unwrap().windows(TOKEN.len()).any(|bytes| bytes == TOKEN.as_bytes()));
        }
    }
}

#[test]
fn a08_a_folder_of_somebody_else_is_refused_and_nothing_is_made_in_it() {
    if !is_root() {
        return skipped("only root can give a folder away");
    }
    let place = TestDir::new();
    std::os::unix::fs::chown(place.path("meet"), Some(SOMEBODY_ELSE), None).unwrap();
    run(&mut place.helper(&[])).fails_with(76, &["meet", "belongs to user 1234"]);
    assert_eq!(std::fs::read_dir(place.path("meet")).unwrap().count(), 0);
}

#[test]
fn b13_nothing_is_made_in_the_home_of_somebody_else() {
    if !is_root() {
        return skipped("only root can give a folder away");
    }
    let place = TestDir::new();
    let helper = place.helper_beside("echo ready");
    let home = place.path("home");
    support::unix::make_private(&home);
    std::os::unix::fs::chown(&home, Some(SOMEBODY_ELSE), None).unwrap();
    let mut command = place.command(&helper, &[]);
    command.env_remove("CP_TOKEN_SOCKET").env_remove("CP_TOKEN_STATE_DIR").env("HOME", &home);
    run(&mut command).fails_with(76, &["home", "belongs to user 1234"]);
    assert_eq!(std::fs::read_dir(&home).unwrap().count(), 0);
}

#[test]
fn a_link_in_place_of_the_folder_is_followed_where_it_is_ours_and_a_stranger_s_is_not() {
    if !is_root() {
        return skipped("only root can give a link away");
    }
    let place = TestDir::new();
    let link = place.path("link");
    std::os::unix::fs::symlink(place.path("meet"), &link).unwrap();
    support::daemon::issuing_tokens(&place);
    let through = || run(place.helper(&[]).env("CP_TOKEN_SOCKET", place.path("link/daemon.sock")));
    through().succeeds_with(&format!("{TOKEN}\n"));
    std::os::unix::fs::lchown(&link, Some(SOMEBODY_ELSE), None).unwrap();
    through().fails_with(76, &["belongs to user 1234"]);
}

#[test]
fn b21_version_skew_says_which_side_is_older_and_what_to_run() {
    for (lowest, highest, words) in
        [(0, 0, "the running daemon is older"), (2, 3, "this cp-token is older than the running daemon")]
    {
        let place = TestDir::new();
        saying(&place, &encode_version_range(VersionRange { lowest, highest }));
        run(&mut place.helper(&[])).fails_with(76, &[words, "cp-token daemon restart"]);
    }
    let mut frame = encode_response(&token_response(TOKEN)).unwrap().to_vec();
    frame[4] = 9;
    let place = TestDir::new();
    saying(&place, &frame);
    run(&mut place.helper(&[])).fails_with(76, &["this cp-token is older"]);
}

#[test]
fn c08_what_is_not_our_protocol_is_named_so_and_never_printed() {
    let frame = |body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap().to_le_bytes();
        [&b"CPTK\x01\x00\x00\x00"[..], &length, body].concat()
    };
    let mut trailing = encode_response(&token_response(TOKEN)).unwrap().to_vec();
    trailing[8] += 1;
    trailing.push(0);
    let stranger_kinds = [
        b"HTTP/1.1 400 Bad Request\r\n\r\nSENTINEL".to_vec(),
        b"\x00\x00\x00\x05\x05SENTINEL".to_vec(),
        frame(b"\xff\xff\xff\xff"),
        frame(b"\x02"),
        frame(&[1, 3, b'a', b'\n', b'b', 0, 0, 4, b'p', b'r', b'o', b'd', 0]),
        trailing,
        encode_response(&Response::Done(vec!["SENTINEL".to_owned()])).unwrap().to_vec(),
    ];
    for bytes in stranger_kinds {
        let place = TestDir::new();
        saying(&place, &bytes);
        let outcome = run(&mut place.helper(&[]));
        outcome.fails_with(76, &["not our daemon"]);
        assert!(!outcome.stderr.contains("SENTINEL"));
    }
}

#[test]
fn c11_an_answer_without_end_is_cut_off_before_it_is_read() {
    for announced in [u32::try_from(BODY_LIMIT).unwrap() + 1, u32::MAX, 0] {
        let place = TestDir::new();
        serving(&place, move |stream| {
            receive(stream);
            let _ = stream.write_all(b"CPTK\x01\x00\x00\x00");
            let _ = stream.write_all(&announced.to_le_bytes());
            while stream.write_all(&[0; 65536]).is_ok() {}
        });
        run(&mut place.helper(&[]))
            .fails_with(76, &["not our daemon", &format!("announces {announced} bytes")]);
    }
}

#[test]
fn a_daemon_that_goes_away_before_it_answers_is_a_reason_to_try_again() {
    let begun = encode_response(&token_response(TOKEN)).unwrap();
    let working = encode_response(&Response::Working).unwrap();
    for bytes in [&b""[..], &begun[..5], &begun[..40], &working[..]] {
        let place = TestDir::new();
        saying(&place, bytes);
        run(&mut place.helper(&[])).fails_with(75, &["closed the connection before it answered"]);
    }
}
