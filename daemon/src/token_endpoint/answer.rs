//! Owns what is kept of an HTTP answer.

use zeroize::Zeroizing;

/// The parts of an HTTP answer that have a meaning here.
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The `Location` header.
    pub location: Option<Vec<u8>>,
    /// The `Retry-After` header.
    pub retry_after: Option<Vec<u8>>,
    /// The `Date` header.
    pub date: Option<Vec<u8>>,
    /// The `Content-Type` header.
    pub content_type: Option<Vec<u8>>,
    /// The body, or its beginning.
    pub body: Zeroizing<Vec<u8>>,
    /// Whether that is the whole body.
    pub is_whole: bool,
    /// Whether the server asked for a client certificate.
    pub wanted_certificate: bool,
}
