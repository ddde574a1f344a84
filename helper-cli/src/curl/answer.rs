//! Owns what curl's `--dump-header` tells of the first answer: whether the API refused the token. Pure.

/// The longest line that is looked at; what is longer is no status line.
const LONGEST: usize = 64;

/// What is known of the first answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing but interim answers (RFC 9110, section 15.2), if anything.
    Open,
    /// The server refused the credential: 401.
    Rejected,
    /// It is another one.
    Other,
}

/// Reads heads of answers as they come in.
pub(crate) struct FirstAnswer {
    line: Vec<u8>,
    in_head: bool,
    verdict: Verdict,
}

impl FirstAnswer {
    /// Nothing has come yet.
    pub(crate) fn new() -> Self {
        Self { line: Vec::new(), in_head: false, verdict: Verdict::Open }
    }

    /// Takes the next bytes.
    pub(crate) fn pass(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\n' {
                self.end_line();
            } else if self.line.len() < LONGEST {
                self.line.push(byte);
            }
        }
    }

    /// What is known by now. The first answer stands: one after a redirect may be another host's.
    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_ascii_end();
        if line.is_empty() {
            self.in_head = false;
        } else if !self.in_head {
            self.in_head = true;
            if self.verdict == Verdict::Open {
                self.verdict = judge(line);
            }
        }
    }
}

fn judge(status_line: &[u8]) -> Verdict {
    let code = status_line.split(|&byte| byte == b' ').nth(1).unwrap_or_default();
    match code {
        [b'1', _, _] => Verdict::Open,
        b"401" => Verdict::Rejected,
        _ => Verdict::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(bytes: &str) -> Verdict {
        let mut answer = FirstAnswer::new();
        bytes.as_bytes().chunks(3).for_each(|piece| answer.pass(piece));
        answer.verdict()
    }

    #[test]
    fn the_first_final_status_counts_and_no_other() {
        for (bytes, expected) in [
            ("", Verdict::Open),
            ("HTTP/1.1 401 Unauthorized", Verdict::Open),
            ("HTTP/1.1 401 Unauthorized\r\n", Verdict::Rejected),
            ("HTTP/2 401 \r\nX: y\r\n\r\n", Verdict::Rejected),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 x\r\n", Verdict::Rejected),
            ("HTTP/1.1 103 x\r\nLink: 401\r\n 401 x\r\n", Verdict::Open),
            ("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 401 x\r\n\r\n", Verdict::Other),
            ("HTTP/1.1 302 Found\r\n\r\nHTTP/1.1 401 x\r\n\r\n", Verdict::Other),
            ("HTTP/1.1 4010 x\r\n", Verdict::Other),
            ("401\r\n", Verdict::Other),
        ] {
            assert_eq!(verdict(bytes), expected, "{bytes:?}");
        }
    }
}
