//! Owns the lock: whether the daemon answers, which passphrase unlocks it, and what is sealed until then. It decides
//! nothing about tokens and profiles, and writes nothing anywhere.

pub mod failure;
pub mod suspend;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cp_token_protocol::message::LockRequest;
use cp_token_protocol::{Failure, Secret};
use tokio::sync::{Mutex, MutexGuard, Semaphore};

use crate::base::commit_point::Commitment;
use crate::failure::internal;
use crate::lock::failure::{locked_already, passphrase_busy, passphrase_refused};
use crate::registry::{Registry, RegistryDeps};
use crate::secrets::sources::MemoryBackend;

mod derived_key;
mod passphrase_delay;
mod seal;
mod secrets;
mod snapshot;
mod suspend_lock;

use derived_key::DerivedKey;
use passphrase_delay::PassphraseDelay;
use seal::Sealed;
pub use snapshot::PassphraseIdle;
use suspend_lock::SuspendLock;

/// The lock of the daemon.
pub struct Lock {
    deps: RegistryDeps,
    registry: Arc<Registry>,
    memory: Arc<MemoryBackend>,
    /// Held while a passphrase is checked, and while the daemon is being locked or unlocked.
    state: Mutex<LockState>,
    /// Outside of `state`, so that `status` waits for nobody.
    on_suspend: AtomicBool,
    /// Limits how many callers wait to have their passphrase checked.
    queue: Semaphore,
}

#[derive(Default)]
struct LockState {
    /// The sealed secrets; `None` while the daemon is unlocked.
    sealed: Option<Sealed>,
    /// What to lock with when the machine is about to sleep; only while the daemon is unlocked.
    suspend_lock: Option<SuspendLock>,
    delay: PassphraseDelay,
}

impl Lock {
    /// A lock in the unlocked state.
    pub fn new(deps: RegistryDeps, registry: Arc<Registry>, memory: Arc<MemoryBackend>) -> Arc<Self> {
        Arc::new(Self {
            deps,
            registry,
            memory,
            state: Mutex::default(),
            on_suspend: AtomicBool::new(false),
            queue: Semaphore::new(MAX_QUEUED_PASSPHRASES),
        })
    }

    /// Whether the daemon is locked.
    pub fn is_locked(&self) -> bool {
        self.deps.lock_flag.is_locked()
    }

    /// Whether the daemon locks when the machine is about to sleep.
    pub fn locks_on_suspend(&self) -> bool {
        self.on_suspend.load(Ordering::Relaxed)
    }

    /// Locks now, or from now on whenever the machine is about to sleep. If that fails, nothing is locked.
    pub async fn lock(self: &Arc<Self>, request: LockRequest) -> Result<Vec<String>, Failure> {
        let mut state = self.try_state()?;
        if state.sealed.is_some() {
            return Err(locked_already());
        }
        let key = DerivedKey::new(request.passphrase).await?;
        if request.on_suspend {
            self.arm(&mut state, key).await?;
            return Ok(vec!["cp-tokend locks whenever the machine is about to sleep".to_owned()]);
        }
        self.lock_now(&mut state, key).await?;
        tracing::info!("locked");
        Ok(vec!["cp-tokend is locked".to_owned()])
    }

    /// No longer locks when the machine is about to sleep. Fails while a passphrase is being checked.
    pub fn disarm(&self) -> Result<Vec<String>, Failure> {
        let mut state = self.try_state()?;
        state.suspend_lock = None;
        self.on_suspend.store(false, Ordering::Relaxed);
        Ok(vec!["cp-tokend does not lock when the machine is about to sleep".to_owned()])
    }

    /// Unlocks, with everything that only memory held. Waits for the end of the pause that earlier wrong passphrases caused,
    /// and not for a pause that begins meanwhile. A caller who disconnects before its passphrase is checked frees its place
    /// in the queue.
    pub async fn unlock(
        self: &Arc<Self>,
        passphrase: Secret,
        commitment: &Commitment,
    ) -> Result<Vec<String>, Failure> {
        let _permit = self.queue.try_acquire().map_err(|_| passphrase_busy())?;
        self.wait_for_delay().await;
        let mut state = self.state.lock().await;
        let Some(sealed) = &state.sealed else {
            return Ok(vec!["cp-tokend is not locked".to_owned()]);
        };
        // From here on the attempt counts, even if its caller disconnects.
        commitment.commit();
        let key = DerivedKey::from_salt(passphrase, sealed.seal.salt).await?;
        let Some(secrets) = sealed.open(&key.key) else {
            let pause = state.delay.wrong_passphrase(self.deps.clock.now().boot);
            tracing::warn!(pause = pause.as_secs(), "a wrong passphrase");
            return Err(passphrase_refused(pause));
        };
        self.unlock_now(&mut state, &secrets);
        tracing::info!("unlocked");
        let mut notes = vec!["cp-tokend is unlocked".to_owned()];
        if self.locks_on_suspend() {
            notes.extend(self.rearm(&mut state, key).await);
        }
        Ok(notes)
    }

    async fn wait_for_delay(&self) {
        let end = self.state.lock().await.delay.until;
        while let Some(left) = end.checked_sub(self.deps.clock.now().boot).filter(|left| !left.is_zero())
            && self.is_locked()
        {
            tokio::time::sleep(left.min(POLL_INTERVAL)).await;
        }
    }

    /// The state, unless a passphrase is being checked.
    fn try_state(&self) -> Result<MutexGuard<'_, LockState>, Failure> {
        self.state.try_lock().map_err(|_| passphrase_busy())
    }

    /// Stops answering first; at the end, no secret is left in memory.
    async fn lock_now(&self, state: &mut LockState, key: DerivedKey) -> Result<(), Failure> {
        self.deps.lock_flag.lock();
        self.deps.broker.lock();
        // A change of a profile that the server has verified gets time to store its secret.
        let _ = tokio::time::timeout(CHANGE_TIMEOUT, self.registry.wait_for_changes()).await;
        state.sealed = Some(key.seal(secrets::take(self)).map_err(|secrets| {
            self.unlock_now(state, &secrets);
            internal()
        })?);
        state.delay = PassphraseDelay::default();
        // Drops the key. The watch stays: the machine may sleep as soon as it is dropped.
        let watch = state.suspend_lock.take().map(|suspend_lock| suspend_lock.watch);
        self.registry.wait_for_changes().await;
        // Lets the connections of aborted attempts close in their own tasks.
        for _ in 0..CLOSING_YIELDS {
            tokio::task::yield_now().await;
        }
        drop(watch);
        Ok(())
    }

    fn unlock_now(&self, state: &mut LockState, secrets: &Secret) {
        secrets::put_back(self, secrets);
        state.sealed = None;
        state.delay = PassphraseDelay::default();
        self.deps.broker.unlock();
        self.deps.lock_flag.unlock();
    }
}

/// Shorter than the five seconds for which a machine delays its sleep.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(2);
/// How many callers wait at a time to have their passphrase checked.
const MAX_QUEUED_PASSPHRASES: usize = 8;
/// The longest sleep during a pause: a timer may stop during suspend.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// More than the tasks of a connection need to notice that it is dropped.
const CLOSING_YIELDS: usize = 64;
