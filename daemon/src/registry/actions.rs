//! Owns the single steps of changes to profiles; `change` puts them in order.

use cp_token_protocol::message::{ExternalKeyringItem, SecretParts};
use cp_token_protocol::{Failure, Secret};
use tokio::sync::MutexGuard;

use super::edit::Edit;
use super::file::PreparedEdit;
use super::{Registry, check_record, failure};
use crate::base::commit_point::Commitment;
use crate::base::files::{FileError, WriterLock};
use crate::failure::locked;
use crate::profile::Profile;
use crate::secrets::failure::{of_external, of_source};
use crate::secrets::secret_record::SecretRecord;
use crate::secrets::sources::{SourceError, check_external_item, outlives_a_crash};
use crate::token_request::FetchedToken;

impl Registry {
    /// Verifies the secret with one token request, if that is wanted. `worded` words a failure for the change.
    pub(super) async fn verify(
        &self,
        is_wanted: bool,
        profile: &Profile,
        record: &SecretRecord,
        code: Option<Secret>,
        worded: impl FnOnce(&Failure) -> Failure,
    ) -> Result<Option<FetchedToken>, Failure> {
        if !is_wanted {
            return Ok(None);
        }
        let fetched = self.unless_locked(self.deps.fetcher.verify(profile, record, code)).await?;
        fetched.map(Some).map_err(|refused| worded(&refused.failure))
    }

