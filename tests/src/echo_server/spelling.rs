//! Owns the spellings in which a server may repeat what it was sent. Pure.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// A way to write a value down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// As it is.
    Plain,
    /// Every character as a JSON escape with small digits.
    JsonSmall,
    /// The same with capital digits.
    JsonCapital,
    /// JSON escapes for everything but letters and digits, slashes with a backslash.
    JsonSlash,
    /// JSON escapes within a JSON text within a JSON text.
    JsonTwice,
    /// `%XX` with small digits.
    PercentSmall,
    /// The same with capital digits, for everything but letters and digits.
    PercentCapital,
    /// `%25XX`.
    PercentTwice,
    /// Decimal HTML entities.
    HtmlDecimal,
    /// Hexadecimal HTML entities.
    HtmlHex,
    /// Base64.
    Base64,
    /// Base64 with one byte in front.
    Base64ByOne,
    /// Base64 with two bytes in front.
    Base64ByTwo,
    /// Base64 for URLs, with the client's ID in front.
    Base64Url,
    /// Hexadecimal digits.
    Hex,
    /// Capital ones.
    HexCapital,
    /// Last byte first.
    Backwards,
    /// Two bytes for each character.
    Utf16,
    /// In small letters, as in a host's name.
    SmallLetters,
    /// Two halves with other words in between.
    Halves,
}

impl Spelling {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Plain,
        Self::JsonSmall,
        Self::JsonCapital,
        Self::JsonSlash,
        Self::JsonTwice,
        Self::PercentSmall,
        Self::PercentCapital,
        Self::PercentTwice,
        Self::HtmlDecimal,
        Self::HtmlHex,
        Self::Base64,
        Self::Base64ByOne,
        Self::Base64ByTwo,
        Self::Base64Url,
        Self::Hex,
        Self::HexCapital,
        Self::Backwards,
        Self::Utf16,
        Self::SmallLetters,
        Self::Halves,
    ];

    /// The value in this spelling. It fits into a JSON text between quotes.
    pub fn of(self, value: &str) -> String {
        let each = |write: &dyn Fn(char) -> String| value.chars().map(write).collect::<String>();
        let odd = |write: &dyn Fn(char) -> String| {
            each(&|it| if it.is_ascii_alphanumeric() { it.to_string() } else { write(it) })
        };
        match self {
            Self::Plain => value.to_owned(),
            Self::JsonSmall => each(&|it| format!("\\u{:04x}", u32::from(it))),
            Self::JsonCapital => each(&|it| format!("\\u{:04X}", u32::from(it))),
            Self::JsonSlash => {
                odd(&|it| if it == '/' { "\\/".to_owned() } else { format!("\\u{:04x}", u32::from(it)) })
            }
            Self::JsonTwice => each(&|it| format!("\\\\u{:04x}", u32::from(it))),
            Self::PercentSmall => each(&|it| format!("%{:02x}", u32::from(it))),
            Self::PercentCapital => odd(&|it| format!("%{:02X}", u32::from(it))),
            Self::PercentTwice => each(&|it| format!("%25{:02x}", u32::from(it))),
            Self::HtmlDecimal => each(&|it| format!("&#{};", u32::from(it))),
            Self::HtmlHex => odd(&|it| format!("&#x{:x};", u32::from(it))),
            Self::Base64 => STANDARD.encode(value),
            Self::Base64ByOne => STANDARD.encode(format!(" {value}")),
            Self::Base64ByTwo => STANDARD.encode(format!("x:{value}")),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(format!("key-1:{value}")),
            Self::Hex => value.bytes().map(|byte| format!("{byte:02x}")).collect(),
            Self::HexCapital => value.bytes().map(|byte| format!("{byte:02X}")).collect(),
            Self::Backwards => value.chars().rev().collect(),
            Self::Utf16 => each(&|it| format!("\0{it}")),
            Self::SmallLetters => value.to_ascii_lowercase(),
            Self::Halves => {
                let (first, second) = value.split_at(value.len() / 2);
                format!("{first} and then {second}")
            }
        }
    }
}
