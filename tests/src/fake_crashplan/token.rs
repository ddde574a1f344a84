//! Owns the look of a made-up token. It keeps no list of those it made.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A token no other call ever returns. It looks like the vendor's: a JWE in compact form whose header begins
/// with `cty`, hence `eyJjdHkiO`; about 700 characters of base64url in five parts.
pub(super) fn unique() -> String {
    let header = format!(
        r#"{{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP-256","kid":"{}"}}"#,
        encoded(&random::<9>())
    );
    let parts = [
        encoded(header.as_bytes()),
        encoded(&random::<256>()),
        encoded(&random::<12>()),
        encoded(&random::<160>()),
        encoded(&random::<16>()),
    ];
    parts.join(".")
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let source = rustls::crypto::ring::default_provider().secure_random;
    source.fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_unique_and_look_like_the_vendors() {
        let (one, other) = (unique(), unique());
        assert_ne!(one, other);
        assert!(one.starts_with("eyJjdHkiO"));
        assert_eq!(one.split('.').count(), 5);
        assert!((300..1000).contains(&one.len()));
    }
}
