//! Owns the text of a stored secret: the secret on the first line, then named lines. Pure, and the same for every source.

use cp_token_protocol::Secret;
use cp_token_protocol::message::SecretParts;

const SEED_NAME: &[u8] = b"totp:";
const SEED_URI: &[u8] = b"otpauth://";
const PROXY_PASSWORD_NAME: &[u8] = b"proxy-password:";

/// What a secret source stores for one profile.
#[derive(Debug)]
pub struct SecretRecord {
    /// The client secret or the password.
    pub secret: Secret,
    /// The seed of the one-time codes, as it was entered.
    pub totp_seed: Option<Secret>,
    /// The password of the proxy's user.
    pub proxy_password: Option<Secret>,
}

impl SecretRecord {
    /// Parses a stored text. The first line is the secret. Of the others, `totp: SEED`, an `otpauth://` URI and
    /// `proxy-password: PASSWORD` have a meaning, and a second line without a name is a seed; others are ignored.
    pub fn parse(text: &Secret) -> Self {
        let mut lines = text.expose().split(|&byte| byte == b'\n').map(without_return);
        let mut record = Self::of(Secret::copy_of(lines.next().unwrap_or_default()));
        for (number, line) in lines.enumerate() {
            if let Some(password) = line.strip_prefix(PROXY_PASSWORD_NAME) {
                record.proxy_password.get_or_insert_with(|| Secret::copy_of(password.trim_ascii()));
            } else if let Some(seed) = seed(line, number == 0) {
                record.totp_seed.get_or_insert_with(|| Secret::copy_of(seed));
            }
        }
        record
    }

    /// A record with nothing but a secret.
    pub fn of(secret: Secret) -> Self {
        Self { secret, totp_seed: None, proxy_password: None }
    }

    /// The old record, if any, with `parts` replaced. `None` if that has no secret.
    pub fn merged(old: Option<Self>, parts: SecretParts) -> Option<Self> {
        let old = old.map(|old| (Some(old.secret), old.totp_seed, old.proxy_password));
        let (secret, totp_seed, proxy_password) = old.unwrap_or_default();
        Some(Self {
            secret: parts.secret.or(secret)?,
            totp_seed: parts.totp_seed.or(totp_seed),
            proxy_password: parts.proxy_password.or(proxy_password),
        })
    }

    /// The text that [`SecretRecord::parse`] reads back as this record.
    pub fn text(&self) -> Secret {
        let pieces = [
            (&b""[..], Some(&self.secret)),
            (&b"\ntotp: "[..], self.totp_seed.as_ref()),
            (&b"\nproxy-password: "[..], self.proxy_password.as_ref()),
        ];
        let present = pieces.iter().filter_map(|(name, part)| Some([*name, part.as_ref()?.expose()]));
        Secret::concat(present.flatten())
    }
}

fn seed(line: &[u8], is_second: bool) -> Option<&[u8]> {
    if let Some(seed) = line.strip_prefix(SEED_NAME) {
        return Some(seed.trim_ascii());
    }
    let is_bare = is_second && !line.is_empty() && !line.contains(&b':');
    (line.starts_with(SEED_URI) || is_bare).then(|| line.trim_ascii())
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> [String; 3] {
        let record = SecretRecord::parse(&Secret::copy_of(text.as_bytes()));
        let show = |part: Option<Secret>| {
            part.map_or("-".to_owned(), |part| String::from_utf8_lossy(part.expose()).into_owned())
        };
        [show(Some(record.secret)), show(record.totp_seed), show(record.proxy_password)]
    }

    #[test]
    fn the_first_line_is_the_secret_and_named_lines_are_found_anywhere_below() {
        assert_eq!(read("s3cret"), ["s3cret", "-", "-"]);
        assert_eq!(read("s3cret\r\nJBSW Y3DP\r\n"), ["s3cret", "JBSW Y3DP", "-"]);
        assert_eq!(read("a:b\nuser: jo\ntotp: JBSWY3DP\nproxy-password: p w "), ["a:b", "JBSWY3DP", "p w"]);
        assert_eq!(read("x\nnote: y\n\notpauth://totp/a?secret=B"), ["x", "otpauth://totp/a?secret=B", "-"]);
        assert_eq!(read("x\nnote: a seed would be here\nJBSWY3DP"), ["x", "-", "-"]);
        assert_eq!(read(""), ["", "-", "-"]);
    }

    #[test]
    fn what_is_written_reads_back() {
        for parts in [["s", "-", "-"], ["s", "JBSW", "-"], ["s", "-", "p"], ["s", "otpauth://totp/x", "p:w"]]
        {
            let part = |text: &str| (text != "-").then(|| Secret::copy_of(text.as_bytes()));
            let [secret, totp_seed, proxy_password] = parts.map(part);
            let record = SecretRecord { secret: secret.unwrap(), totp_seed, proxy_password };
            assert_eq!(read(std::str::from_utf8(record.text().expose()).unwrap()), parts);
        }
    }

    #[test]
    fn parts_that_are_given_replace_and_the_others_stay() {
        let old = || Some(SecretRecord::parse(&Secret::copy_of(b"old\ntotp: SEED")));
        let new = |text: &[u8]| SecretParts { secret: Some(Secret::copy_of(text)), ..SecretParts::default() };
        let merged = SecretRecord::merged(old(), new(b"new")).unwrap();
        assert_eq!(merged.text().expose(), b"new\ntotp: SEED");
        assert_eq!(
            SecretRecord::merged(old(), SecretParts::default()).unwrap().text().expose(),
            b"old\ntotp: SEED"
        );
        assert!(SecretRecord::merged(None, SecretParts::default()).is_none());
        assert!(SecretRecord::merged(None, new(b"x")).is_some());
    }
}
