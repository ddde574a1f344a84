//! Owns the check of what a person enters to be stored: a secret, a seed, a proxy's password. Pure.

use cp_token_protocol::message::TotpMethod;
use cp_token_protocol::{Failure, SECRET_LIMIT, Secret};

use super::failure;
use crate::profile::Profile;
use crate::secrets::secret_record::SecretRecord;
use crate::token_request::totp::Seed;

/// Passes a record that is valid for the profile; parts that the profile does not use are removed.
pub(super) fn fit_record(mut entry: SecretRecord, profile: &Profile) -> Result<SecretRecord, Failure> {
    if profile.totp != TotpMethod::Stored {
        entry.totp_seed = None;
    }
    if profile.network.proxy.as_ref().and_then(|proxy| proxy.user()).is_none() {
        entry.proxy_password = None;
    }
    check_record(&entry, profile)?;
    Ok(entry)
}

/// Passes a record with which the profile can request tokens. The error repeats nothing of it.
pub fn check_record(entry: &SecretRecord, profile: &Profile) -> Result<(), Failure> {
    check_secret(&entry.secret).map_err(failure::invalid_secret)?;
    if profile.totp == TotpMethod::Stored {
        let seed = entry.totp_seed.as_ref().ok_or_else(failure::seed_needed)?;
        Seed::parse(seed).map_err(failure::seed)?;
    }
    let has_user = profile.network.proxy.as_ref().is_some_and(|proxy| proxy.user().is_some());
    match &entry.proxy_password {
        Some(password) if has_user => check_secret(password).map_err(failure::invalid_secret),
        Some(_) | None => Ok(()),
    }
}

/// Passes a secret that HTTP Basic can carry and that was not cut by a line's end.
fn check_secret(secret: &Secret) -> Result<(), &'static str> {
    let bytes = secret.expose();
    if bytes.is_empty() {
        Err("the secret is empty")
    } else if bytes.len() > SECRET_LIMIT {
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
        let check = |bytes: &[u8]| check_secret(&Secret::copy_of(bytes));
        assert_eq!(check(b"DWL-mPQ"), Ok(()));
        assert_eq!(check("pässwörd with spaces: and colon".as_bytes()), Ok(()));
        assert_eq!(check(&[b'x'; SECRET_LIMIT]), Ok(()));
        for bad in [&b""[..], b"a\nb", b"a\r", b"\0", b"\xff\xfe", &[b'x'; SECRET_LIMIT + 1]] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }
}
