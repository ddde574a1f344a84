//! Owns the daemon of the helper's tests: it speaks the protocol, remembers what it was asked, and answers what
//! the test wants, be it nonsense.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex};

use cp_token_protocol::blocking::FrameReader;
use cp_token_protocol::message::{AuthScheme, Request, Response, TokenResponse};
use cp_token_protocol::{AccessToken, ProfileName, decode_request, encode_response};

use super::{TOKEN, TestDir};

/// Requests in the order they came.
#[derive(Clone, Default)]
pub struct Asked(Arc<Mutex<Vec<Request>>>);

impl Asked {
    /// How many requests there were, but for looks at profiles and trials that change nothing.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap().iter().filter(|request| !is_read_only(request)).count()
    }

    /// The one request that was made since the last look, but for a look at the profiles before it.
    #[track_caller]
    pub fn only(&self) -> Request {
        let mut requests = std::mem::take(&mut *self.0.lock().unwrap());
        requests.retain(|request| !is_read_only(request));
        assert_eq!(requests.len(), 1);
        requests.remove(0)
    }
}

fn is_read_only(request: &Request) -> bool {
    let is_trial = matches!(request, Request::ProfileCreate(create) if create.dry_run);
    is_trial || matches!(request, Request::ProfileList(_) | Request::ProfileShow(_))
}

/// Answers every request with what `answer` makes of it.
pub fn answering(place: &TestDir, answer: impl Fn(&Request) -> Vec<Response> + Send + 'static) -> Asked {
    let asked = Asked::default();
    let memory = asked.clone();
    serving(place, move |stream| {
        let Some(request) = receive(stream) else { return };
        let answers = answer(&request);
        memory.0.lock().unwrap().push(request);
        for answer in answers {
            // The helper may have had enough.
            let _ = stream.write_all(&encode_response(&answer).unwrap());
        }
    });
    asked
}

/// Hands out the token, whatever is asked.
pub fn issuing_tokens(place: &TestDir) -> Asked {
    answering(place, |_| vec![token_response(TOKEN)])
}

/// Answers the first request of every connection with these bytes, and closes.
pub fn saying(place: &TestDir, bytes: &[u8]) {
    let bytes = bytes.to_vec();
    serving(place, move |stream| {
        if receive(stream).is_some() {
            let _ = stream.write_all(&bytes);
        }
    });
}

/// Serves every connection with `serve`, one after the other, for as long as the test program lives.
pub fn serving(place: &TestDir, serve: impl Fn(&mut UnixStream) + Send + 'static) {
    let listener = UnixListener::bind(place.socket()).unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            serve(&mut stream);
        }
    });
}

pub fn receive(stream: &mut UnixStream) -> Option<Request> {
    let frame = FrameReader::default().next_frame(stream).ok()?;
    decode_request(&frame.body).ok()
}

/// Everything that comes until the other end closes.
pub fn drain(stream: &mut UnixStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

pub fn token_response(token: &str) -> Response {
    Response::Token(TokenResponse {
        access_token: AccessToken::copy_of(token.as_bytes()).unwrap().into(),
        expires_in_ms: 839_500,
        expires_at: 1_800_000_000,
        profile: ProfileName::parse("prod").unwrap(),
        url: "https://api.example".to_owned(),
        scheme: AuthScheme::Bearer,
    })
}