    /// Work before the commit may take long, and is cancelled when the daemon is locked.
    async fn unless_locked<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.deps.lock_flag.locked() => Err(locked()),
            outcome = work => Ok(outcome),
        }
    }

    /// The last moment at which a lock or a client that disconnects cancels a change.
    pub(super) async fn commit(&self, commitment: &Commitment) -> Result<MutexGuard<'_, ()>, Failure> {
        let storage = self.change_locks.storage.lock().await;
        if self.deps.lock_flag.is_locked() {
            return Err(locked());
        }
        commitment.commit();
        Ok(storage)
    }

    /// Stores the secret, then writes the config; returns a warning. A failure restores the old secret.
    pub(super) async fn store_and_write(
        &self,
        profile: &Profile,
        record: &SecretRecord,
        edit: Edit,
    ) -> Result<Option<String>, Failure> {
        let prepared = self.file.prepare(edit).await?;
        let old = match self.has_secret_of(profile) && profile.secret_source.is_writable() {
            true => self.deps.sources.load(profile).await.ok(),
            false => None,
        };
        let _change_lock = self.journal_begin(profile).await?;
        self.store(profile, record).await?;
        let written = self.write(prepared).await;
        if written.is_err() {
            self.restore_secret(profile, old).await;
        } else {
            self.journal_end(profile);
        }
        written
    }

    /// Replaces what was stored for a change that was not made with the old record.
    async fn restore_secret(&self, profile: &Profile, old: Option<SecretRecord>) {
        match old {
            Some(old) => drop(self.store(profile, &old).await),
            None if !self.has_secret_of(profile) => drop(self.erase_secret(profile).await),
            None => {}
        }
    }

    /// Whether the profile of that name in the config has the same secret.
    fn has_secret_of(&self, profile: &Profile) -> bool {
        self.config().profiles.get(&profile.name).is_some_and(|found| found.has_same_secret(profile))
    }

    /// What is to be stored for `new`: the parts that were given, and the rest from what is stored for `old`. Where
    /// cp-token does not store the secret of `new`, it is what the source has.
    pub(super) async fn new_record(
        &self,
        old: Option<&Profile>,
        new: &Profile,
        parts: SecretParts,
    ) -> Result<SecretRecord, Failure> {
        let record = if new.secret_source.is_writable() {
            let old = match old {
                Some(old) => Some(self.load(old).await),
                None => None,
            };
            // A secret that is replaced need not be readable; what is stored with it is kept if it is.
            let old = if parts.secret.is_some() { old.and_then(Result::ok) } else { old.transpose()? };
            SecretRecord::merged(old, parts).ok_or_else(failure::secret_needed)?
        } else if parts.is_empty() {
            self.load(new).await?
        } else {
            return Err(failure::read_only_source());
        };
        check_record::fit_record(record, new)
    }

    /// What the caller gave to be stored for `profile`, with the secret of another program's keyring item if one is named.
    pub(super) async fn with_external_secret(
        &self,
        profile: &Profile,
        given: SecretParts,
        item: Option<&ExternalKeyringItem>,
    ) -> Result<SecretParts, Failure> {
        let Some(item) = item else { return Ok(given) };
        check_external_item(item).map_err(failure::invalid)?;
        if given.secret.is_some() {
            return Err(failure::invalid("a secret is either given or taken over"));
        }
        let found = self.deps.sources.external.load_external(item).await;
        let secret = found.map_err(|error| of_external(error, profile))?;
        Ok(SecretParts { secret: Some(secret), ..given })
    }

    async fn load(&self, profile: &Profile) -> Result<SecretRecord, Failure> {
        self.unless_locked(self.deps.sources.load(profile)).await?.map_err(|error| of_source(error, profile))
    }

    /// Stores the record, where cp-token stores the profile's secret.
    pub(super) async fn store(&self, profile: &Profile, record: &SecretRecord) -> Result<(), Failure> {
        if !profile.secret_source.is_writable() {
            return Ok(());
        }
        self.deps.sources.store(profile, record).await.map_err(|error| of_source(error, profile))
    }

    /// Passes where the profile's secret could be stored, as far as can be seen without storing it.
    pub(super) async fn require_storable(&self, profile: &Profile) -> Result<(), Failure> {
        match self.deps.sources.load(profile).await {
            // What is replaced need not be a valid secret.
            Ok(_) | Err(SourceError::Absent | SourceError::Unusable) => Ok(()),
            Err(error) => Err(of_source(error, profile)),
        }
    }

    /// Passes where the new record fits the profile and could be stored. Parts that cp-token stores may be missing.
    pub(super) async fn require_record(
        &self,
        old: &Profile,
        new: &Profile,
        parts: SecretParts,
    ) -> Result<(), Failure> {
        if !parts.is_empty() || !new.secret_source.is_writable() {
            self.new_record(Some(old), new, parts).await?;
        }
        self.require_storable(new).await
    }

    /// Erases a secret that no profile uses any more, or gives a warning: then it is erased at a later start.
    pub(super) async fn erase_secret(&self, profile: &Profile) -> Option<String> {
        if profile.secret_source.is_writable() && self.deps.sources.erase(profile).await.is_err() {
            let warning = "its secret is still in the keyring; it is removed when the keyring can be reached";
            return Some(warning.to_owned());
        }
        self.journal_end(profile);
        None
    }

    /// Writes the change into the config file, and applies the new config; returns a warning.
    pub(super) async fn write(&self, change: PreparedEdit) -> Result<Option<String>, Failure> {
        let (reading, warning) = self.file.write(change).await?;
        self.publish(reading);
        Ok(warning)
    }

    /// Begins the journal entry for the keyring item of the profile, durably. The lock is held until the change is over.
    pub(super) async fn journal_begin(&self, profile: &Profile) -> Result<Option<WriterLock>, Failure> {
        if !outlives_a_crash(&profile.secret_source) {
            return Ok(None);
        }
        let state = &self.deps.state;
        let failed = |error| failure::write_failed("the state file", &error);
        let change_lock = state.lock_for_change().await.map_err(failed)?;
        let key = profile.secret_key();
        let is_in_journal = state.journal_keys().contains(&key);
        state.journal_begin(&key);
        let saved = match state.save().await {
            // Without a journal, what a crash leaves in the keyring stays there.
            Err(FileError::ReadOnly(_)) => Ok(()),
            saved => saved,
        };
        if saved.is_err() && !is_in_journal {
            state.journal_end(&key);
        }
        saved.map(|()| Some(change_lock)).map_err(failed)
    }

    /// Ends the journal entry. The change is complete on disk by now, so nobody waits for the state file.
    pub(super) fn journal_end(&self, profile: &Profile) {
        self.deps.state.journal_end(&profile.secret_key());
        self.deps.state.write_behind();
    }

    /// Gives the token that verified a secret to the profile, if the profile would make the same token request.
    pub(super) fn install_token(&self, verified: &Profile, token: Option<FetchedToken>) {
        let current = self.config().profiles.get(&verified.name).cloned();
        match (current.filter(|profile| profile.has_same_token_request(verified)), token) {
            (Some(profile), Some(token)) => self.deps.broker.install(&profile, token),
            (Some(_), None) | (None, _) => self.deps.broker.drop_token(verified),
        }
    }
}
