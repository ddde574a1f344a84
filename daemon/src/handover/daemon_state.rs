//! Owns what outlives a daemon, and where each piece of it comes from and goes to: everything that is in memory only and
//! that somebody would miss. It decides nothing about any of it.

use std::collections::HashMap;
use std::sync::Arc;

use cp_token_protocol::handover::{self, StateRecord};
use cp_token_protocol::{Failure, ProfileName, Secret};

use super::Kept;
use crate::audit::Audit;
use crate::broker::Broker;
use crate::lock::{Lock, PassphraseIdle};
use crate::profile::Profile;
use crate::registry::Registry;
use crate::secrets::vault::MemoryBackend;
use crate::token_request::codes::Codes;
use crate::token_request::fetcher::pauses::Pauses;
use crate::token_request::refusals::Refusals;

/// A sealed text is cut into parts of this length, which fit a piece.
const PART: usize = 32 * 1024;

/// The rooms that hold something in memory only; wired by `app`.
pub struct DaemonState {
    /// Tokens, back-offs, shares of token requests.
    pub broker: Arc<Broker>,
    /// Which profiles there are.
    pub registry: Arc<Registry>,
    /// Secrets.
    pub memory: Arc<MemoryBackend>,
    /// Secrets that are not sent again.
    pub refusals: Arc<Refusals>,
    /// One-time codes that are not sent again.
    pub codes: Arc<Codes>,
    /// Pauses that servers have asked for.
    pub pauses: Arc<Pauses>,
    /// The lock.
    pub lock: Arc<Lock>,
    /// The log.
    pub audit: Arc<Audit>,
}

impl DaemonState {
    /// Copies of everything. The lock is quiet meanwhile.
    pub fn export_state(&self, quiet: &PassphraseIdle<'_>) -> Vec<StateRecord> {
        let mut pieces = Vec::new();
        pieces
            .extend(self.broker.export_state().into_iter().map(|lease| StateRecord::Lease(Box::new(lease))));
        pieces.extend(
            self.memory
                .export_state()
                .into_iter()
                .map(|(account, secret)| StateRecord::Secret(account, secret)),
        );
        pieces.extend(self.refusals.export_state().into_iter().map(StateRecord::Refusal));
        pieces.extend(self.codes.export_state().into_iter().map(StateRecord::Codes));
        pieces.extend(self.pauses.export_state().into_iter().map(StateRecord::Pause));
        if let Some((lock, text)) = self.lock.export_state(quiet) {
            pieces.push(StateRecord::Lock(lock));
            let text = text.unwrap_or_else(|| Secret::zeroed(0));
            pieces.extend(text.expose().chunks(PART).map(|part| StateRecord::Sealed(Secret::copy_of(part))));
        }
        pieces.extend(self.audit.export_state().into_iter().map(StateRecord::Log));
        pieces
    }

    /// Takes everything over, in whatever order it comes.
    ///
    /// # Errors
    /// [`Failure`] where a protection would be lost by it.
    pub async fn import_state(&self, pieces: Vec<StateRecord>) -> Result<Kept, Failure> {
        let profiles = self.profiles();
        let (mut kept, mut lock, mut sealed) = (Kept { tokens: 0, secrets: 0 }, None, Vec::new());
        for piece in pieces {
            match piece {
                StateRecord::Lease(lease) => kept.tokens += u32::from(self.import_lease(&profiles, *lease)),
                StateRecord::Secret(account, secret) => {
                    kept.secrets += u32::from(self.memory.import_state(account, secret))
                }
                StateRecord::Refusal(refusal) => self.refusals.import_state(refusal),
                StateRecord::Codes(codes) => self.codes.import_state(&codes),
                StateRecord::Pause(pause) => self.pauses.import_state(pause),
                StateRecord::Lock(closed) => lock = Some(closed),
                StateRecord::Sealed(part) => sealed.push(part),
                StateRecord::Log(part) => self.audit.import_state(part),
                StateRecord::SocketIdentity(_) | StateRecord::End | StateRecord::Commit(_) => {}
            }
        }
        if let Some(lock) = lock {
            self.import_lock(lock, &sealed).await?;
        }
        Ok(kept)
    }

    async fn import_lock(&self, lock: handover::Lock, sealed: &[Secret]) -> Result<(), Failure> {
        let mut text = Secret::zeroed(sealed.iter().map(|part| part.expose().len()).sum());
        let mut room = text.bytes_mut();
        for part in sealed {
            let (place, rest) = room.split_at_mut(part.expose().len());
            place.copy_from_slice(part.expose());
            room = rest;
        }
        self.lock.import_state(lock, text).await
    }

    /// A lease of a profile that is another client or at another origin by now is nobody's.
    fn import_lease(&self, profiles: &HashMap<ProfileName, Arc<Profile>>, lease: handover::Lease) -> bool {
        let profile = profiles.get(&lease.profile);
        let same = profile.filter(|profile| profile.secret_key().account() == lease.account);
        same.is_some_and(|profile| self.broker.import_state(profile, lease))
    }

    /// The very profiles that callers will mean: a lease of an equal one would be looked at twice.
    fn profiles(&self) -> HashMap<ProfileName, Arc<Profile>> {
        self.registry.profiles().into_iter().map(|profile| (profile.name.clone(), profile)).collect()
    }
}
