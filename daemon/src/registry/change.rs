//! Owns the changes to profiles, each in the one order in which a crash at any step leaves the old profile
//! or the new one: prove, note, store the secret, write the config, erase what is left over.

use std::sync::Arc;

use cp_token_protocol::message::{ProfileCreate, ProfileResetSecret, ProfileSelector, ProfileUpdate};
use cp_token_protocol::{Failure, ProfileName};
use tokio::sync::MutexGuard;

use super::describe::{asks_differently, describe, redescribe};
use super::error::RegistryError;
use super::{Registry, draft};
use crate::config::edit::ConfigText;
use crate::failure;
use crate::profile::Profile;

impl Registry {
    /// Adds a profile. The first one becomes the default.
    ///
    /// # Errors
    /// [`Failure`]; then nothing has changed.
    pub async fn create(&self, create: ProfileCreate) -> Result<Vec<String>, Failure> {
        let _changing = self.turn().await?;
        self.try_create(create).await.map_err(|error| failure::of_registry(&error))
    }

    /// Changes a profile.
    ///
    /// # Errors
    /// [`Failure`]; then nothing has changed.
    pub async fn update(&self, update: ProfileUpdate) -> Result<Vec<String>, Failure> {
        let _changing = self.turn().await?;
        let old = self.select(&ProfileSelector::Named(update.name.clone()))?;
        self.try_update(&old, update).await.map_err(|error| failure::of_registry(&error))
    }

    /// Gives a profile a new secret. The old one stays until the new one has worked.
    ///
    /// # Errors
    /// [`Failure`]; then nothing has changed.
    pub async fn reset_secret(&self, reset: ProfileResetSecret) -> Result<Vec<String>, Failure> {
        let _changing = self.turn().await?;
        let profile = self.select(&ProfileSelector::Named(reset.name.clone()))?;
        self.try_reset(&profile, reset).await.map_err(|error| failure::of_registry(&error))
    }

    /// Removes a profile and its secret.
    ///
    /// # Errors
    /// [`Failure`]; then nothing has changed.
    pub async fn delete(&self, name: &ProfileName) -> Result<Vec<String>, Failure> {
        let _changing = self.turn().await?;
        let profile = self.select(&ProfileSelector::Named(name.clone()))?;
        self.try_delete(&profile).await.map_err(|error| failure::of_registry(&error))
    }

    /// Makes a profile the default.
    ///
    /// # Errors
    /// [`Failure`]; then nothing has changed.
    pub async fn make_default(&self, name: &ProfileName) -> Result<Vec<String>, Failure> {
        let _changing = self.turn().await?;
        self.select(&ProfileSelector::Named(name.clone()))?;
        let written = async {
            let mut text = self.file.open()?;
            text.set_default(Some(name));
            self.write(&text).await
        };
        written.await.map_err(|error| failure::of_registry(&error))?;
        Ok(vec![format!("profile {name} is the default now")])
    }

    /// Removes keyring items that an interrupted change left without a profile.
    pub async fn settle(&self) {
        let _changing = self.changing.lock().await;
        for key in self.state.unsettled() {
            let used = self.config().profiles.values().any(|profile| profile.secret_key() == key);
            // In a config that cannot be read, the profile may well be there.
            if self.gate.is_closed()
                || self.problem().is_some()
                || (!used && self.sources.keyring.erase(&key).await.is_err())
            {
                continue;
            }
            self.state.settle(&key);
            let _ = self.state.save().await;
        }
    }

