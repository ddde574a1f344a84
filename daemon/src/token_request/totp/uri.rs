//! Owns the parsing of `otpauth://totp/` URIs, as in QR codes for phones. Pure.

use url::Url;
use zeroize::Zeroizing;

use super::{Algorithm, DEFAULT_PERIOD, Seed, SeedError, key};

/// The seed that the URI describes.
pub(super) fn parse(text: &str) -> Result<Seed, SeedError> {
    let uri = Url::parse(text).map_err(|_| SeedError::NotTotp)?;
    if uri.scheme() != "otpauth" || uri.host_str() != Some("totp") {
        return Err(SeedError::NotTotp);
    }
    let parameter = |name: &str| {
        uri.query_pairs()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| Zeroizing::new(value.into_owned()))
    };
    Ok(Seed {
        key: key(&parameter("secret").ok_or(SeedError::NotTotp)?)?,
        algorithm: parameter("algorithm").map_or(Ok(Algorithm::Sha1), |name| algorithm(&name))?,
        digits: number(parameter("digits").as_deref(), 6, 6..=8)?,
        period: u64::from(number(parameter("period").as_deref(), DEFAULT_PERIOD.as_secs() as u32, 5..=300)?),
    })
}

fn algorithm(name: &str) -> Result<Algorithm, SeedError> {
    match name.to_ascii_uppercase().as_str() {
        "SHA1" => Ok(Algorithm::Sha1),
        "SHA256" => Ok(Algorithm::Sha256),
        "SHA512" => Ok(Algorithm::Sha512),
        _ => Err(SeedError::Unsupported),
    }
}

fn number(
    text: Option<&String>,
    fallback: u32,
    range: std::ops::RangeInclusive<u32>,
) -> Result<u32, SeedError> {
    let number = text.map_or(Ok(fallback), |text| text.parse().map_err(|_| SeedError::Unsupported))?;
    if range.contains(&number) { Ok(number) } else { Err(SeedError::Unsupported) }
}
