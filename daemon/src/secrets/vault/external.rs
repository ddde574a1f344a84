//! Owns the one look into what another program keeps: which items may be looked at, and what they are asked for. It
//! knows no way to change one.

use std::future::Future;
use std::pin::Pin;

use cp_token_protocol::Secret;
use cp_token_protocol::message::ExternalKeyringItem;

use super::backend::VaultError;

/// What the services begin with under which the official CLIs keep a profile's secret.
const SERVICES: [&str; 2] = ["crashplancli::", "code42cli::"];
/// The longest service and user name, in bytes.
const LIMIT: usize = 1024;

/// A place where other programs keep secrets.
pub trait ExternalItems: Send + Sync {
    /// A copy of the item's secret.
    ///
    /// # Errors
    /// [`VaultError`].
    fn load_external<'a>(
        &'a self,
        item: &'a ExternalKeyringItem,
    ) -> Pin<Box<dyn Future<Output = Result<Secret, VaultError>> + Send + 'a>>;
}

/// Passes an item of an official CLI: whoever may ask for a profile may not have every other item read.
///
/// # Errors
/// One clause that says what it has to be.
pub fn check_external_item(item: &ExternalKeyringItem) -> Result<(), &'static str> {
    let is_theirs = SERVICES.iter().any(|start| item.service.starts_with(start));
    let fits = |text: &str| (1..=LIMIT).contains(&text.len()) && !text.contains('\0');
    if is_theirs && fits(&item.service) && fits(&item.username) {
        Ok(())
    } else {
        Err("only items of crashplancli and code42cli are taken over")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_item_but_those_of_the_official_clis_is_looked_at() {
        let check = |service: &str, username: &str| {
            check_external_item(&ExternalKeyringItem { service: service.into(), username: username.into() })
        };
        assert_eq!(check("crashplancli::prod", "key-1"), Ok(()));
        assert_eq!(check("code42cli::A Person", "Alex.Doe@example.com"), Ok(()));
        let long = "x".repeat(LIMIT + 1);
        for (service, username) in [
            ("cp-token", "prod key-1@https://a.example"),
            ("crashplancli", "x"),
            ("login crashplancli::prod", "x"),
            ("", "x"),
            ("crashplancli::prod", ""),
            ("crashplancli::a\0b", "x"),
            ("crashplancli::prod", long.as_str()),
        ] {
            assert!(check(service, username).is_err(), "{service:?} {username:.20}");
        }
    }
}
