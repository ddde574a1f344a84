//! Owns what curl's `--dump-header` tells of the first answer: whether the API refused the token. Pure.

/// The longest line that is looked at; what is longer is no status line.
const MAX_LINE_LEN: usize = 64;

/// What is known of the first answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstStatus {
    /// Nothing but interim answers (RFC 9110, section 15.2), if anything.
    None,
    /// The server refused the credential: 401.
    Unauthorized,
    /// It is another one.
    Other,
}

/// Reads heads of answers as they come in.
pub(crate) struct FirstAnswer {
    line: Vec<u8>,
    in_head: bool,
    status: FirstStatus,
}

impl FirstAnswer {
    /// Nothing has come yet.
    pub(crate) fn new() -> Self {
        Self { line: Vec::new(), in_head: false, status: FirstStatus::None }
    }

    /// Takes the next bytes.
    pub(crate) fn pass(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' {
                self.end_line();
            } else if self.line.len() < MAX_LINE_LEN {
                self.line.push(byte);
            }
        }
    }

    /// What is known by now. The first answer stands: one after a redirect may be another host's.
    pub(crate) fn status(&self) -> FirstStatus {
        self.status
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_ascii_end();
        if line.is_empty() {
            self.in_head = false;
        } else if !self.in_head {
            self.in_head = true;
            if self.status == FirstStatus::None {
                self.status = parse_status(line);
            }
        }
    }
}

fn parse_status(status_line: &[u8]) -> FirstStatus {
    let code = status_line.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
    match code {
        [b'1', _, _] => FirstStatus::None,
        b"401" => FirstStatus::Unauthorized,
        _ => FirstStatus::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(bytes: &str) -> FirstStatus {
        let mut answer = FirstAnswer::new();
        bytes.as_bytes().chunks(3).for_each(|piece| answer.pass(piece));
        answer.status()
    }

    #[test]
    fn the_first_final_status_counts_and_no_other() {
        for (bytes, expected) in [
            ("", FirstStatus::None),
            ("HTTP/1.1 401 Unauthorized", FirstStatus::None),
            ("HTTP/1.1 401 Unauthorized\r\n", FirstStatus::Unauthorized),
            ("HTTP/2 401 \r\nX: y\r\n\r\n", FirstStatus::Unauthorized),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 x\r\n", FirstStatus::Unauthorized),
            ("HTTP/1.1 103 x\r\nLink: 401\r\n 401 x\r\n", FirstStatus::None),
            ("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 401 x\r\n\r\n", FirstStatus::Other),
            ("HTTP/1.1 302 Found\r\n\r\nHTTP/1.1 401 x\r\n\r\n", FirstStatus::Other),
            ("HTTP/1.1 4010 x\r\n", FirstStatus::Other),
            ("401\r\n", FirstStatus::Other),
        ] {
            assert_eq!(status(bytes), expected, "{bytes:?}");
        }
    }
}
