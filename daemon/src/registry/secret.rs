//! Owns the grammar of a secret that a person enters. Pure.

use cp_token_protocol::Secret;

/// The longest secret a person may enter, in bytes.
const LIMIT: usize = 4096;

/// Passes a secret that HTTP Basic can carry and that was not cut by a line's end.
///
/// # Errors
/// One clause that says what is wrong, without the secret.
pub(super) fn check(secret: &Secret) -> Result<(), &'static str> {
    let bytes = secret.expose();
    if bytes.is_empty() {
        Err("the secret is empty")
    } else if bytes.len() > LIMIT {
        Err("the secret is longer than 4096 bytes")
    } else if bytes.iter().any(u8::is_ascii_control) {
        Err("the secret has a line break or another control character")
    } else if std::str::from_utf8(bytes).is_err() {
        Err("the secret is not UTF-8")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_secrets_pass_and_broken_ones_are_named() {
        let check = |bytes: &[u8]| check(&Secret::copy_of(bytes));
        assert_eq!(check(b"DWL-mPQ"), Ok(()));
        assert_eq!(check("pässwörd with spaces: and colon".as_bytes()), Ok(()));
        assert_eq!(check(&[b'x'; LIMIT]), Ok(()));
        for bad in [&b""[..], b"a\nb", b"a\r", b"\0", b"\xff\xfe", &[b'x'; LIMIT + 1]] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
