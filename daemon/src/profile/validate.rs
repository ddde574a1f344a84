//! Owns the validation of client IDs, user names, command lines, paths and the sources of one-time codes. Pure.

use std::path::Path;

use cp_token_protocol::message::{Identity, SecretSource, TotpMethod};

use crate::profile::proxy::bypass::Bypass;

const MAX_NAME_LEN: usize = 256;
/// The most words of a command line, and the most bytes of all of them.
const MAX_WORDS: usize = 64;
const MAX_LINE_LEN: usize = 8192;
const MAX_HOSTS: usize = 64;
/// The longest file name that systems take, in bytes.
const MAX_FILE_NAME_LEN: usize = 255;

/// Passes an identity that fits into an HTTP Basic user name (RFC 7617). The error says what it has to be.
pub fn check_identity(identity: &Identity) -> Result<(), &'static str> {
    match identity {
        Identity::ApiClient(id) => {
            require(is_name(id) && id.bytes().all(|byte| byte.is_ascii_graphic()), BAD_CLIENT_ID)
        }
        Identity::User(name) | Identity::Basic(name) => {
            require(is_name(name) && name.trim() == name && !name.chars().any(char::is_control), BAD_USERNAME)
        }
    }
}

/// Passes a valid secret source.
pub fn check_secret_source(source: &SecretSource) -> Result<(), &'static str> {
    match source {
        SecretSource::Keyring | SecretSource::Memory => Ok(()),
        SecretSource::Command(line) => check_program(line),
        SecretSource::File(path) => {
            require(is_path(path), "the secret's file needs an absolute path of at most 4096 bytes")
        }
        SecretSource::Credential(name) => require(is_credential_name(name), BAD_CREDENTIAL_NAME),
    }
}

/// Passes a source of one-time codes that fits the identity.
pub fn check_totp(totp: &TotpMethod, identity: &Identity) -> Result<(), &'static str> {
    match (totp, identity) {
        (TotpMethod::None, _) => Ok(()),
        (_, Identity::ApiClient(_) | Identity::Basic(_)) => {
            Err("one-time codes belong to users that are traded for a token, not to an API client or basic")
        }
        (TotpMethod::Command(line), Identity::User(_)) => check_program(line),
        (TotpMethod::Ask | TotpMethod::Stored, Identity::User(_)) => Ok(()),
    }
}

/// Passes hosts, domains and networks as `NO_PROXY` lists them.
pub fn check_hosts(hosts: &[String]) -> Result<(), &'static str> {
    require(hosts.len() <= MAX_HOSTS && hosts.iter().all(|host| Bypass::parse(host).is_some()), BAD_HOST)
}

fn check_program(line: &[String]) -> Result<(), &'static str> {
    let bytes: usize = line.iter().map(|word| word.len() + 1).sum();
    let fits =
        line.len() <= MAX_WORDS && bytes <= MAX_LINE_LEN && line.iter().all(|word| !word.contains('\0'));
    require(fits, "a program line has at most 64 words and 8192 bytes")?;
    let program = line.first().ok_or("a program line needs a program")?;
    require(Path::new(program).is_absolute(), "a program needs an absolute path")
}

fn is_name(text: &str) -> bool {
    (1..=MAX_NAME_LEN).contains(&text.len()) && !text.contains(':')
}

fn is_path(path: &str) -> bool {
    Path::new(path).is_absolute() && path.len() <= 4096 && !path.contains('\0')
}

/// Whether a credential can have that name, which leads to no other directory.
pub fn is_credential_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=MAX_FILE_NAME_LEN).contains(&name.len()) && name.bytes().all(allowed) && ![".", ".."].contains(&name)
}

fn require(holds: bool, clause: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(clause) }
}

const BAD_HOST: &str = "no_proxy is a list of at most 64 entries: localhost, .example.com, 10.1.2.3, 10.0.0.0/8, HOST:PORT, or * for all";
const BAD_CLIENT_ID: &str = "a client ID is 1 to 256 visible ASCII characters without a colon";
const BAD_USERNAME: &str = "a user name is 1 to 256 bytes without a colon or control characters";
const BAD_CREDENTIAL_NAME: &str =
    "a credential's name is 1 to 255 letters, digits, dots, underscores and hyphens";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_http_basic_cannot_carry_are_refused() {
        for (name, client, user) in [
            ("key-79muGw9i424", true, true),
            ("jo@example.com", true, true),
            ("jörg@example.com", false, true),
            ("two words", false, true),
            ("", false, false),
            ("a:b", false, false),
            (" a", false, false),
            ("a\u{85}b", false, false),
            (&"x".repeat(257), false, false),
        ] {
            assert_eq!(check_identity(&Identity::ApiClient(name.into())).is_ok(), client, "{name:?}");
            assert_eq!(check_identity(&Identity::User(name.into())).is_ok(), user, "{name:?}");
            assert_eq!(check_identity(&Identity::Basic(name.into())).is_ok(), user, "{name:?}");
        }
    }

    #[test]
    fn b07_a_program_is_never_looked_for_in_a_path() {
        let line = |words: &[&str]| SecretSource::Command(words.iter().map(|&word| word.into()).collect());
        assert!(check_secret_source(&line(&["/usr/bin/pass", "show", "crash plan"])).is_ok());
        for bad in [&[][..], &["pass"], &["./pass"], &["/bin/a\0b"], &["/bin/x"; 65]] {
            assert!(check_secret_source(&line(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn places_are_absolute_paths_or_plain_names() {
        for (location, good) in [
            (SecretSource::File("/run/secrets/cp".into()), true),
            (SecretSource::File("secrets/cp".into()), false),
            (SecretSource::File("/a\0b".into()), false),
            (SecretSource::Credential("cp-token.secret_1".into()), true),
            (SecretSource::Credential("../shadow".into()), false),
            (SecretSource::Credential("..".into()), false),
            (SecretSource::Credential(String::new()), false),
        ] {
            assert_eq!(check_secret_source(&location).is_ok(), good, "{location:?}");
        }
    }

    #[test]
    fn one_time_codes_are_for_users_alone() {
        let user = Identity::User("jo".into());
        assert!(check_totp(&TotpMethod::Ask, &user).is_ok());
        assert!(check_totp(&TotpMethod::Command(vec!["/bin/code".into()]), &user).is_ok());
        assert!(check_totp(&TotpMethod::Command(vec!["code".into()]), &user).is_err());
        for other in [Identity::ApiClient("k".into()), Identity::Basic("jo".into())] {
            assert!(check_totp(&TotpMethod::None, &other).is_ok());
            assert!(check_totp(&TotpMethod::Stored, &other).is_err());
        }
    }
}
