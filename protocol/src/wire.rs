//! Owns the encoding of messages, and is the only file that names bincode. Hostile bytes are refused here: there is a
//! limit before any allocation, only slices are read, and every byte must be consumed.

pub(crate) use bincode::{BorrowDecode, Decode, Encode};

use bincode::config::{Configuration, Limit, LittleEndian, Varint};
use bincode::de::{BorrowDecoder, Decoder, read::Reader};
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use zeroize::Zeroizing;

use crate::frame::{self, BODY_LIMIT, FrameKind};
use crate::{AccessToken, ProfileName, Secret};

/// The memory that decoding a request may use, in bytes: little, because any program of the user can send one.
pub(crate) const REQUEST_MEMORY: usize = BODY_LIMIT;
/// As [`REQUEST_MEMORY`]. A frame full of the smallest elements, one byte each on the wire and 24 in memory, must fit.
pub(crate) const RESPONSE_MEMORY: usize = 32 * BODY_LIMIT;

/// A body that does not encode or decode. Carries nothing of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The bytes are not a message of this version.
    #[error("the message does not decode")]
    Malformed,
    /// Bytes are left after the message.
    #[error("the message has trailing bytes")]
    Trailing,
    /// The message does not fit a frame.
    #[error("the message is longer than a frame may be")]
    TooLong,
}

const fn config<const MEMORY: usize>() -> Configuration<LittleEndian, Varint, Limit<MEMORY>> {
    bincode::config::standard().with_limit::<MEMORY>()
}

/// A message as one frame, preamble included.
pub(crate) fn encode(message: &impl Encode) -> Result<Zeroizing<Vec<u8>>, WireError> {
    encode_behind(message, |length| frame::preamble(FrameKind::Message, length))
}

/// A message behind a head that is computed from its length.
pub(crate) fn encode_behind<const HEAD: usize>(
    message: &impl Encode,
    head: impl FnOnce(usize) -> Option<[u8; HEAD]>,
) -> Result<Zeroizing<Vec<u8>>, WireError> {
    let length = encoded_len(message)?;
    let head = head(length).ok_or(WireError::TooLong)?;
    // Allocated in full: a growing buffer would leave copies of secret bytes behind.
    let mut bytes = Zeroizing::new(vec![0; HEAD + length]);
    bytes[..HEAD].copy_from_slice(&head);
    bincode::encode_into_slice(message, &mut bytes[HEAD..], config::<BODY_LIMIT>())
        .map_err(|_| WireError::TooLong)?;
    Ok(bytes)
}

/// The length of an encoded message, in bytes.
pub(crate) fn encoded_len(message: &impl Encode) -> Result<usize, WireError> {
    let mut size = bincode::enc::write::SizeWriter::default();
    bincode::encode_into_writer(message, &mut size, config::<BODY_LIMIT>())
        .map_err(|_| WireError::TooLong)?;
    Ok(size.bytes_written)
}

/// The message that is exactly this body, within so many bytes of memory.
pub(crate) fn decode<M: Decode<()>, const MEMORY: usize>(body: &[u8]) -> Result<M, WireError> {
    if body.len() > BODY_LIMIT {
        return Err(WireError::TooLong);
    }
    let decoded = bincode::decode_from_slice(body, config::<MEMORY>());
    let (message, used) = decoded.map_err(|_| WireError::Malformed)?;
    if used == body.len() { Ok(message) } else { Err(WireError::Trailing) }
}

/// As [`decode`], borrowing from the body; `None` on any error.
pub(crate) fn borrow<'b, M: BorrowDecode<'b, ()>>(body: &'b [u8]) -> Option<M> {
    let (message, used) = bincode::borrow_decode_from_slice(body, config::<RESPONSE_MEMORY>()).ok()?;
    (used == body.len()).then_some(message)
}

const REFUSED: DecodeError = DecodeError::Other("refused by its grammar");

impl<C> Decode<C> for Secret {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let length = usize::try_from(u64::decode(decoder)?).map_err(|_| REFUSED)?;
        decoder.claim_bytes_read(length)?;
        // Memory is locked only for bytes that have really arrived.
        let secret = Secret::copy_of(decoder.reader().peek_read(length).ok_or(REFUSED)?);
        decoder.reader().consume(length);
        Ok(secret)
    }
}

impl<C> Decode<C> for AccessToken {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        AccessToken::parse(Secret::decode(decoder)?).map_err(|_| REFUSED)
    }
}

impl<C> Decode<C> for ProfileName {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
        ProfileName::parse(&String::decode(decoder)?).map_err(|_| REFUSED)
    }
}

macro_rules! encode_as {
    ($($type:ty: $content:ident;)*) => {$(
        impl Encode for $type {
            fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
                self.$content().encode(encoder)
            }
        }

        impl<'de, C> BorrowDecode<'de, C> for $type {
            fn borrow_decode<D: BorrowDecoder<'de, Context = C>>(decoder: &mut D) -> Result<Self, DecodeError> {
                <$type as Decode<C>>::decode(decoder)
            }
        }
    )*};
}
encode_as!(Secret: expose; AccessToken: expose; ProfileName: as_str;);
