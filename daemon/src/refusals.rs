//! Owns the memory of secrets that servers and proxies have refused: none is sent a second time unless a person says
//! so. It must not outlive the daemon.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cp_token_protocol::{Failure, ProfileName, Secret, handover};

use crate::packed;

/// The last refused secrets of each profile, with what was said of them.
#[derive(Debug, Default)]
pub struct Refusals {
    refused: Mutex<HashMap<(ProfileName, Judge), (Secret, Failure)>>,
}

/// Who has refused a secret. The same one may be good for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Judge {
    /// The server, the profile's secret.
    Server,
    /// The proxy on the way, its user's password.
    Proxy,
}

impl Judge {
    /// Both as one text; a profile's name has no space.
    fn key(self, name: &ProfileName) -> String {
        match self {
            Self::Server => format!("{name} server"),
            Self::Proxy => format!("{name} proxy"),
        }
    }
}

impl Refusals {
    /// `judge` has refused this secret.
    pub fn note(&self, name: &ProfileName, judge: Judge, secret: &Secret, failure: &Failure) {
        self.lock().insert((name.clone(), judge), (Secret::copy_of(secret.expose()), failure.clone()));
    }

    /// What was said of this very secret, where `judge` refused it.
    pub fn of(&self, name: &ProfileName, judge: Judge, secret: &Secret) -> Option<Failure> {
        let refused = self.lock();
        let (old, failure) = refused.get(&(name.clone(), judge))?;
        old.matches(secret.expose()).then(|| failure.clone())
    }

    /// A person has said that they may be tried once more, or they have worked.
    pub fn forgive(&self, name: &ProfileName) {
        self.lock().retain(|(refused, _), _| refused != name);
    }

    /// Hands the secrets over as one text, and keeps what was said of them.
    pub fn withdraw(&self) -> Secret {
        let mut refused = self.lock();
        let keys: Vec<_> = refused.keys().map(|(name, judge)| judge.key(name)).collect();
        let text =
            packed::pack(keys.iter().map(String::as_str).zip(refused.values().map(|(secret, _)| secret)));
        refused.values_mut().for_each(|(secret, _)| *secret = Secret::zeroed(0));
        text
    }

    /// Takes back what [`Refusals::withdraw`] has handed over.
    pub fn restore(&self, text: &Secret) {
        let mut refused = self.lock();
        for (key, secret) in packed::unpack(text) {
            let known = refused.iter_mut().find(|((name, judge), _)| judge.key(name) == key);
            if let Some((_, (place, _))) = known {
                *place = secret;
            }
        }
    }

    /// A copy of each, with what was said of it.
    pub fn bequeath(&self) -> Vec<handover::Refusal> {
        let refused = self.lock();
        let copy = |((name, judge), (secret, failure)): (&(ProfileName, Judge), &(Secret, Failure))| {
            let secret = Secret::copy_of(secret.expose());
            let (profile, failure) = (name.clone(), failure.clone());
            handover::Refusal { profile, by_proxy: *judge == Judge::Proxy, secret, failure }
        };
        refused.iter().map(copy).collect()
    }

    /// Takes over what [`Refusals::bequeath`] told of one.
    pub fn inherit(&self, refusal: handover::Refusal) {
        let judge = if refusal.by_proxy { Judge::Proxy } else { Judge::Server };
        self.lock().insert((refusal.profile, judge), (refusal.secret, refusal.failure));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(ProfileName, Judge), (Secret, Failure)>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::ErrorCode;

    use super::*;

    #[test]
    fn only_the_very_secret_that_was_refused_is_held_back_and_only_until_it_is_forgiven() {
        let (name, refusals) = (ProfileName::parse("a").unwrap(), Refusals::default());
        let [old, new] = [b"old", b"new"].map(|bytes| Secret::copy_of(bytes));
        refusals.note(&name, Judge::Server, &old, &Failure::new(ErrorCode::SECRET_REFUSED, "no"));
        let said = refusals.of(&name, Judge::Server, &old).map(|failure| failure.message);
        assert_eq!(said, Some("no".to_owned()));
        assert_eq!(refusals.of(&name, Judge::Server, &new), None);
        assert_eq!(refusals.of(&name, Judge::Proxy, &old), None);
        assert_eq!(refusals.of(&ProfileName::parse("b").unwrap(), Judge::Server, &old), None);
        refusals.forgive(&name);
        assert_eq!(refusals.of(&name, Judge::Server, &old), None);
    }

    #[test]
    fn what_was_withdrawn_and_taken_back_is_held_back_as_before() {
        let refusals = Refusals::default();
        let names = ["a", "b"].map(|name| ProfileName::parse(name).unwrap());
        let secret = Secret::copy_of(b"old");
        for name in &names {
            refusals.note(name, Judge::Server, &secret, &Failure::new(ErrorCode::SECRET_REFUSED, "no"));
        }
        let text = refusals.withdraw();
        assert_eq!(refusals.of(&names[0], Judge::Server, &secret), None, "nothing of it is held meanwhile");
        refusals.forgive(&names[1]);
        refusals.restore(&text);
        assert_eq!(
            refusals.of(&names[0], Judge::Server, &secret).map(|failure| failure.message),
            Some("no".to_owned())
        );
        assert_eq!(refusals.of(&names[1], Judge::Server, &secret), None);
    }
}
