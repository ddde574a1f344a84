//! Owns the changes to profiles, each in the one order in which a crash at any step leaves the old profile
//! or the new one: prove, note, store the secret, write the config, erase what is left over. Until it stores
//! something, a change is dropped with its caller.

use std::sync::Arc;

use cp_token_protocol::message::{
    EntryParts, ProfileCreate, ProfileResetSecret, ProfileSelector, ProfileUpdate,
};
use cp_token_protocol::{Failure, ProfileName, Secret};
use tokio::sync::MutexGuard;

use super::change_locks::ChangeGuard;
use super::edit::{Edit, Update};
use super::error::RegistryError;
use super::write_toml::asks_differently;
use super::{Registry, build};
use crate::base::commitment::Commitment;
use crate::failure;
use crate::profile::Profile;
use crate::registry::failure::of_registry;

impl Registry {
    /// Adds a profile. The first one becomes the default.
    ///
    /// # Errors
    /// [`Failure`]; then nothing has changed.
    pub async fn create(
        &self,
        create: ProfileCreate,
        commitment: &Commitment,
    ) -> Result<Vec<String>, Failure> {
        let _change = self.lock_for_change(&create.name).await?;
        self.try_create(create, commitment).await.map_err(|error| of_registry(&error))
    }

    /// Changes a profile.
    ///
    /// # Errors
    /// [`Failure`]; then nothing has changed.
    pub async fn update(
        &self,
        update: ProfileUpdate,
        commitment: &Commitment,
    ) -> Result<Vec<String>, Failure> {
        let _change = self.lock_for_change(&update.name).await?;
        let old = self.select(&ProfileSelector::Named(update.name.clone()))?;
        self.try_update(&old, update, commitment).await.map_err(|error| of_registry(&error))
    }

    /// Gives a profile a new secret. The old one stays until the new one has worked.
    ///
    /// # Errors
    /// [`Failure`]; then nothing has changed.
    pub async fn reset_secret(
        &self,
        reset: ProfileResetSecret,
        commitment: &Commitment,
    ) -> Result<Vec<String>, Failure> {
        let _change = self.lock_for_change(&reset.name).await?;
        let profile = self.select(&ProfileSelector::Named(reset.name.clone()))?;
        self.try_reset(&profile, reset, commitment).await.map_err(|error| of_registry(&error))
    }

    /// Removes a profile and its secret.
    ///
    /// # Errors
    /// [`Failure`]; then nothing has changed.
    pub async fn delete(&self, name: &ProfileName, commitment: &Commitment) -> Result<Vec<String>, Failure> {
        let (_change, _storing) = self.lock_for_edit(commitment).await?;
        let profile = self.select(&ProfileSelector::Named(name.clone()))?;
        self.try_delete(&profile).await.map_err(|error| of_registry(&error))
    }

    /// Makes a profile the default.
    ///
    /// # Errors
    /// [`Failure`]; then nothing has changed.
    pub async fn make_default(
        &self,
        name: &ProfileName,
        commitment: &Commitment,
    ) -> Result<Vec<String>, Failure> {
        let (_change, _storing) = self.lock_for_edit(commitment).await?;
        let written = self.edit_file(Edit::Default(name.clone())).await;
        let warning = written.map_err(|error| of_registry(&error))?;
        Ok(with_warning(format!("profile {name} is the default now"), warning))
    }

