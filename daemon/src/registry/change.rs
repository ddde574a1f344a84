//! Owns the changes to profiles, each in the order in which a crash at any step leaves the old profile or the new one. Until
//! it stores something, a change is cancelled when its client disconnects.

use std::sync::Arc;

use cp_token_protocol::message::{
    ProfileCreate, ProfileResetSecret, ProfileSelector, ProfileUpdate, SecretParts,
};
use cp_token_protocol::{Failure, ProfileName, Secret};
use tokio::sync::MutexGuard;

use super::change_locks::ChangeGuard;
use super::edit::{Edit, Update};
use super::{Registry, build, failure};
use crate::base::commit_point::Commitment;
use crate::failure::locked;
use crate::profile::Profile;

/// What was done and what people must know about it, a line each; or why nothing has changed.
pub(super) type ChangeResult = Result<Vec<String>, Failure>;

impl Registry {
    /// Adds a profile. The first one becomes the default.
    pub async fn create(&self, create: ProfileCreate, commitment: &Commitment) -> ChangeResult {
        let _change = self.lock_for_change(&create.name).await?;
        let config = self.config();
        let profile = build::created(&create, &config.network)?;
        if config.profiles.get(&profile.name).is_some() {
            return Err(failure::exists(&profile.name));
        }
        // Before the server is sent a secret that no profile could use, and before a person is asked for one.
        let edit = self.file.require_writable(Edit::Add(Box::new(profile.clone()))).await?;
        let parts = self.with_external_secret(&profile, create.secret, create.external_item.as_ref()).await?;
        // A dry run comes before a person is asked for the secret.
        let is_missing = create.dry_run && profile.secret_source.is_writable() && parts.secret.is_none();
        let record = if is_missing { None } else { Some(self.new_record(None, &profile, parts).await?) };
        let Some(record) = record.filter(|_| !create.dry_run) else {
            self.require_storable(&profile).await?;
            return Ok(vec![format!("profile {} can be created", profile.name)]);
        };
        let not_created = |failure: &Failure| failure::not_created(failure, &profile.name);
        let token = self.verify(create.verify, &profile, &record, create.code, not_created).await?;
        let _storage_lock = self.commit(commitment).await?;
        let warning = self.store_and_write(&profile, &record, edit).await?;
        self.deps.state.record_created(&profile.name, self.deps.clock.now().wall);
        self.deps.state.write_behind();
        self.install_token(&profile, token);
        Ok(with_warning(format!("profile {} was created", profile.name), warning))
    }

    /// Changes a profile.
    pub async fn update(&self, mut update: ProfileUpdate, commitment: &Commitment) -> ChangeResult {
        let _change = self.lock_for_change(&update.name).await?;
        let old = &self.named(&update.name)?;
        let (parts, code) = (std::mem::take(&mut update.secret), update.code.take());
        let new = build::updated(old, &update)?;
        if update.dry_run {
            let change = Update { update, old: old.clone(), new: new.clone() };
            self.file.require_writable(Edit::Change(Box::new(change))).await?;
            self.require_record(old, &new, parts).await?;
            return Ok(vec![format!("profile {} can be updated", new.name)]);
        }
        if new == *old && parts.is_empty() {
            return Ok(vec![format!("profile {} is as it was", old.name)]);
        }
        if new.identity != old.identity && new.secret_source.is_writable() && parts.secret.is_none() {
            return Err(failure::secret_needed());
        }
        let mut notes = vec![format!("profile {} was updated", new.name)];
        let change = Update { update, old: old.clone(), new };
        if !parts.is_empty() || !old.has_same_token_request(&change.new) {
            notes.extend(self.move_secret(change, parts, code, commitment).await?);
        } else {
            let _storage_lock = self.commit(commitment).await?;
            notes.extend(self.edit_file(Edit::Change(Box::new(change))).await?);
        }
        Ok(notes)
    }

    /// Gives a profile a new secret. The old one stays until the new one has worked.
    pub async fn reset_secret(&self, reset: ProfileResetSecret, commitment: &Commitment) -> ChangeResult {
        let _change = self.lock_for_change(&reset.name).await?;
        let profile = &self.named(&reset.name)?;
        if reset.dry_run {
            self.require_record(profile, profile, reset.secret).await?;
            return Ok(vec![format!("profile {} can be given a new secret", profile.name)]);
        }
        if profile.secret_source.is_writable() && reset.secret.secret.is_none() {
            return Err(failure::secret_needed());
        }
        let record = self.new_record(Some(profile), profile, reset.secret).await?;
        let token = self.verify(reset.verify, profile, &record, reset.code, failure::unverified).await?;
        let _storage_lock = self.commit(commitment).await?;
        self.require_unchanged(profile).await?;
        self.store(profile, &record).await?;
        self.install_token(profile, token);
        Ok(vec![match profile.secret_source.is_writable() {
            true => format!("profile {} has a new secret", profile.name),
            false => format!("the secret of profile {} was read again", profile.name),
        }])
    }

