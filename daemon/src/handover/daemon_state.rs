//! Owns the state that outlives a process: everything that is in memory only and would be missed, as records that each wing
//! exports and imports. It decides nothing about any of it.

use std::collections::HashMap;
use std::sync::Arc;

use cp_token_protocol::handover::{self, Imported, StateRecord};
use cp_token_protocol::{Failure, ProfileName, Secret};

use crate::lock::{Lock, PassphraseIdle};
use crate::profile::Profile;
use crate::registry::{Registry, RegistryDeps};
use crate::secrets::sources::MemoryBackend;

/// The sealed secrets are sent in chunks of this size, which fit a record.
const SEALED_CHUNK: usize = 32 * 1024;

/// What holds state in memory only; wired by `app`.
pub struct DaemonState {
    /// Leases, refused secrets, used one-time codes, pauses that servers asked for, and the audit log.
    pub deps: RegistryDeps,
    /// Which profiles there are.
    pub registry: Arc<Registry>,
    /// Secrets.
    pub memory: Arc<MemoryBackend>,
    /// The lock.
    pub lock: Arc<Lock>,
}

impl DaemonState {
    /// A copy of everything, while no passphrase is being checked.
    pub fn export_state(&self, idle: &PassphraseIdle<'_>) -> Vec<StateRecord> {
        let fetcher = &self.deps.fetcher;
        let leases = self.deps.broker.export_state().into_iter().map(Box::new).map(StateRecord::Lease);
        let secrets = self.memory.export_state().into_iter();
        let refusals = fetcher.refusals().export_state().into_iter().map(StateRecord::Refusal);
        let codes = fetcher.codes().export_state().into_iter().map(StateRecord::Codes);
        let pauses = fetcher.pauses().export_state().into_iter().map(StateRecord::Pause);
        let backoffs = fetcher.export_backoffs().into_iter().map(StateRecord::Backoff);
        let mut records: Vec<StateRecord> = leases
            .chain(secrets.map(|(account, secret)| StateRecord::Secret(account, secret)))
            .chain(refusals)
            .chain(codes)
            .chain(pauses)
            .chain(backoffs)
            .chain(self.deps.audit.export_state().into_iter().map(StateRecord::Log))
            .collect();
        if let Some((lock, sealed)) = self.lock.export_state(idle) {
            records.push(StateRecord::Lock(lock));
            let chunks = sealed.iter().flat_map(|sealed| sealed.expose().chunks(SEALED_CHUNK));
            records.extend(chunks.map(|chunk| StateRecord::Sealed(Secret::copy_of(chunk))));
        }
        records
    }

    /// Imports everything, in whatever order it comes. Fails if a protection would be lost.
    pub async fn import_state(&self, records: Vec<StateRecord>) -> Result<Imported, Failure> {
        // The profiles that callers will get: the broker compares a lease's profile by address.
        let profiles: HashMap<ProfileName, Arc<Profile>> =
            self.registry.profiles().into_iter().map(|profile| (profile.name.clone(), profile)).collect();
        let (mut imported, mut lock, mut sealed) = (Imported::default(), None, Vec::new());
        for record in records {
            match record {
                StateRecord::Lease(lease) => {
                    imported.tokens += u32::from(self.import_lease(&profiles, *lease))
                }
                StateRecord::Secret(account, secret) => {
                    imported.secrets += u32::from(self.memory.import_state(account, secret))
                }
                StateRecord::Refusal(refusal) => self.deps.fetcher.refusals().import_state(refusal),
                StateRecord::Codes(codes) => self.deps.fetcher.codes().import_state(&codes),
                StateRecord::Pause(pause) => self.deps.fetcher.pauses().import_state(pause),
                StateRecord::Backoff(backoff) => self.deps.fetcher.import_backoff(backoff),
                StateRecord::Lock(state) => lock = Some(state),
                StateRecord::Sealed(chunk) => sealed.push(chunk),
                StateRecord::Log(part) => self.deps.audit.import_state(part),
                StateRecord::SocketIdentity(_) | StateRecord::End | StateRecord::Commit(_) => {}
            }
        }
        if let Some(lock) = lock {
            self.lock.import_state(lock, joined(&sealed)).await?;
        }
        Ok(imported)
    }

    /// Whether a live token was imported. The lease of a profile that now has another client or origin is dropped.
    fn import_lease(&self, profiles: &HashMap<ProfileName, Arc<Profile>>, lease: handover::Lease) -> bool {
        let profile = profiles.get(&lease.profile);
        let same = profile.filter(|profile| profile.secret_key().account() == lease.account);
        same.is_some_and(|profile| self.deps.broker.import_state(profile, lease))
    }
}

fn joined(chunks: &[Secret]) -> Secret {
    Secret::concat(chunks.iter().map(Secret::expose))
}
