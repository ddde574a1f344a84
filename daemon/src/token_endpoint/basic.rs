//! Owns the credentials of HTTP Basic (RFC 7617), both parts unchanged, not form-encoded. Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cp_token_protocol::Secret;
use zeroize::Zeroizing;

use super::error::TokenRequestError;

/// The scheme in the `Authorization` header.
pub(super) const BASIC: &[u8] = b"Basic ";

/// User name and password, or client ID and secret, as `Authorization: Basic` carries them.
///
/// # Errors
/// [`TokenRequestError::BadName`] if the name has a colon or a control character.
pub fn basic_credentials(name: &str, secret: &Secret) -> Result<Zeroizing<String>, TokenRequestError> {
    if name.bytes().any(|byte| byte == b':' || byte.is_ascii_control()) {
        return Err(TokenRequestError::BadName);
    }
    let plain = Zeroizing::new([name.as_bytes(), b":", secret.expose()].concat());
    Ok(Zeroizing::new(STANDARD.encode(&plain[..])))
}

/// The value of the `Authorization` header.
pub(super) fn authorization(name: &str, secret: &Secret) -> Result<Zeroizing<Vec<u8>>, TokenRequestError> {
    let credentials = basic_credentials(name, secret)?;
    Ok(Zeroizing::new([BASIC, credentials.as_bytes()].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authorization_is_that_of_the_vendors_article() {
        let value = authorization("key-42", &Secret::copy_of(b"s3cr3t:/+")).unwrap();
        assert_eq!(&value[..], b"Basic a2V5LTQyOnMzY3IzdDovKw==");
    }

    #[test]
    fn a_name_that_would_shift_the_secret_is_refused() {
        for name in ["key:42", "key\r\nX: y", "key\0"] {
            let refusal = authorization(name, &Secret::copy_of(b"s")).unwrap_err();
            assert_eq!(refusal, TokenRequestError::BadName, "{name:?}");
        }
    }
}
