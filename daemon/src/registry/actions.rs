//! Owns the single steps that changes to profiles are made of; in which order they are taken is `change`'s
//! business.

use std::sync::Arc;

use cp_token_protocol::Secret;
use cp_token_protocol::message::{EntryParts, SecretSource};
use tokio::sync::MutexGuard;

use super::edit::Edit;
use super::error::RegistryError;
use super::file::PreparedEdit;
use super::write_toml::asks_differently;
use super::{Registry, check_record};
use crate::base::commitment::Commitment;
use crate::base::files::{FileError, WriterLock};
use crate::profile::Profile;
use crate::secrets::secret_record::SecretRecord;
use crate::secrets::vault::VaultError;
use crate::token_request::FetchedToken;

impl Registry {
    pub(super) async fn verify(
        &self,
        verify: bool,
        profile: &Profile,
        entry: &SecretRecord,
        code: Option<Secret>,
    ) -> Result<Option<FetchedToken>, RegistryError> {
        if !verify {
            return Ok(None);
        }
        let proof = self.unless_locked(self.deps.fetcher.verify(profile, entry, code)).await?;
        proof.map(Some).map_err(|refused| RegistryError::Unverified(refused.failure))
    }

    /// What comes before a change can take its time, and is dropped when the daemon is locked.
    async fn unless_locked<T>(&self, work: impl Future<Output = T>) -> Result<T, RegistryError> {
        tokio::select! {
            biased;
            () = self.deps.lock_flag.locked() => Err(RegistryError::Locked),
            outcome = work => Ok(outcome),
        }
    }

