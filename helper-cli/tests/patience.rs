//! Owns the promises about waiting: a daemon that hangs costs a few seconds and no second daemon.
#![allow(clippy::unwrap_used)]

mod support;

use std::os::unix::net::{UnixListener, UnixStream};

use cp_token_protocol::encode_response;
use cp_token_protocol::message::Response;
use support::daemon::{receive, serving};
use support::{TestDir, run};

/// A helper whose daemon leaves a mark when it is started.
fn helper_that_would_start(place: &TestDir) -> std::path::PathBuf {
    place.helper_beside(&format!("touch '{}'", place.path("started").display()))
}

#[test]
fn b06_a_stopped_daemon_is_given_up_on_and_no_second_one_is_started() {
    let place = TestDir::new();
    let _listener = UnixListener::bind(place.socket()).unwrap();
    let helper = helper_that_would_start(&place);
    run(&mut place.command(&helper, &[])).fails_with(75, &["the daemon does not answer"]);
    assert!(!place.path("started").exists());
}

#[test]
fn b06_a_queue_that_is_full_is_given_up_on_and_no_second_daemon_is_started() {
    let place = TestDir::new();
    let listener = UnixListener::bind(place.socket()).unwrap();
    support::unix::shorten_queue(&listener);
    let _first = UnixStream::connect(place.socket()).unwrap();
    let helper = helper_that_would_start(&place);
    run(&mut place.command(&helper, &["--timeout", "1s"])).fails_with(75, &["the daemon does not answer"]);
    assert!(!place.path("started").exists());
}

#[test]
fn a_place_in_the_queue_that_comes_free_in_time_is_taken() {
    let place = TestDir::new();
    let listener = UnixListener::bind(place.socket()).unwrap();
    support::unix::shorten_queue(&listener);
    let _first = UnixStream::connect(place.socket()).unwrap();
    let mut helper = place.helper(&[]);
    let waiting = std::thread::spawn(move || run(&mut helper));
    let _taken = listener.accept().unwrap();
    let mut stream = listener.accept().unwrap().0;
    receive(&mut stream).unwrap();
    std::io::Write::write_all(
        &mut stream,
        &encode_response(&support::daemon::token_response("abc")).unwrap(),
    )
    .unwrap();
    waiting.join().unwrap().succeeds_with("abc\n");
}

#[test]
fn the_whole_is_over_when_the_timeout_is_however_busy_the_daemon_says_it_is() {
    let place = TestDir::new();
    serving(&place, |stream| {
        receive(stream);
        let working = encode_response(&Response::Working).unwrap();
        while std::io::Write::write_all(stream, &working).is_ok() {}
    });
    run(&mut place.helper(&["--timeout", "300ms"])).fails_with(75, &["no answer within 300ms"]);
}

#[test]
fn c04_an_answer_that_drips_is_not_waited_for_beyond_the_timeout() {
    let place = TestDir::new();
    serving(&place, |stream| {
        receive(stream);
        stream.set_read_timeout(Some(std::time::Duration::from_millis(50))).unwrap();
        for byte in encode_response(&support::daemon::token_response(&"t".repeat(1000))).unwrap().iter() {
            if std::io::Write::write_all(stream, &[*byte]).is_err() {
                return;
            }
            let _ = std::io::Read::read(stream, &mut [0]);
        }
    });
    run(&mut place.helper(&["--timeout", "1s"])).fails_with(75, &["no answer within 1s"]);
}
