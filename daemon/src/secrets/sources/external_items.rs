//! Owns the import of secrets from keyring items of the official CLIs: which items may be read. It cannot change one.

use cp_token_protocol::message::ExternalKeyringItem;

/// The prefixes of the service names under which the official CLIs store secrets.
const SERVICE_PREFIXES: [&str; 2] = ["crashplancli::", "code42cli::"];
const MAX_NAME_LENGTH: usize = 1024;

/// Accepts only items of an official CLI, so that a client cannot have the daemon read every item of the keyring.
pub fn check_external_item(item: &ExternalKeyringItem) -> Result<(), &'static str> {
    let is_of_official_cli = SERVICE_PREFIXES.iter().any(|start| item.service.starts_with(start));
    let fits = |text: &str| (1..=MAX_NAME_LENGTH).contains(&text.len()) && !text.contains('\0');
    let is_accepted = is_of_official_cli && fits(&item.service) && fits(&item.username);
    is_accepted.then_some(()).ok_or("only items of crashplancli and code42cli are taken over")
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
        let long = "x".repeat(MAX_NAME_LENGTH + 1);
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