    /// The last moment at which a change is dropped, be it because the daemon was locked or because its caller left;
    /// after it, it is let finish.
    pub(super) async fn commit(&self, commitment: &Commitment) -> Result<MutexGuard<'_, ()>, RegistryError> {
        let storing = self.change_locks.lock_storage().await;
        if self.deps.lock_flag.is_locked() {
            return Err(RegistryError::Locked);
        }
        commitment.commit();
        Ok(storing)
    }

    /// Stores the secret, then writes the config that uses it, and gives what people have to know of that. A failure takes
    /// the secret back.
    pub(super) async fn store_and_write(
        &self,
        profile: &Profile,
        entry: &SecretRecord,
        edit: Edit,
    ) -> Result<Option<String>, RegistryError> {
        let prepared = self.file.prepare(edit).await?;
        let before = match self.current(profile) {
            Some(_) if profile.keeps_secret() => self.deps.sources.load(profile).await.ok(),
            Some(_) | None => None,
        };
        let _under_way = self.journal_begin(profile).await?;
        self.store(profile, entry).await?;
        let written = self.write(prepared).await;
        if written.is_err() {
            self.restore_secret(profile, before).await;
        } else {
            self.deps.state.journal_commit(&profile.secret_key());
            self.save_later();
        }
        written
    }

    /// Puts what was stored before in the place of what was stored for a change that was not made.
    async fn restore_secret(&self, profile: &Profile, before: Option<SecretRecord>) {
        match before {
            Some(before) => drop(self.store(profile, &before).await),
            None if self.current(profile).is_none() => drop(self.erase_secret(profile).await),
            None => {}
        }
    }

    /// The profile of that name in force, where its secret is the very one.
    fn current(&self, profile: &Profile) -> Option<Arc<Profile>> {
        let found = self.config().profiles.get(&profile.name).cloned()?;
        let is_same =
            found.secret_key() == profile.secret_key() && found.secret_source == profile.secret_source;
        is_same.then_some(found)
    }

    /// What is to rest for `new`: the parts that were given, and for the rest what rests for `old`. Where the
    /// location of `new` is somebody else's to fill, what rests there.
    pub(super) async fn new_record(
        &self,
        old: Option<&Profile>,
        new: &Profile,
        parts: EntryParts,
    ) -> Result<SecretRecord, RegistryError> {
        let given =
            [&parts.secret, &parts.totp_seed, &parts.proxy_password].iter().any(|part| part.is_some());
        let entry = match (new.keeps_secret(), old) {
            (false, _) if given => return Err(RegistryError::ExternalSource),
            (false, _) => self.load(new).await?,
            (true, Some(old)) if parts.secret.is_none() => {
                SecretRecord::merged(Some(self.load(old).await?), parts).ok_or(RegistryError::SecretNeeded)?
            }
            (true, old) => {
                // A secret that is replaced need not be readable any more; what lies beside it is kept if it is.
                let beside = match old {
                    Some(old) => self.load(old).await.ok(),
                    None => None,
                };
                SecretRecord::merged(beside, parts).ok_or(RegistryError::SecretNeeded)?
            }
        };
        check_record::fit_record(entry, new)
    }

    pub(super) async fn load(&self, profile: &Profile) -> Result<SecretRecord, RegistryError> {
        let loaded = self.unless_locked(self.deps.sources.load(profile)).await?;
        loaded.map_err(|error| RegistryError::Vault(error, Box::new(profile.clone())))
    }

    pub(super) async fn store(&self, profile: &Profile, entry: &SecretRecord) -> Result<(), RegistryError> {
        if !profile.keeps_secret() {
            return Ok(());
        }
        let stored = self.deps.sources.store(profile, entry).await;
        stored.map_err(|error| RegistryError::Vault(error, Box::new(profile.clone())))
    }

    /// Passes where the profile's secret could be stored, as far as can be seen without storing it.
    pub(super) async fn require_storable(&self, profile: &Profile) -> Result<(), RegistryError> {
        match self.deps.sources.load(profile).await {
            // A secret that is replaced need not be one.
            Ok(_) | Err(VaultError::Absent | VaultError::Unusable) => Ok(()),
            Err(error) => Err(RegistryError::Vault(error, Box::new(profile.clone()))),
        }
    }

    /// Takes a secret away that no profile uses any more; what cannot be done now is done at a later start.
    pub(super) async fn erase_secret(&self, profile: &Profile) -> Option<String> {
        if profile.keeps_secret() && self.deps.sources.erase(profile).await.is_err() {
            return Some(
                "its secret is still in the keyring; it is removed when the keyring can be reached"
                    .to_owned(),
            );
        }
        self.deps.state.journal_commit(&profile.secret_key());
        self.save_later();
        None
    }

    /// Makes the change in the config file, and puts what the file means then into force. It gives what people have to know.
    pub(super) async fn write(&self, change: PreparedEdit) -> Result<Option<String>, RegistryError> {
        let (reading, warning) = self.file.write(change).await?;
        self.publish(reading);
        Ok(warning)
    }

    /// Notes, durably, that the secret may come to lie in the keyring without a profile that uses it. What it gives is kept
    /// until the change is over.
    pub(super) async fn journal_begin(&self, profile: &Profile) -> Result<Option<WriterLock>, RegistryError> {
        if profile.secret_source != SecretSource::Keyring {
            return Ok(None);
        }
        let failed = |error| RegistryError::WriteFailed("the state file".to_owned(), error);
        let under_way = self.deps.state.lock_for_change().await.map_err(failed)?;
        let key = profile.secret_key();
        let is_noted = self.deps.state.journal_keys().contains(&key);
        self.deps.state.journal_begin(&key);
        let saved = match self.deps.state.save().await {
            // Without a place for notes, what a crash leaves in the keyring stays there.
            Err(FileError::ReadOnly(_)) => Ok(()),
            saved => saved,
        };
        if saved.is_err() && !is_noted {
            self.deps.state.journal_commit(&key);
        }
        saved.map(|()| Some(under_way)).map_err(failed)
    }

    /// The change itself is complete on disk; a state file that lags behind costs a date.
    pub(super) fn save_later(&self) {
        self.deps.state.write_behind();
    }

    /// The token that proved a secret is the first one of the profile in force, where a token request of that differs in
    /// nothing from the one that was made.
    pub(super) fn install_token(&self, proved: &Profile, proof: Option<FetchedToken>) {
        let current = self.config().profiles.get(&proved.name).cloned();
        match (current.filter(|profile| !asks_differently(profile, proved)), proof) {
            (Some(profile), Some(redeemed)) => self.deps.broker.install(&profile, redeemed),
            (Some(_), None) | (None, _) => self.deps.broker.drop_token(proved),
        }
    }
}