    /// That no change stores anything, for as long as it is kept; nothing where one does.
    pub fn pause_changes(&self) -> Option<MutexGuard<'_, ()>> {
        self.change_locks.try_lock_storage()
    }

    /// Waits until no change is under way.
    pub async fn wait_for_changes(&self) {
        self.change_locks.wait_idle().await;
    }

    /// One change of a profile at a time, and none while the daemon is locked. It begins with the file as it is.
    async fn lock_for_change(&self, name: &ProfileName) -> Result<ChangeGuard<'_>, Failure> {
        self.require_unlocked()?;
        let turn = self.change_locks.lock_profile(name).await.map_err(|error| of_registry(&error))?;
        self.reload().await?;
        self.require_unlocked()?;
        Ok(turn)
    }

    /// The same for a change that has nothing to verify.
    async fn lock_for_edit(
        &self,
        commitment: &Commitment,
    ) -> Result<(ChangeGuard<'_>, MutexGuard<'_, ()>), Failure> {
        self.require_unlocked()?;
        let turn = self.change_locks.lock_any().map_err(|error| of_registry(&error))?;
        let storing = self.commit(commitment).await.map_err(|error| of_registry(&error))?;
        self.reload().await?;
        Ok((turn, storing))
    }

    fn require_unlocked(&self) -> Result<(), Failure> {
        if self.deps.lock_flag.is_locked() { Err(failure::locked()) } else { Ok(()) }
    }

    async fn edit_file(&self, edit: Edit) -> Result<Option<String>, RegistryError> {
        self.write(self.file.prepare(edit).await?).await
    }

    async fn try_create(
        &self,
        create: ProfileCreate,
        commitment: &Commitment,
    ) -> Result<Vec<String>, RegistryError> {
        let config = self.config();
        let profile = build::created(&create, &config.network)?;
        if config.profiles.contains(&profile.name) {
            return Err(RegistryError::Exists(profile.name));
        }
        // Before the server hears of a secret that no profile could use, and a person is asked for one.
        let edit = self.file.require_writable(Edit::Add(Box::new(profile.clone()))).await?;
        let parts = self.with_external_secret(&profile, create.secret, create.foreign.as_ref()).await?;
        let is_asked_for = create.dry_run && profile.keeps_secret() && parts.secret.is_none();
        if is_asked_for {
            return self.dry_run_create(&profile).await;
        }
        let entry = self.new_record(None, &profile, parts).await?;
        if create.dry_run {
            return self.dry_run_create(&profile).await;
        }
        let proof = self.verify(create.verify, &profile, &entry, create.code).await;
        let proof = proof.map_err(|error| not_created(error, &profile))?;
        let _storing = self.commit(commitment).await?;
        let warning = self.store_and_write(&profile, &entry, edit).await?;
        self.deps.state.record_created(&profile.name, self.deps.clock.now().wall);
        self.save_later();
        self.install_token(&profile, proof);
        Ok(with_warning(format!("profile {} was created", profile.name), warning))
    }

    async fn try_update(
        &self,
        old: &Profile,
        mut update: ProfileUpdate,
        commitment: &Commitment,
    ) -> Result<Vec<String>, RegistryError> {
        let (parts, code) = (std::mem::take(&mut update.secret), update.code.take());
        let new = build::updated(old, &update)?;
        let gives = [&parts.secret, &parts.totp_seed, &parts.proxy_password];
        let gives = gives.iter().any(|part| part.is_some());
        if update.dry_run {
            return self.dry_run_update(Update { update, old: old.clone(), new }, parts).await;
        }
        if new == *old && !gives {
            return Ok(vec![format!("profile {} is as it was", old.name)]);
        }
        if new.identity != old.identity && new.keeps_secret() && parts.secret.is_none() {
            return Err(RegistryError::SecretNeeded);
        }
        let mut notes = vec![format!("profile {} was updated", new.name)];
        let change = Update { update, old: old.clone(), new };
        if asks_differently(old, &change.new) || gives {
            notes.extend(self.move_secret(change, parts, code, commitment).await?);
        } else {
            let _storing = self.commit(commitment).await?;
            notes.extend(self.edit_file(Edit::Change(Box::new(change))).await?);
        }
        Ok(notes)
    }

    /// Proves the secret for the changed profile, and brings it to where the changed profile looks for it.
    async fn move_secret(
        &self,
        change: Update,
        parts: EntryParts,
        code: Option<Secret>,
        commitment: &Commitment,
    ) -> Result<Vec<String>, RegistryError> {
        let (old, new) = (change.old.clone(), change.new.clone());
        let entry = self.new_record(Some(&old), &new, parts).await?;
        let verify = change.update.verify;
        let edit = self.file.require_writable(Edit::Change(Box::new(change))).await?;
        let proof = self.verify(verify, &new, &entry, code).await?;
        let _storing = self.commit(commitment).await?;
        let moved = old.secret_key() != new.secret_key() || old.secret_source != new.secret_source;
        let _under_way = if moved { self.journal_begin(&old).await? } else { None };
        let placed = self.store_and_write(&new, &entry, edit).await;
        if placed.is_err() && moved {
            self.deps.state.journal_commit(&old.secret_key());
            self.save_later();
        }
        let warning = placed?;
        // Before anything that takes time: whoever asks meanwhile need not ask the server.
        self.install_token(&new, proof);
        let left = if moved { self.erase_secret(&old).await } else { None };
        Ok(warning.into_iter().chain(left).collect())
    }

    async fn try_reset(
        &self,
        profile: &Arc<Profile>,
        reset: ProfileResetSecret,
        commitment: &Commitment,
    ) -> Result<Vec<String>, RegistryError> {
        if reset.dry_run {
            return self.dry_run_reset(profile, reset.secret).await;
        }
        if profile.keeps_secret() && reset.secret.secret.is_none() {
            return Err(RegistryError::SecretNeeded);
        }
        let entry = self.new_record(Some(profile), profile, reset.secret).await?;
        let proof = self.verify(reset.verify, profile, &entry, reset.code).await?;
        let _storing = self.commit(commitment).await?;
        self.require_unchanged(profile).await?;
        self.store(profile, &entry).await?;
        self.install_token(profile, proof);
        Ok(vec![match profile.keeps_secret() {
            true => format!("profile {} has a new secret", profile.name),
            false => format!("the secret of profile {} was looked at anew", profile.name),
        }])
    }

    /// Passes where a token request of the profile in the file still is the one that was made.
    async fn require_unchanged(&self, profile: &Profile) -> Result<(), RegistryError> {
        let overtaken = || RegistryError::Conflict(profile.name.clone(), self.file.shown());
        self.reload().await.map_err(RegistryError::Reload)?;
        let found = self.config().profiles.get(&profile.name).cloned().ok_or_else(overtaken)?;
        if asks_differently(&found, profile) { Err(overtaken()) } else { Ok(()) }
    }

    async fn try_delete(&self, profile: &Profile) -> Result<Vec<String>, RegistryError> {
        let prepared = self.file.prepare(Edit::Remove(Box::new(profile.clone()))).await?;
        let _under_way = self.journal_begin(profile).await?;
        let written = self.write(prepared).await;
        if written.is_err() {
            self.deps.state.journal_commit(&profile.secret_key());
            self.save_later();
        }
        let warning = written?;
        self.deps.state.remove(&profile.name);
        let mut notes = with_warning(format!("profile {} was deleted", profile.name), warning);
        notes.extend(self.erase_secret(profile).await);
        Ok(notes)
    }
}

/// What was done, and what people have to know besides.
fn with_warning(done: String, warning: Option<String>) -> Vec<String> {
    std::iter::once(done).chain(warning).collect()
}

fn not_created(error: RegistryError, profile: &Profile) -> RegistryError {
    if let RegistryError::Unverified(failure) = error {
        return RegistryError::NotCreated(failure, profile.name.clone());
    }
    error
}
