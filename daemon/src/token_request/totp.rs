//! Owns time-based one-time codes (RFC 6238): a seed as people write it, and the code of a time step. Pure: time is an
//! argument, and nothing is stored.

use std::time::Duration;

use cp_token_protocol::Secret;
use data_encoding::BASE32_NOPAD;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

pub mod steps;
mod uri;

/// The length of a time step, if a seed has no other (RFC 6238, section 5.2).
pub const DEFAULT_PERIOD: Duration = Duration::from_secs(30);

/// The key of codes, and how they are computed.
pub struct Seed {
    key: Zeroizing<Vec<u8>>,
    algorithm: Algorithm,
    digits: u32,
    period: u64,
}

/// The hash below the HMAC (RFC 6238, section 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha1,
    Sha256,
    Sha512,
}

/// Why a text is no seed. It quotes nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SeedError {
    /// The text is neither base32 nor an `otpauth` URI.
    #[error("the seed of the one-time codes is not base32 (A-Z and 2-7)")]
    NotBase32,
    /// The key is empty or too long.
    #[error("the seed of the one-time codes is empty or longer than 512 bytes")]
    Length,
    /// The URI does not describe time-based codes.
    #[error("the seed's otpauth URI is not of the form otpauth://totp/NAME?secret=SEED")]
    NotTotp,
    /// The URI has an algorithm, number of digits or period that no server of the vendor's uses.
    #[error(
        "the seed's otpauth URI asks for a code that is not six to eight digits of SHA1, SHA256 or SHA512"
    )]
    Unsupported,
}

/// The longest key, in bytes.
const MAX_KEY_LENGTH: usize = 512;

impl Seed {
    /// Parses a seed: base32 (RFC 4648, section 6; case, spaces, hyphens and padding do not matter), or
    /// an `otpauth://totp/` URI.
    ///
    /// # Errors
    /// [`SeedError`].
    pub fn parse(text: &Secret) -> Result<Self, SeedError> {
        let text = std::str::from_utf8(text.expose()).map_err(|_| SeedError::NotBase32)?.trim();
        let seed = match text.strip_prefix("otpauth:") {
            Some(_) => uri::parse(text)?,
            None => Self {
                key: key(text)?,
                algorithm: Algorithm::Sha1,
                digits: 6,
                period: DEFAULT_PERIOD.as_secs(),
            },
        };
        if (1..=MAX_KEY_LENGTH).contains(&seed.key.len()) { Ok(seed) } else { Err(SeedError::Length) }
    }

    /// The length of a time step.
    pub fn period(&self) -> Duration {
        Duration::from_secs(self.period)
    }

    /// The code of a time step, counted from 1970 (RFC 6238, section 4; RFC 4226, section 5.3).
    pub fn code(&self, step: u64) -> Secret {
        let digest = match self.algorithm {
            Algorithm::Sha1 => digest::<Hmac<Sha1>>(&self.key, step),
            Algorithm::Sha256 => digest::<Hmac<Sha256>>(&self.key, step),
            Algorithm::Sha512 => digest::<Hmac<Sha512>>(&self.key, step),
        };
        let digits = self.digits as usize;
        let number = truncated(&digest) % 10_u32.pow(self.digits);
        Secret::copy_of(Zeroizing::new(format!("{number:0digits$}")).as_bytes())
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Seed(redacted, {:?}, {} digits, {} s)", self.algorithm, self.digits, self.period)
    }
}

/// Whether a text has the form of a code: six to eight digits, as the vendor's article has it.
pub fn is_code(code: &Secret) -> bool {
    (6..=8).contains(&code.expose().len()) && code.expose().iter().all(u8::is_ascii_digit)
}

fn digest<M: Mac + KeyInit>(key: &[u8], step: u64) -> Zeroizing<Vec<u8>> {
    // An HMAC takes keys of every length; the empty digest of the impossible error would only give a wrong code.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return Zeroizing::default() };
    mac.update(&step.to_be_bytes());
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

/// Dynamic truncation (RFC 4226, section 5.3).
fn truncated(digest: &[u8]) -> u32 {
    let start = usize::from(digest.last().copied().unwrap_or_default() & 0x0f);
    let bytes = digest.get(start..start + 4).and_then(|bytes| bytes.try_into().ok());
    u32::from_be_bytes(bytes.unwrap_or_default()) & 0x7fff_ffff
}

fn key(text: &str) -> Result<Zeroizing<Vec<u8>>, SeedError> {
    let bare = |byte: &u8| !byte.is_ascii_whitespace() && *byte != b'-' && *byte != b'=';
    let letters: Zeroizing<Vec<u8>> =
        Zeroizing::new(text.bytes().filter(bare).map(|byte| byte.to_ascii_uppercase()).collect());
    BASE32_NOPAD.decode(&letters).map(Zeroizing::new).map_err(|_| SeedError::NotBase32)
}

#[cfg(test)]
mod tests;
