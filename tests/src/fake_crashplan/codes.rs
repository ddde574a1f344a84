//! Owns how the server checks one-time codes: RFC 6238 on a library of its own, one step of tolerance, and no code
//! twice. Time is an argument.

use std::collections::HashSet;
use std::time::Duration;

use ring::hmac;

/// What a user's one-time codes are checked by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Codes {
    /// The user has none.
    None,
    /// This one, however often.
    Fixed(String),
    /// Those of this seed, each once.
    Computed {
        /// The key, not encoded.
        key: Vec<u8>,
        /// The length of a time step, in seconds.
        period: u64,
        /// What was taken already.
        used: HashSet<String>,
    },
}

impl Codes {
    /// Whether the code is right; a right one of a seed is used up.
    pub(super) fn take(&mut self, code: Option<&str>, wall: Duration) -> bool {
        match self {
            Self::None => true,
            Self::Fixed(right) => code == Some(right),
            Self::Computed { key, period, used } => {
                let step = wall.as_secs() / *period;
                let is_right = |code: &str| (step - 1..=step + 1).any(|step| compute(key, step) == code);
                code.is_some_and(|code| is_right(code) && used.insert(code.to_owned()))
            }
        }
    }
}

/// Six digits of HMAC-SHA-1.
fn compute(key: &[u8], step: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let start = usize::from(tag.as_ref()[19] & 0x0f);
    let bytes: [u8; 4] = tag.as_ref()[start..start + 4].try_into().expect("four bytes of twenty");
    format!("{:06}", (u32::from_be_bytes(bytes) & 0x7fff_ffff) % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_vector_of_rfc_6238_holds_and_no_code_is_taken_twice() {
        let mut codes =
            Codes::Computed { key: b"12345678901234567890".to_vec(), period: 30, used: HashSet::new() };
        let at = Duration::from_secs(59);
        assert!(!codes.take(None, at) && !codes.take(Some("287083"), at));
        assert!(codes.take(Some("287082"), at) && !codes.take(Some("287082"), at));
        assert!(!codes.take(Some("081804"), at), "a code of another year");
    }
}