    /// That no change is under way, for as long as it is kept; nothing where one is.
    pub fn quiet(&self) -> Option<MutexGuard<'_, ()>> {
        self.changing.try_lock().ok()
    }

    /// Waits until no change is under way.
    pub async fn no_change_under_way(&self) {
        drop(self.changing.lock().await);
    }

    /// One change at a time, and none while the daemon is locked.
    async fn turn(&self) -> Result<MutexGuard<'_, ()>, Failure> {
        let turn = self.changing.lock().await;
        if self.gate.is_closed() { Err(failure::locked()) } else { Ok(turn) }
    }

    async fn try_create(&self, create: ProfileCreate) -> Result<Vec<String>, RegistryError> {
        let mut text = self.file.open()?;
        let profile = draft::created(&create, text.common())?;
        if crate::config::Config::parse(&text.text())
            .is_ok_and(|on_disk| on_disk.profiles.contains_key(&profile.name))
        {
            return Err(RegistryError::Exists(profile.name));
        }
        let parts = self.taken_over(&profile, create.secret, create.foreign.as_ref()).await?;
        let entry = self.entry(None, &profile, parts).await?;
        if create.dry_run {
            self.require_place(&profile).await?;
            return Ok(vec![format!("profile {} can be created", profile.name)]);
        }
        let proof = self.prove(create.verify, &profile, &entry, create.code).await;
        let proof = proof.map_err(|error| not_created(error, &profile))?;
        let common = text.common().clone();
        describe(&mut text.profile(&profile.name), &common, &profile);
        if self.config().profiles.is_empty() {
            text.set_default(Some(&profile.name));
        }
        self.place(&profile, &entry, &text).await?;
        self.state.created(&profile.name, self.clock.now().wall);
        self.save_softly().await;
        self.take(&profile, proof);
        Ok(vec![format!("profile {} was created", profile.name)])
    }

    async fn try_update(&self, old: &Profile, update: ProfileUpdate) -> Result<Vec<String>, RegistryError> {
        let mut text = self.file.open()?;
        let new = draft::updated(old, &update)?;
        let gives = [&update.secret.secret, &update.secret.totp_seed, &update.secret.proxy_password];
        let gives = gives.iter().any(|part| part.is_some());
        if new == *old && !gives {
            return Ok(vec![format!("profile {} is as it was", old.name)]);
        }
        if new.identity != old.identity && new.keeps_secret() && update.secret.secret.is_none() {
            return Err(RegistryError::SecretNeeded);
        }
        let common = text.common().clone();
        redescribe(&mut text.profile(&new.name), &common, old, &new);
        let mut notes = vec![format!("profile {} was updated", new.name)];
        if asks_differently(old, &new) || gives {
            notes.extend(self.move_secret(old, &new, update, &text).await?);
        } else {
            self.write(&text).await?;
        }
        Ok(notes)
    }

    /// Proves the secret for the changed profile, and brings it to where the changed profile looks for it.
    async fn move_secret(
        &self,
        old: &Profile,
        new: &Profile,
        update: ProfileUpdate,
        text: &ConfigText,
    ) -> Result<Option<String>, RegistryError> {
        let entry = self.entry(Some(old), new, update.secret).await?;
        let proof = self.prove(update.verify, new, &entry, update.code).await?;
        self.require_open()?;
        let moved = old.secret_key() != new.secret_key() || old.secret_source != new.secret_source;
        if moved {
            self.unsettle(old).await?;
        }
        self.place(new, &entry, text).await?;
        let note = if moved { self.clear(old).await } else { None };
        self.take(new, proof);
        Ok(note)
    }

    async fn try_reset(
        &self,
        profile: &Arc<Profile>,
        reset: ProfileResetSecret,
    ) -> Result<Vec<String>, RegistryError> {
        if profile.keeps_secret() && reset.secret.secret.is_none() {
            return Err(RegistryError::SecretNeeded);
        }
        let entry = self.entry(Some(profile), profile, reset.secret).await?;
        let proof = self.prove(reset.verify, profile, &entry, reset.code).await?;
        self.require_open()?;
        self.store(profile, &entry).await?;
        match proof {
            Some(redeemed) => self.broker.install(profile, redeemed),
            None => self.broker.forget(&profile.name),
        }
        Ok(vec![match profile.keeps_secret() {
            true => format!("profile {} has a new secret", profile.name),
            false => format!("the secret of profile {} was looked at anew", profile.name),
        }])
    }

    async fn try_delete(&self, profile: &Profile) -> Result<Vec<String>, RegistryError> {
        let mut text = self.file.open()?;
        text.remove_profile(&profile.name);
        if self.config().default.as_ref() == Some(&profile.name) {
            text.set_default(None);
        }
        self.unsettle(profile).await?;
        self.write(&text).await?;
        self.state.remove(&profile.name);
        let mut notes = vec![format!("profile {} was deleted", profile.name)];
        notes.extend(self.clear(profile).await);
        Ok(notes)
    }
}

fn not_created(error: RegistryError, profile: &Profile) -> RegistryError {
    if let RegistryError::Unproved(failure) = error {
        return RegistryError::NotCreated(failure, profile.name.clone());
    }
    error
}
