//! Owns the answers that a test can script instead of the server's own. Data only: it sends nothing.

use std::time::Duration;

use super::gzip;

/// What one request is answered with. The server's own answer is [`Answer::Normally`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What the server would answer by itself.
    Normally,
    /// Exactly these bytes, then the end.
    Bytes {
        /// Everything that is sent, status line included; may be empty.
        bytes: Vec<u8>,
        /// How the connection ends.
        ending: Ending,
    },
    /// These bytes one at a time, then an orderly close.
    Trickle {
        /// Everything that is sent, status line included.
        bytes: Vec<u8>,
        /// The pause before each byte.
        every: Duration,
    },
    /// An answer that ends only when the client closes.
    Endless {
        /// What is sent once.
        start: Vec<u8>,
        /// What is sent again and again.
        again: Vec<u8>,
    },
    /// The request is read and never answered.
    Stall,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// In good order: `close_notify` under TLS, then FIN.
    Close,
    /// With an RST, as a crashed or overloaded host does.
    Reset,
}

impl Answer {
    /// A complete HTTP/1.1 answer. `Content-Length` and `Connection: close` are added.
    pub fn status(code: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        Self::raw(http_answer(code, headers, body.as_ref()))
    }

    /// A complete answer with a JSON body, sent as it stands.
    pub fn json(code: u16, body: impl AsRef<[u8]>) -> Self {
        Self::status(code, &[("Content-Type", "application/json")], body)
    }

    /// A redirection to `location`, taken literally.
    pub fn redirect(code: u16, location: &str) -> Self {
        Self::status(code, &[("Location", location)], "")
    }

    /// Exactly these bytes, then an orderly close.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Bytes { bytes: bytes.into(), ending: Ending::Close }
    }

    /// No byte at all.
    pub fn dropped(ending: Ending) -> Self {
        Self::Bytes { bytes: Vec::new(), ending }
    }

    /// A 200 whose body stops after 20 of the 500 bytes announced.
    pub fn cut_body(ending: Ending) -> Self {
        let mut bytes =
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n".to_vec();
        bytes.extend_from_slice(br#"{"access_token":"eyJ"#);
        Self::Bytes { bytes, ending }
    }

    /// A 200 whose body never ends and has no length.
    pub fn endless_body() -> Self {
        let start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"access_token\":\"".to_vec();
        Self::Endless { start, again: vec![b'a'; 4096] }
    }

    /// A 200 whose headers never end.
    pub fn endless_headers() -> Self {
        Self::Endless {
            start: b"HTTP/1.1 200 OK\r\n".to_vec(),
            again: b"X-Filler: aaaaaaaaaaaaaaaa\r\n".repeat(100),
        }
    }

    /// Interim answers (102) without end and without a final one.
    pub fn endless_interim() -> Self {
        Self::Endless { start: Vec::new(), again: b"HTTP/1.1 102 Processing\r\n\r\n".repeat(100) }
    }

    /// A 200 with a gzip body that unpacks to `unpacked` zero bytes, 158 times its size.
    pub fn gzip_bomb(unpacked: usize) -> Self {
        let headers = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
        Self::status(200, &headers, gzip::zeros(unpacked))
    }

    /// The same bytes, one at a time. Only a [`Answer::Bytes`] changes.
    pub fn trickled(self, every: Duration) -> Self {
        match self {
            Self::Bytes { bytes, ending: _ } => Self::Trickle { bytes, every },
            other @ (Self::Normally | Self::Trickle { .. } | Self::Endless { .. } | Self::Stall) => other,
        }
    }
}

/// The bytes of a complete HTTP/1.1 answer on a connection that closes after it.
pub(super) fn http_answer(code: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {code} {}\r\n", reason(code));
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", body.len()));
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Unnamed",
    }
}
