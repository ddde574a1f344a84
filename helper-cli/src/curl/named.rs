//! Owns which files the value of an option makes curl read. Pure; it takes too many for one rather than too few, and
//! what we read ourselves and write anew, config files and files of headers, is not among them.

use cp_token_protocol::Failure;

use super::item::Item;
use super::options::Effect;
use super::refusal::refusal;

/// The files that curl would read for this option.
///
/// # Errors
/// Where only curl can tell which they are.
pub(crate) fn files_read(item: &Item) -> Result<Vec<Vec<u8>>, Failure> {
    let value = item.value();
    let behind_sign = || value.strip_prefix(b"@").map(<[u8]>::to_vec).into_iter().collect();
    Ok(match item.known.effect {
        Effect::Data => behind_sign(),
        Effect::NamedData => named(value),
        Effect::Form => parts_of_form(value),
        Effect::Cookie if value.contains(&b'=') => Vec::new(),
        Effect::Upload if value.iter().any(|byte| b"{[".contains(byte)) => {
            return Err(refusal(
                format!("--{} has a pattern, and only curl knows which files it means", item.known.name),
                "name each file with an option of its own",
            ));
        }
        Effect::Plain if item.known.name == "proxy-header" => behind_sign(),
        Effect::Plain if WORDS.contains(&item.known.name) => Vec::new(),
        Effect::Plain | Effect::Route | Effect::Once | Effect::Cookie | Effect::Upload | Effect::Ciphers => {
            with_password(value)
        }
        Effect::Line
        | Effect::Url
        | Effect::Next
        | Effect::Config
        | Effect::Disable
        | Effect::Show
        | Effect::Header
        | Effect::Method
        | Effect::RequestTarget
        | Effect::Verbose
        | Effect::Follow
        | Effect::Stderr
        | Effect::NewestTls
        | Effect::Output
        | Effect::OutputFolder
        | Effect::Head
        | Effect::Clobber
        | Effect::NoPatterns
        | Effect::Refused(_) => Vec::new(),
    })
}

/// Options whose value is plainly data, or a file that is written and never read.
const WORDS: [&str; 3] = ["data-raw", "form-string", "cookie-jar"];

/// What stands behind the first `@`, unless an equals sign comes anywhere, which makes all of it data.
fn named(value: &[u8]) -> Vec<Vec<u8>> {
    let place = value.iter().position(|&byte| byte == b'@').filter(|_| !value.contains(&b'='));
    place.map(|place| value[place + 1..].to_vec()).into_iter().collect()
}

/// The whole value, and each part of it that ends where a password of it could begin.
fn with_password(value: &[u8]) -> Vec<Vec<u8>> {
    let colons = value.iter().enumerate().filter(|(_, byte)| **byte == b':').map(|(place, _)| place);
    let ends = colons.chain([value.len()]);
    ends.flat_map(|end| [value[..end].to_vec(), without_escapes(&value[..end])]).collect()
}

/// The files of a part: behind its `@` or `<`, one or several, quoted or not, and those that its headers come from.
fn parts_of_form(value: &[u8]) -> Vec<Vec<u8>> {
    let Some(equals) = value.iter().position(|&byte| byte == b'=') else { return Vec::new() };
    let content = &value[equals + 1..];
    let is_file =
        content.trim_ascii_start().starts_with(b"@") || content.trim_ascii_start().starts_with(b"<");
    let ends = |byte: &u8| matches!(byte, b',' | b';');
    let whole = content.split(|&byte| byte == b';').map(|piece| (piece, is_file));
    let pieces = content.split(ends).map(|piece| (piece, is_file));
    whole.chain(pieces).filter_map(|(piece, is_file)| file_of_piece(piece, is_file)).collect()
}

fn file_of_piece(piece: &[u8], is_file: bool) -> Option<Vec<u8>> {
    let piece = piece.trim_ascii();
    let piece = piece.strip_prefix(b"headers=").unwrap_or(piece).trim_ascii();
    let name = match piece.first() {
        Some(b'@' | b'<') => piece[1..].trim_ascii(),
        Some(_) if is_file => piece,
        Some(_) | None => return None,
    };
    let name = name.strip_prefix(b"\"").unwrap_or(name);
    Some(without_escapes(name.strip_suffix(b"\"").unwrap_or(name)))
}

fn without_escapes(text: &[u8]) -> Vec<u8> {
    let mut bytes = text.iter();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(&byte) = bytes.next() {
        plain.push(if byte == b'\\' { bytes.next().copied().unwrap_or(byte) } else { byte });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::super::options;
    use super::*;

    fn reads(name: &str, value: &str) -> bool {
        let item = Item::long(options::by_name(name.as_bytes()).unwrap(), value.as_bytes());
        files_read(&item).unwrap().contains(&b"/dev/fd/4".to_vec())
    }

    #[test]
    fn each_option_that_reads_a_file_is_known_to_do_so() {
        let plain = "cacert capath cert key pubkey crlfile egd-file random-file etag-compare hsts alt-svc pinnedpubkey \
                     proxy-cacert proxy-capath proxy-cert proxy-key proxy-crlfile proxy-pinnedpubkey ssl-sessions engine \
                     knownhosts cookie upload-file time-cond netrc-file";
        for name in plain.split_ascii_whitespace().filter(|name| *name != "netrc-file") {
            assert!(reads(name, "/dev/fd/4"), "{name}");
        }
        for (name, value) in [
            ("data", "@/dev/fd/4"),
            ("data-ascii", "@/dev/fd/4"),
            ("data-binary", "@/dev/fd/4"),
            ("json", "@/dev/fd/4"),
            ("write-out", "@/dev/fd/4"),
            ("proxy-header", "@/dev/fd/4"),
            ("data-urlencode", "@/dev/fd/4"),
            ("data-urlencode", "name@/dev/fd/4"),
            ("url-query", "name@/dev/fd/4"),
            ("form", "x=@/dev/fd/4"),
            ("form", "x=</dev/fd/4;type=text/plain"),
            ("form", "x=@a,/dev/fd/4"),
            ("form", "x=@\"/dev/fd/4\";filename=a"),
            ("form", "x=@\"\\/dev/fd/4\""),
            ("form", "x=data;headers=@/dev/fd/4"),
            ("form", "x=data;headers=\"a\";headers=<\"/dev/fd/4\""),
            ("cert", "/dev/fd/4:password"),
            ("cert", "\\/dev/fd/4:password"),
        ] {
            assert!(reads(name, value), "{name} {value}");
        }
        assert!(matches!(options::by_name(b"netrc-file").unwrap().effect, Effect::Refused(_)));
        assert!(matches!(options::by_name(b"variable").unwrap().effect, Effect::Refused(_)));
    }

    #[test]
    fn what_is_data_is_no_file() {
        for (name, value) in [
            ("data", "/dev/fd/4"),
            ("data", "a=@/dev/fd/4"),
            ("data-raw", "@/dev/fd/4"),
            ("form-string", "x=@/dev/fd/4"),
            ("form", "x=/dev/fd/4"),
            ("data-urlencode", "a=@/dev/fd/4"),
            ("cookie", "a=/dev/fd/4"),
            ("write-out", "/dev/fd/4"),
            ("user-agent", "/dev/fd/4"),
            ("output", "/dev/fd/4"),
        ] {
            assert!(!reads(name, value), "{name} {value}");
        }
        let upload = Item::long(options::by_name(b"upload-file").unwrap(), b"{a,b}");
        assert!(files_read(&upload).is_err());
    }
}
