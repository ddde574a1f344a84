//! Owns the classification of a body: an error of the lists, or a kind of document. Pure; it compares the text, and never
//! passes it on.

use super::super::answer::HttpAnswer;
use super::super::description::{Content, KnownError};
use super::object::{Object, Value};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The kind of the answer's body.
pub(super) fn of(answer: &HttpAnswer) -> Content {
    let object = Object::parse(&answer.body);
    let named = object.as_ref().and_then(|object| named(&object.error));
    of_vendor(&answer.body).or(named).unwrap_or_else(|| document(answer, object.is_some()))
}

/// The error of an `error` field: a text (RFC 6749, section 5.2), or objects with a `primaryErrorKey`.
fn named(error: &Value) -> Option<Content> {
    let (name, otherwise) = match error.text() {
        Some(name) => (name, Content::UnknownError),
        None => (error.first_object()?.primary_error_key.text()?, Content::VendorError),
    };
    let known = KnownError::ALL.iter().find(|known| known.text() == name);
    Some(known.map_or(otherwise, |known| Content::Error(*known)))
}

/// The vendor's own texts, anywhere in the body: they are too long to occur by chance.
fn of_vendor(body: &[u8]) -> Option<Content> {
    let is_there = |known: &&KnownError| {
        let text = known.text().as_bytes();
        text.len() > 24 && body.windows(text.len()).any(|window| window == text)
    };
    KnownError::ALL.iter().find(is_there).map(|known| Content::Error(*known))
}

fn document(answer: &HttpAnswer, is_object: bool) -> Content {
    let media_type = answer.content_type.as_deref().map(parse_media_type).unwrap_or_default();
    let start = answer.body.strip_prefix(BOM).unwrap_or(&answer.body).trim_ascii_start();
    match media_type.as_str() {
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

/// The type without its parameters (RFC 9110, section 8.3.1), in lower case.
fn parse_media_type(value: &[u8]) -> String {
    let end = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
    String::from_utf8_lossy(value[..end].trim_ascii()).to_ascii_lowercase()
}
