//! Owns the frame: a preamble of twelve bytes, then a body of at most 64 KiB. Pure: bytes in, in pieces of any size,
//! frames out.

use zeroize::Zeroizing;

/// The first four bytes of every frame.
pub const MAGIC: [u8; 4] = *b"CPTK";
/// The protocol version of this crate.
pub const PROTOCOL_VERSION: u16 = 1;
/// Bytes of preamble: magic, version (u16), kind (u8), zero (u8), body length (u32), all little-endian.
pub const PREAMBLE_LENGTH: usize = 12;
/// The longest body, in bytes.
pub const BODY_LIMIT: usize = 0x1_0000;

/// What a frame's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// A request or a response of the frame's version.
    Message = 0,
    /// The versions that the sender supports: two u16, lowest and highest. The same in every version.
    VersionRange = 1,
}

/// The protocol versions that one side supports, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionRange {
    /// The lowest.
    pub lowest: u16,
    /// The highest.
    pub highest: u16,
}

/// One complete frame.
#[derive(Debug)]
pub struct Frame {
    /// What the body is.
    pub kind: FrameKind,
    /// The body; wiped when dropped.
    pub body: Zeroizing<Vec<u8>>,
}

/// Bytes that are no frame of this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The first bytes are not [`MAGIC`], or a reserved byte is set.
    #[error("these bytes are not this protocol")]
    UnknownProtocol,
    /// The frame's version is not [`PROTOCOL_VERSION`].
    #[error("the other end speaks protocol version {0}, not {PROTOCOL_VERSION}")]
    Version(u16),
    /// The announced body is empty or longer than [`BODY_LIMIT`].
    #[error("the frame announces {0} bytes")]
    Length(u32),
    /// Bytes follow the frame.
    #[error("bytes follow the one frame of this direction")]
    Trailing,
}

/// Collects one frame from pieces. It holds only what has arrived.
#[derive(Debug, Default)]
pub struct FrameDecoder {
    preamble: [u8; PREAMBLE_LENGTH],
    filled: usize,
    body: Zeroizing<Vec<u8>>,
}

impl FrameDecoder {
    /// Takes the next piece; returns the frame once it is complete, and the rest of `input`, which is not consumed.
    /// Fails as soon as the bytes cannot become a frame, and for every piece after that.
    pub fn push<'i>(&mut self, input: &'i [u8]) -> Result<(Option<Frame>, &'i [u8]), FrameError> {
        let rest = self.take_preamble(input)?;
        if self.filled < PREAMBLE_LENGTH {
            return Ok((None, rest));
        }
        let missing = self.announced() - self.body.len();
        let (piece, rest) = rest.split_at(missing.min(rest.len()));
        self.body.extend_from_slice(piece);
        let complete = self.body.len() == self.announced();
        Ok((complete.then(|| self.complete()), rest))
    }

    /// As [`FrameDecoder::push`]; also fails if anything follows the frame.
    pub fn push_only(&mut self, input: &[u8]) -> Result<Option<Frame>, FrameError> {
        match self.push(input)? {
            (frame, []) => Ok(frame),
            _ => Err(FrameError::Trailing),
        }
    }

    fn take_preamble<'i>(&mut self, input: &'i [u8]) -> Result<&'i [u8], FrameError> {
        let (piece, rest) = input.split_at((PREAMBLE_LENGTH - self.filled).min(input.len()));
        self.preamble[self.filled..self.filled + piece.len()].copy_from_slice(piece);
        self.filled += piece.len();
        self.check_preamble()?;
        Ok(rest)
    }

    fn check_preamble(&self) -> Result<(), FrameError> {
        let seen = self.filled.min(MAGIC.len());
        if self.preamble[..seen] != MAGIC[..seen] {
            return Err(FrameError::UnknownProtocol);
        }
        if self.filled < PREAMBLE_LENGTH {
            return Ok(());
        }
        let version = u16::from_le_bytes([self.preamble[4], self.preamble[5]]);
        let kind = kind_of(self.preamble[6]).ok_or(FrameError::UnknownProtocol)?;
        let length = self.announced();
        if self.preamble[7] != 0 {
            return Err(FrameError::UnknownProtocol);
        }
        if version != PROTOCOL_VERSION && kind == FrameKind::Message {
            return Err(FrameError::Version(version));
        }
        if length == 0 || length > BODY_LIMIT {
            return Err(FrameError::Length(u32::try_from(length).unwrap_or(u32::MAX)));
        }
        Ok(())
    }

    fn announced(&self) -> usize {
        let [.., a, b, c, d] = self.preamble;
        u32::from_le_bytes([a, b, c, d]) as usize
    }

    fn complete(&mut self) -> Frame {
        let kind = kind_of(self.preamble[6]).unwrap_or(FrameKind::Message);
        self.filled = 0;
        Frame { kind, body: std::mem::take(&mut self.body) }
    }
}

impl VersionRange {
    /// The range of this crate.
    pub const SPOKEN: VersionRange = VersionRange { lowest: PROTOCOL_VERSION, highest: PROTOCOL_VERSION };

    /// The range in the body of a [`FrameKind::VersionRange`] frame.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let &[a, b, c, d] = body else { return None };
        Some(Self { lowest: u16::from_le_bytes([a, b]), highest: u16::from_le_bytes([c, d]) })
    }
}

pub(crate) fn preamble(kind: FrameKind, length: usize) -> Option<[u8; PREAMBLE_LENGTH]> {
    let length = u32::try_from(length).ok().filter(|&length| length as usize <= BODY_LIMIT)?;
    let [v0, v1] = PROTOCOL_VERSION.to_le_bytes();
    let [a, b, c, d] = length.to_le_bytes();
    let [m0, m1, m2, m3] = MAGIC;
    Some([m0, m1, m2, m3, v0, v1, kind as u8, 0, a, b, c, d])
}

/// The response to a version that is not supported, as one frame. It is the same in every version.
pub fn encode_version_range(range: VersionRange) -> [u8; PREAMBLE_LENGTH + 4] {
    let mut frame = [0; PREAMBLE_LENGTH + 4];
    let (head, body) = frame.split_at_mut(PREAMBLE_LENGTH);
    head.copy_from_slice(&preamble(FrameKind::VersionRange, body.len()).unwrap_or_default());
    body[..2].copy_from_slice(&range.lowest.to_le_bytes());
    body[2..].copy_from_slice(&range.highest.to_le_bytes());
    frame
}

fn kind_of(number: u8) -> Option<FrameKind> {
    match number {
        0x00 => Some(FrameKind::Message),
        0x01 => Some(FrameKind::VersionRange),
        _ => None,
    }
}