    /// Removes a profile and its secret.
    pub async fn delete(&self, name: &ProfileName, commitment: &Commitment) -> ChangeResult {
        let (_change, _storage_lock) = self.lock_for_edit(commitment).await?;
        let profile = &self.named(name)?;
        let prepared = self.file.prepare(Edit::Remove(Box::new(profile.clone()))).await?;
        let _change_lock = self.journal_begin(profile).await?;
        let warning = self.write(prepared).await.inspect_err(|_| self.journal_end(profile))?;
        self.deps.state.remove(&profile.name);
        let mut notes = with_warning(format!("profile {} was deleted", profile.name), warning);
        notes.extend(self.erase_secret(profile).await);
        Ok(notes)
    }

    /// Makes a profile the default.
    pub async fn make_default(&self, name: &ProfileName, commitment: &Commitment) -> ChangeResult {
        let (_change, _storage_lock) = self.lock_for_edit(commitment).await?;
        let warning = self.edit_file(Edit::Default(name.clone())).await?;
        Ok(with_warning(format!("profile {name} is the default now"), warning))
    }

    /// Keeps changes from storing anything as long as the guard lives; nothing where one is storing now.
    pub fn pause_changes(&self) -> Option<MutexGuard<'_, ()>> {
        self.change_locks.storage.try_lock().ok()
    }

    /// Waits until no change is under way.
    pub async fn wait_for_changes(&self) {
        self.change_locks.wait_idle().await;
    }

    /// Allows one change of a profile at a time, and none while the daemon is locked. It starts with the file as it is.
    async fn lock_for_change(&self, name: &ProfileName) -> Result<ChangeGuard<'_>, Failure> {
        self.require_unlocked()?;
        let guard = self.change_locks.lock_profile(name).await?;
        self.reload().await?;
        self.require_unlocked()?;
        Ok(guard)
    }

    /// As [`Registry::lock_for_change`], for a change that has nothing to verify.
    async fn lock_for_edit(
        &self,
        commitment: &Commitment,
    ) -> Result<(ChangeGuard<'_>, MutexGuard<'_, ()>), Failure> {
        self.require_unlocked()?;
        let guard = self.change_locks.lock_any()?;
        let storage = self.commit(commitment).await?;
        self.reload().await?;
        Ok((guard, storage))
    }

    fn require_unlocked(&self) -> Result<(), Failure> {
        if self.deps.lock_flag.is_locked() { Err(locked()) } else { Ok(()) }
    }

    fn named(&self, name: &ProfileName) -> Result<Profile, Failure> {
        Ok(Arc::unwrap_or_clone(self.select(&ProfileSelector::Named(name.clone()))?))
    }

    async fn edit_file(&self, edit: Edit) -> Result<Option<String>, Failure> {
        self.write(self.file.prepare(edit).await?).await
    }

    /// Verifies the secret for the changed profile, and stores it where the changed profile looks for it.
    async fn move_secret(
        &self,
        change: Update,
        parts: SecretParts,
        code: Option<Secret>,
        commitment: &Commitment,
    ) -> ChangeResult {
        let (old, new) = (change.old.clone(), change.new.clone());
        let has_new_secret = !parts.is_empty();
        let record = self.new_record(Some(&old), &new, parts).await?;
        let verify = change.update.verify;
        let edit = self.file.require_writable(Edit::Change(Box::new(change))).await?;
        let token = self.verify(verify, &new, &record, code, failure::unverified).await?;
        let _storage_lock = self.commit(commitment).await?;
        let moved = !old.has_same_secret(&new);
        let _change_lock = if moved { self.journal_begin(&old).await? } else { None };
        let placed = self.store_and_write(&new, &record, edit).await;
        let warning = placed.inspect_err(|_| {
            if moved {
                self.journal_end(&old)
            }
        })?;
        // Before anything that takes time, so that callers get this token instead of requesting another.
        if has_new_secret || token.is_some() {
            self.install_token(&new, token);
        }
        let left = if moved { self.erase_secret(&old).await } else { None };
        Ok(warning.into_iter().chain(left).collect())
    }

    /// Passes where the profile in the file would still make the token request that was made.
    async fn require_unchanged(&self, profile: &Profile) -> Result<(), Failure> {
        let conflict = || failure::conflict(&profile.name, &self.file.shown());
        self.reload().await?;
        let found = self.config().profiles.get(&profile.name).cloned().ok_or_else(conflict)?;
        if found.has_same_token_request(profile) { Ok(()) } else { Err(conflict()) }
    }
}

fn with_warning(done: String, warning: Option<String>) -> Vec<String> {
    std::iter::once(done).chain(warning).collect()
}
