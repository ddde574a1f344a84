//! Owns reading and writing frames on a blocking stream. Timeouts are the stream's.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use crate::{Frame, FrameDecoder, FrameError};

/// Why no frame was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The stream failed or timed out.
    #[error("the connection failed")]
    Io(#[from] io::Error),
    /// The stream ended before the frame did.
    #[error("the connection ended early")]
    Ended,
    /// The bytes are no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// Writes one encoded frame and flushes it.
pub fn write_frame(stream: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    stream.write_all(frame)?;
    stream.flush()
}

/// Reads the frames of one stream, and keeps what it has read beyond a frame for the next.
#[derive(Debug, Default)]
pub struct FrameReader {
    decoder: FrameDecoder,
    ahead: Zeroizing<Vec<u8>>,
}

impl FrameReader {
    /// The next frame.
    pub fn next_frame(&mut self, stream: &mut impl Read) -> Result<Frame, ReadError> {
        let mut piece = Zeroizing::new([0; 2048]);
        loop {
            let ahead = std::mem::take(&mut self.ahead);
            let (frame, rest) = self.decoder.push(&ahead)?;
            if let Some(frame) = frame {
                self.ahead.extend_from_slice(rest);
                return Ok(frame);
            }
            match stream.read(&mut piece[..])? {
                0 => return Err(ReadError::Ended),
                count => self.ahead.extend_from_slice(&piece[..count]),
            }
        }
    }
}
