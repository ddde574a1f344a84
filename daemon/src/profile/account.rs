//! Owns the key of an account at a server, whichever profile uses it: an origin and a client or a user. Pure.

use cp_token_protocol::message::{Identity, TotpMethod};

use crate::profile::Profile;

/// An account as one text: `client:ID@ORIGIN` or `user:NAME@ORIGIN`. An origin has no `@`. Kinds `user` and `basic`
/// are one account: the password is the same, and so are the one-time codes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountKey(String);

/// The end of an account's text where one-time codes are sent with the password. No origin has a space.
const WITH_CODES: &str = " with codes";

impl AccountKey {
    /// The account that the profile uses, with the name exactly as it is sent.
    pub fn of(profile: &Profile) -> Self {
        Self(match &profile.identity {
            Identity::ApiClient(id) => format!("client:{id}@{}", profile.url),
            Identity::User(name) | Identity::Basic(name) => format!("user:{name}@{}", profile.url),
        })
    }

    /// The account with its kind of login: a password with a one-time code is another credential than one without.
    pub fn login(profile: &Profile) -> Self {
        let Self(account) = Self::of(profile);
        Self(if profile.totp == TotpMethod::None { account } else { account + WITH_CODES })
    }

    /// Every credential of [`AccountKey::login`] that the account may have.
    pub fn logins(profile: &Profile) -> [Self; 2] {
        let Self(account) = Self::of(profile);
        [Self(account.clone() + WITH_CODES), Self(account)]
    }

    /// As [`AccountKey::of`], in lower case: a server may take both spellings for one user. A mistake must cost only a wait.
    pub fn ignoring_case(profile: &Profile) -> Self {
        Self(Self::of(profile).0.to_lowercase())
    }

    /// The account at the profile's proxy, if it has one: the address with the user.
    pub fn at_proxy(profile: &Profile) -> Option<Self> {
        Some(Self(format!("proxy:{}", profile.network.proxy.as_ref()?)))
    }

    /// The account that [`AccountKey::as_str`] gave as this text.
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::ProfileName;
    use cp_token_protocol::message::SecretSource;

    use super::*;
    use crate::profile::Network;
    use crate::profile::request_url::RequestUrl;

    fn profile(name: &str, url: &str, identity: Identity) -> Profile {
        Profile {
            name: ProfileName::parse(name).unwrap(),
            url: RequestUrl::parse(url, false).unwrap(),
            identity,
            totp: TotpMethod::None,
            secret_source: SecretSource::Memory,
            network: Network::default(),
            insecure_http: false,
            also_for: vec![RequestUrl::parse("https://c.example", false).unwrap()],
        }
    }

    #[test]
    fn an_account_is_an_origin_and_who_asks_there_and_nothing_else() {
        let jo = || Identity::User("jo@example.com".to_owned());
        let one = profile("a", "https://a.example", jo());
        let basic = Identity::Basic("jo@example.com".to_owned());
        for same in [profile("b", "https://A.example:443", jo()), profile("c", "https://a.example", basic)] {
            assert_eq!(AccountKey::of(&same), AccountKey::of(&one));
        }
        for other in [
            profile("a", "https://c.example", jo()),
            profile("a", "https://a.example", Identity::User("al@example.com".to_owned())),
            profile("a", "https://a.example", Identity::ApiClient("jo@example.com".to_owned())),
        ] {
            assert_ne!(AccountKey::of(&other), AccountKey::of(&one));
        }
        let upper = profile("a", "https://a.example", Identity::User("Jo@Example.com".to_owned()));
        assert_ne!(AccountKey::of(&upper), AccountKey::of(&one));
        assert_eq!(AccountKey::ignoring_case(&upper), AccountKey::ignoring_case(&one));
    }
}
