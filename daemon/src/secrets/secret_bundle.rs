//! Owns the encoding of several named secrets as one text, to be encrypted together. Pure, and never on disk.

use cp_token_protocol::Secret;

const LENGTH_SIZE: usize = 4;

/// Encodes each secret as: length of the name, name, length of the secret, secret.
pub fn pack<'s>(secrets: impl Iterator<Item = (&'s str, &'s Secret)> + Clone) -> Secret {
    let parts = || secrets.clone().flat_map(|(name, secret)| [name.as_bytes(), secret.expose()]);
    // A part has at most some kilobytes; even nested bundles stay below 4 GiB.
    let length = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes();
    let lengths: Vec<_> = parts().map(length).collect();
    Secret::concat(lengths.iter().zip(parts()).flat_map(|(length, part)| [length.as_slice(), part]))
}

/// The secrets of a text that [`pack`] has made; the text is authenticated, so nothing else is ever passed.
pub fn unpack(packed: &Secret) -> Vec<(String, Secret)> {
    let mut rest = packed.expose();
    let mut secrets = Vec::new();
    while let Some((name, secret)) = take(&mut rest).zip(take(&mut rest)) {
        secrets.push((String::from_utf8_lossy(name).into_owned(), Secret::copy_of(secret)));
    }
    secrets
}

fn take<'t>(text: &mut &'t [u8]) -> Option<&'t [u8]> {
    let (length, rest) = text.split_first_chunk::<LENGTH_SIZE>()?;
    let (part, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    *text = rest;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(secrets: &[(&str, Secret)]) -> Secret {
        pack(secrets.iter().map(|(name, secret)| (*name, secret)))
    }

    #[test]
    fn everything_comes_back_as_it_was() {
        assert!(unpack(&packed(&[])).is_empty());
        let secrets = [("prod key-1@https://a", "s3cr3t"), ("", "x"), ("ü", &"y".repeat(9000)), ("z", "")]
            .map(|(name, secret)| (name, Secret::copy_of(secret.as_bytes())));
        let back = unpack(&packed(&secrets));
        assert_eq!(back.len(), secrets.len());
        for ((name, secret), (old_name, old)) in back.iter().zip(&secrets) {
            assert!(name == old_name && secret.matches(old.expose()), "{name}");
        }
    }

    #[test]
    fn a_text_that_is_cut_short_is_no_reason_to_panic() {
        let whole = packed(&[("name", Secret::copy_of(b"secret"))]);
        for length in 0..whole.expose().len() {
            assert!(unpack(&Secret::copy_of(&whole.expose()[..length])).is_empty(), "{length}");
        }
    }
}
