//! Owns the reading of what a body is: an error of the lists, or a kind of document. Pure; what it reads it compares, and
//! never hands on.

use super::super::description::{Content, KnownError};
use super::HttpAnswer;
use super::fields::{Fields, Value};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// What the answer's body is.
pub(super) fn of(answer: &HttpAnswer) -> Content {
    let fields = Fields::read(&answer.body);
    let named = fields.as_ref().and_then(|fields| named(&fields.error));
    vendors(&answer.body).or(named).unwrap_or_else(|| document(answer, fields.is_some()))
}

/// What an `error` field names: a text (RFC 6749, section 5.2), or objects with a `primaryErrorKey`.
fn named(error: &Value) -> Option<Content> {
    let (name, otherwise) = match error.text() {
        Some(name) => (name, Content::UnknownError),
        None => (error.error_key().text()?, Content::VendorError),
    };
    let known = KnownError::ALL.iter().find(|known| known.text() == name);
    Some(known.map_or(otherwise, |known| Content::Error(*known)))
}

/// The vendor's own words, wherever they stand: they are too long to be there by chance.
fn vendors(body: &[u8]) -> Option<Content> {
    let is_there = |known: &&KnownError| {
        let text = known.text().as_bytes();
        text.len() > 24 && body.windows(text.len()).any(|window| window == text)
    };
    KnownError::ALL.iter().find(is_there).map(|known| Content::Error(*known))
}

fn document(answer: &HttpAnswer, is_object: bool) -> Content {
    let told = answer.content_type.as_deref().map(media_type).unwrap_or_default();
    let start = answer.body.strip_prefix(BOM).unwrap_or(&answer.body).trim_ascii_start();
    match told.as_str() {
        "text/html" | "application/xhtml+xml" => Content::Html,
        "application/xml" | "text/xml" => Content::Xml,
        _ if start.starts_with(b"<") => Content::Html,
        _ if is_object => Content::Json,
        _ if start.is_empty() && answer.is_whole => Content::Nothing,
        "application/json" => Content::Json,
        "text/plain" => Content::Text,
        _ => Content::Other,
    }
}

/// The type without its parameters (RFC 9110, section 8.3.1), to be compared.
fn media_type(value: &[u8]) -> String {
    let end = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
    String::from_utf8_lossy(value[..end].trim_ascii()).to_ascii_lowercase()
}
