//! Owns the grammar of an access token, which every token of the program obeys. It does not interpret the content.

use std::fmt;

use crate::Secret;

/// The longest token accepted, in bytes.
pub const TOKEN_LIMIT: usize = 8192;

/// A bearer token (RFC 6750, section 2.1): `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`. It needs no
/// quoting in a header, a shell or a terminal. As a [`Secret`], it is neither displayed, cloned nor serialised.
pub struct AccessToken(Secret);

/// Why bytes are not an access token. It contains none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It has no bytes.
    #[error("the token is empty")]
    Empty,
    /// More than [`TOKEN_LIMIT`] bytes.
    #[error("the token is longer than {TOKEN_LIMIT} bytes")]
    TooLong,
    /// A byte that RFC 6750 does not allow, or `=` before the end.
    #[error("the token has a character that bearer tokens do not have")]
    BadCharacter,
}

impl AccessToken {
    /// Takes the bytes if they are a token.
    pub fn parse(secret: Secret) -> Result<Self, TokenError> {
        check(secret.expose())?;
        Ok(Self(secret))
    }

    /// As [`AccessToken::parse`], copying the bytes.
    pub fn copy_of(bytes: &[u8]) -> Result<Self, TokenError> {
        check(bytes)?;
        Ok(Self(Secret::copy_of(bytes)))
    }

    /// The token's text, visible ASCII. The caller is responsible for where it goes.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }

    /// Whether `other` is the same token, compared in constant time.
    pub fn matches(&self, other: &AccessToken) -> bool {
        self.0.matches(other.expose())
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("AccessToken(redacted)")
    }
}

pub(crate) fn check(bytes: &[u8]) -> Result<(), TokenError> {
    if bytes.is_empty() {
        return Err(TokenError::Empty);
    }
    if bytes.len() > TOKEN_LIMIT {
        return Err(TokenError::TooLong);
    }
    let padding = bytes.iter().rev().take_while(|&&byte| byte == b'=').count();
    let body = &bytes[..bytes.len() - padding];
    if body.is_empty() || !body.iter().all(|&byte| is_token_character(byte)) {
        return Err(TokenError::BadCharacter);
    }
    Ok(())
}

fn is_token_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_the_vendor_and_of_the_rfc_pass() {
        for token in ["eyJjdHkiO_bxYJOOn28y...5HGtGHgJzHVCE8zfy1qRBf_rhchA", "mF_9.B5f-4.1JqM", "a+/~b=="] {
            assert!(AccessToken::copy_of(token.as_bytes()).is_ok(), "{token}");
        }
        assert!(AccessToken::copy_of(&[b'a'; TOKEN_LIMIT]).is_ok());
    }

    #[test]
    fn g10_anything_that_could_break_out_of_a_line_is_refused() {
        for bad in
            ["", "=", "a b", "a\n", "\ra", "a\0b", "a\x1b[0m", "é", "a=b", "a\"", "a'", "$(x)", "a;b", "a,b"]
        {
            assert!(AccessToken::copy_of(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert_eq!(AccessToken::copy_of(&[b'a'; TOKEN_LIMIT + 1]).err(), Some(TokenError::TooLong));
    }

    #[test]
    fn every_byte_is_decided_as_the_rfc_says() {
        let allowed: Vec<u8> = (0..=255).filter(|&b| AccessToken::copy_of(&[b]).is_ok()).collect();
        let expected =
            "+-./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~".as_bytes().to_vec();
        assert_eq!(allowed, expected);
    }
}
