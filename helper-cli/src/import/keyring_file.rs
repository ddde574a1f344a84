//! Owns the plain file of keyrings.alt, the fallback of Python's keyring: secrets in base64 and nothing more. It only reads.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cp_token_protocol::{Failure, Secret};

use super::{broken, ini, read};

/// The longest secret in base64, line ends not counted.
const MAX_LENGTH: usize = 8192;

#[derive(Debug)]
pub(crate) struct KeyringFile {
    pub(crate) path: PathBuf,
    bytes: Secret,
}

impl KeyringFile {
    /// The file where `keyring` looks for it; `None` if there is none.
    pub(crate) fn open(home: &Path, data_home: Option<PathBuf>) -> Result<Option<Self>, Failure> {
        let data_home = data_home.filter(|path| path.is_absolute());
        let data_home = data_home.unwrap_or_else(|| home.join(".local/share"));
        let path = data_home.join("python_keyring/keyring_pass.cfg");
        Ok(read(&path)?.map(|bytes| Self { path, bytes }))
    }

    /// The secret that it holds for this user of this service; `None` if it holds none.
    pub(crate) fn find(&self, service: &str, username: &str) -> Result<Option<Secret>, Failure> {
        let text = std::str::from_utf8(self.bytes.expose());
        let text = text.map_err(|_| broken(&self.path, None, "it is not UTF-8 text"))?;
        let sections = ini::parse(text).map_err(|flaw| broken(&self.path, Some(flaw.line), flaw.problem))?;
        let service = escaped(service);
        let Some(section) = sections.iter().find(|section| section.name == service) else { return Ok(None) };
        // configparser keeps keys in lower case, the letters of an escape included.
        let Some(lines) = section.lines(&escaped(username).to_lowercase()) else { return Ok(None) };
        let secret = decoded(lines).ok_or_else(|| broken(&self.path, None, "a value in it is not base64"))?;
        Ok(Some(secret).filter(|secret| !secret.expose().is_empty()))
    }
}

/// The text as keyrings.alt writes names: every byte but ASCII letters and digits as `_XX`.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("_{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn decoded(lines: &[&str]) -> Option<Secret> {
    let length = lines.iter().map(|line| line.len()).sum();
    if length > MAX_LENGTH {
        return None;
    }
    let encoded = Secret::concat(lines.iter().map(|line| line.as_bytes()));
    let mut decoded = Secret::zeroed(length);
    let length = STANDARD.decode_slice(encoded.expose(), decoded.bytes_mut()).ok()?;
    Some(Secret::copy_of(&decoded.expose()[..length]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(text: &[u8]) -> KeyringFile {
        KeyringFile { path: "/k".into(), bytes: Secret::copy_of(text) }
    }

    #[test]
    fn a_secret_is_found_by_escaped_service_and_lower_case_user() {
        let text = b"[crashplancli_3A_3APr_C3_B6d]\nalex_2edoe_40example_2ecom = \n\tczNj\n\tcmV0IHA=\n\n[b]\nkey_2d1 = !\nkey_2d2 =\n";
        let file = file(text);
        let found = |service, user| file.find(service, user).map(|found| found.map(|s| s.expose().to_vec()));
        assert_eq!(found("crashplancli::Pröd", "Alex.Doe@example.com"), Ok(Some(b"s3cret p".to_vec())));
        assert_eq!(found("crashplancli::pröd", "Alex.Doe@example.com"), Ok(None));
        assert_eq!(found("crashplancli::Pröd", "alex"), Ok(None));
        assert_eq!(found("b", "key-2"), Ok(None), "an empty secret is none");
        assert!(found("b", "key-1").is_err());
    }

    #[test]
    fn a_broken_file_is_reported_by_its_line_and_never_by_its_content() {
        let failure = file(b"[a]\nsecret").find("a", "b").expect_err("a flaw");
        assert_eq!(failure.message, "/k, line 2: it has no =");
        assert!(file(b"\xff\xfe").find("a", "b").is_err());
        let long = format!("[a]\nb = {}", "A".repeat(MAX_LENGTH + 4));
        assert!(file(long.as_bytes()).find("a", "b").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), value in "[A-Za-z0-9+/= \n\t]{0,80}") {
            let _ = file(&bytes).find("a", "b");
            let _ = file(format!("[a]\nb = {value}").as_bytes()).find("a", "b");
        }
    }
}
