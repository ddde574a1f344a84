//! Owns the single steps that changes to profiles are made of; in which order they are taken is `change`'s
//! business.

use cp_token_protocol::Secret;
use cp_token_protocol::message::{EntryParts, SecretLocation};

use super::error::RegistryError;
use super::{Registry, secret};
use crate::config::edit::ConfigText;
use crate::entry::Entry;
use crate::profile::Profile;
use crate::trade::Redeemed;
use crate::vault::VaultError;

impl Registry {
    pub(super) async fn prove(
        &self,
        verify: bool,
        profile: &Profile,
        entry: &Entry,
        code: Option<Secret>,
    ) -> Result<Option<Redeemed>, RegistryError> {
        if !verify {
            return Ok(None);
        }
        let proof = self.unless_locked(self.redeemer.prove(profile, entry, code)).await?;
        proof.map(Some).map_err(|unredeemed| RegistryError::Unproved(unredeemed.failure))
    }

    /// What comes before a change can take its time, and is dropped when the daemon is locked.
    async fn unless_locked<T>(&self, work: impl Future<Output = T>) -> Result<T, RegistryError> {
        tokio::select! {
            biased;
            () = self.gate.closed() => Err(RegistryError::Locked),
            outcome = work => Ok(outcome),
        }
    }

    /// The last moment at which a change is dropped because the daemon was locked; after it, it is let finish.
    pub(super) fn require_open(&self) -> Result<(), RegistryError> {
        if self.gate.is_closed() { Err(RegistryError::Locked) } else { Ok(()) }
    }

    /// Stores the secret, then writes the config that uses it. A failure takes the secret back.
    pub(super) async fn place(
        &self,
        profile: &Profile,
        entry: &Entry,
        text: &ConfigText,
    ) -> Result<(), RegistryError> {
        self.require_open()?;
        self.unsettle(profile).await?;
        self.store(profile, entry).await?;
        if let Err(error) = self.write(text).await {
            let used =
                self.config().profiles.values().any(|other| other.secret_key() == profile.secret_key());
            if !used {
                self.clear(profile).await;
            }
            return Err(error);
        }
        self.state.settle(&profile.secret_key());
        self.save_softly().await;
        Ok(())
    }

    /// What is to rest for `new`: the parts that were given, and for the rest what rests for `old`. Where the
    /// location of `new` is somebody else's to fill, what rests there.
    pub(super) async fn entry(
        &self,
        old: Option<&Profile>,
        new: &Profile,
        parts: EntryParts,
    ) -> Result<Entry, RegistryError> {
        let given =
            [&parts.secret, &parts.totp_seed, &parts.proxy_password].iter().any(|part| part.is_some());
        let entry = match (new.keeps_secret(), old) {
            (false, _) if given => return Err(RegistryError::NotOurs),
            (false, _) => self.stored(new).await?,
            (true, Some(old)) if parts.secret.is_none() => {
                Entry::merged(Some(self.stored(old).await?), parts).ok_or(RegistryError::SecretNeeded)?
            }
            (true, old) => {
                // A secret that is replaced need not be readable any more; what lies beside it is kept if it is.
                let beside = match old {
                    Some(old) => self.stored(old).await.ok(),
                    None => None,
                };
                Entry::merged(beside, parts).ok_or(RegistryError::SecretNeeded)?
            }
        };
        secret::suited(entry, new)
    }

    pub(super) async fn stored(&self, profile: &Profile) -> Result<Entry, RegistryError> {
        let loaded = self.unless_locked(self.sources.load(profile)).await?;
        loaded.map_err(|error| RegistryError::Vault(error, Box::new(profile.clone())))
    }

    pub(super) async fn store(&self, profile: &Profile, entry: &Entry) -> Result<(), RegistryError> {
        if !profile.keeps_secret() {
            return Ok(());
        }
        let stored = self.sources.store(profile, entry).await;
        stored.map_err(|error| RegistryError::Vault(error, Box::new(profile.clone())))
    }

    /// Passes where the profile's secret could be stored, as far as can be seen without storing it.
    pub(super) async fn require_place(&self, profile: &Profile) -> Result<(), RegistryError> {
        match self.sources.load(profile).await {
            Ok(_) | Err(VaultError::Absent) => Ok(()),
            Err(error) => Err(RegistryError::Vault(error, Box::new(profile.clone()))),
        }
    }

    /// Takes a secret away that no profile uses any more; what cannot be done now is done at a later start.
    pub(super) async fn clear(&self, profile: &Profile) -> Option<String> {
        if profile.keeps_secret() && self.sources.erase(profile).await.is_err() {
            return Some(
                "its secret is still in the keyring; it is removed when the keyring can be reached"
                    .to_owned(),
            );
        }
        self.state.settle(&profile.secret_key());
        self.save_softly().await;
        None
    }

    pub(super) async fn write(&self, text: &ConfigText) -> Result<(), RegistryError> {
        self.file.write(text).await?;
        let _ = self.reload();
        Ok(())
    }

    /// Notes, durably, that the secret may come to lie in the keyring without a profile that uses it.
    pub(super) async fn unsettle(&self, profile: &Profile) -> Result<(), RegistryError> {
        if profile.secret_source != SecretLocation::Keyring {
            return Ok(());
        }
        self.state.unsettle(&profile.secret_key());
        let saved = self.state.save().await;
        saved.map_err(|error| RegistryError::WriteFailed("the state file".to_owned(), error))
    }

    /// The change itself is complete on disk; a state file that lags behind costs a date.
    pub(super) async fn save_softly(&self) {
        if let Err(problem) = self.state.save().await {
            tracing::warn!(%problem, "the state file was not written");
        }
    }

    /// The profile is in force; the token that proved its secret is its first token.
    pub(super) fn take(&self, profile: &Profile, proof: Option<Redeemed>) {
        let in_force = self.config().profiles.get(&profile.name).cloned();
        match (in_force, proof) {
            (Some(profile), Some(redeemed)) => self.broker.install(&profile, redeemed),
            (Some(_), None) | (None, _) => self.broker.forget(&profile.name),
        }
    }
}
