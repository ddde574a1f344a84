//! Owns curl's grammar of config files: one option a line, quotes with escapes, comments. Pure. What versions of curl
//! read in different ways is refused.

use cp_token_protocol::Failure;

use super::argv;
use super::item::Item;
use super::refusal::{no_value, refusal};

/// The options of a config file, in their order.
///
/// # Errors
/// The first line that is none, or is not plain.
pub(crate) fn read(text: &[u8]) -> Result<Vec<Item>, Failure> {
    if text.contains(&0) {
        return Err(refusal("a config file for curl holds no text", "see what was given to --config"));
    }
    let mut items = Vec::new();
    for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
        read_line(line.trim_ascii_start(), &mut items).map_err(|failure| in_line(index + 1, failure))?;
    }
    Ok(items)
}

fn in_line(number: usize, mut failure: Failure) -> Failure {
    failure.message = format!("line {number}: {}", failure.message);
    failure
}

fn read_line(line: &[u8], items: &mut Vec<Item>) -> Result<(), Failure> {
    match line.first() {
        None | Some(b'#') => return Ok(()),
        Some(b'/' | b'*') => {
            return Err(refusal("older versions of curl take it for a comment", "begin it with #"));
        }
        Some(_) => {}
    }
    let dashed = line.starts_with(b"-");
    let ends = |byte: u8| is_blank(byte) || (!dashed && is_separator(byte));
    let end = line.iter().position(|&byte| ends(byte)).unwrap_or(line.len());
    let (option, rest) = line.split_at(end);
    let start = rest.iter().position(|&byte| !ends(byte)).unwrap_or(rest.len());
    let mut value = value(&rest[start..])?;
    match (option.strip_prefix(b"--"), option.strip_prefix(b"-")) {
        (Some(name), _) => items.push(argv::long(name, |known| value.take().ok_or_else(|| no_value(known)))?),
        (None, Some(letters)) => argv::read_letters(letters, items, || value.take())?,
        (None, None) => items.push(argv::long(option, |known| value.take().ok_or_else(|| no_value(known)))?),
    }
    match value {
        Some(value) if !value.is_empty() => {
            Err(refusal("there is a value behind an option that takes none", "fix the line"))
        }
        Some(_) | None => Ok(()),
    }
}

/// The value at the start of `rest`; nothing where the line has ended.
fn value(rest: &[u8]) -> Result<Option<Vec<u8>>, Failure> {
    let (value, behind) = match rest.strip_prefix(b"\"") {
        Some(quoted) => unquote(quoted)?,
        None => {
            let end = rest.iter().position(|&byte| is_blank(byte)).unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        }
    };
    match behind.trim_ascii_start().first() {
        None | Some(b'#') if rest.is_empty() => Ok(None),
        None | Some(b'#') => Ok(Some(value)),
        Some(_) => Err(refusal("there is more than one value", "put a value with spaces into double quotes")),
    }
}

/// The value up to the closing quote, and what stands behind that.
fn unquote(quoted: &[u8]) -> Result<(Vec<u8>, &[u8]), Failure> {
    let mut value = Vec::new();
    let mut bytes = quoted.iter().enumerate();
    while let Some((place, &byte)) = bytes.next() {
        match byte {
            b'"' => return Ok((value, &quoted[place + 1..])),
            b'\\' => match bytes.next() {
                Some((_, b't')) => value.push(b'\t'),
                Some((_, b'n')) => value.push(b'\n'),
                Some((_, b'r')) => value.push(b'\r'),
                Some((_, b'v')) => value.push(0x0b),
                Some((_, &other)) => value.push(other),
                None => break,
            },
            other => value.push(other),
        }
    }
    Err(refusal("a quote is not closed", "fix the line"))
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'=' | b':')
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}
