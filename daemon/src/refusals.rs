//! Owns the memory of secrets that servers have refused: none is sent a second time unless a person says so. It
//! must not outlive the daemon.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cp_token_protocol::{Failure, ProfileName, Secret};

use crate::packed;

/// The last refused secret of each profile, with what was said of it.
#[derive(Debug, Default)]
pub struct Refusals {
    refused: Mutex<HashMap<ProfileName, (Secret, Failure)>>,
}

impl Refusals {
    /// The server has refused this secret.
    pub fn note(&self, name: &ProfileName, secret: &Secret, failure: &Failure) {
        self.lock().insert(name.clone(), (Secret::copy_of(secret.expose()), failure.clone()));
    }

    /// What the server said of this very secret, where it refused it.
    pub fn of(&self, name: &ProfileName, secret: &Secret) -> Option<Failure> {
        let refused = self.lock();
        let (old, failure) = refused.get(name)?;
        old.matches(secret.expose()).then(|| failure.clone())
    }

    /// A person has said that it may be tried once more, or it has worked.
    pub fn forgive(&self, name: &ProfileName) {
        self.lock().remove(name);
    }

    /// Hands the secrets over as one text, and keeps what was said of them.
    pub fn withdraw(&self) -> Secret {
        let mut refused = self.lock();
        let text = packed::pack(refused.iter().map(|(name, (secret, _))| (name.as_str(), secret)));
        refused.values_mut().for_each(|(secret, _)| *secret = Secret::zeroed(0));
        text
    }

    /// Takes back what [`Refusals::withdraw`] has handed over.
    pub fn restore(&self, text: &Secret) {
        let mut refused = self.lock();
        for (name, secret) in packed::unpack(text) {
            if let Some((place, _)) = ProfileName::parse(&name).ok().and_then(|name| refused.get_mut(&name)) {
                *place = secret;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ProfileName, (Secret, Failure)>> {
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
        refusals.note(&name, &old, &Failure::new(ErrorCode::SECRET_REFUSED, "no"));
        assert_eq!(refusals.of(&name, &old).map(|failure| failure.message), Some("no".to_owned()));
        assert_eq!(refusals.of(&name, &new), None);
        assert_eq!(refusals.of(&ProfileName::parse("b").unwrap(), &old), None);
        refusals.forgive(&name);
        assert_eq!(refusals.of(&name, &old), None);
    }

    #[test]
    fn what_was_withdrawn_and_taken_back_is_held_back_as_before() {
        let refusals = Refusals::default();
        let names = ["a", "b"].map(|name| ProfileName::parse(name).unwrap());
        let secret = Secret::copy_of(b"old");
        for name in &names {
            refusals.note(name, &secret, &Failure::new(ErrorCode::SECRET_REFUSED, "no"));
        }
        let text = refusals.withdraw();
        assert_eq!(refusals.of(&names[0], &secret), None, "nothing of it is held meanwhile");
        refusals.forgive(&names[1]);
        refusals.restore(&text);
        assert_eq!(refusals.of(&names[0], &secret).map(|failure| failure.message), Some("no".to_owned()));
        assert_eq!(refusals.of(&names[1], &secret), None);
    }
}
