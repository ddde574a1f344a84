//! Owns a bare connection to the daemon: bytes out, bytes in, with the frames written by hand from `PROTOCOL.md`.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::TIMEOUT;

/// The body that asks for a token of the default profile, any that is valid, within 30 seconds.
pub const ASK_FOR_A_TOKEN: [u8; 10] = [0, 0, 0, 0, 0xfb, 0x30, 0x75, 0, 0, 0];
/// The body that asks for a token of this profile, any that is valid, within 30 seconds.
pub fn ask_for_a_token_of(profile: &str) -> Vec<u8> {
    let length = u8::try_from(profile.len()).expect("a short name");
    [&[0, 1, length], profile.as_bytes(), &ASK_FOR_A_TOKEN[2..]].concat()
}

/// The body that asks for the daemon's status.
pub const ASK_FOR_STATUS: [u8; 1] = [1];

/// A connection with nothing said yet.
#[derive(Debug)]
pub struct Raw(pub UnixStream);

impl Raw {
    pub(super) fn connect(socket: &Path) -> Self {
        let stream = UnixStream::connect(socket).expect("the daemon listens");
        stream.set_read_timeout(Some(TIMEOUT)).expect("set a safety net");
        stream.set_write_timeout(Some(TIMEOUT)).expect("set a safety net");
        Self(stream)
    }

    /// Sends bytes as they are.
    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the daemon takes bytes");
    }

    /// Says that nothing more will be sent.
    pub fn end_sending(&self) {
        self.0.shutdown(Shutdown::Write).expect("the connection stands");
    }

    /// Everything that comes until the daemon closes the connection.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // A connection that is reset has ended, too.
        drop(self.0.read_to_end(&mut bytes));
        bytes
    }

    /// The next frame's body.
    pub fn body(&mut self) -> Vec<u8> {
        let mut preamble = [0; 12];
        self.0.read_exact(&mut preamble).expect("a frame's preamble");
        let [.., a, b, c, d] = preamble;
        let mut body = vec![0; u32::from_le_bytes([a, b, c, d]) as usize];
        self.0.read_exact(&mut body).expect("a frame's body");
        body
    }
}

/// A frame of version 1 around this body.
pub fn frame(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("a short body");
    [b"CPTK\x01\x00\x00\x00", length.to_le_bytes().as_slice(), body].concat()
}
