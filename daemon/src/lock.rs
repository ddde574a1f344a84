//! Owns the lock: whether the daemon answers, under which passphrase it does again, and what lies sealed until
//! then. It decides nothing about tokens and profiles, and writes nothing anywhere.

pub mod failure;
pub mod suspend;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cp_token_protocol::message::LockRequest;
use cp_token_protocol::{Failure, Secret};
use tokio::sync::{Mutex, MutexGuard, Semaphore};

use crate::base::clock::Clock;
use crate::base::commitment::Commitment;
use crate::base::lock_flag::LockFlag;
use crate::broker::Broker;
use crate::failure::internal;
use crate::lock::failure::{locked_already, passphrase_busy, passphrase_refused};
use crate::registry::Registry;
use crate::secrets::vault::MemoryBackend;
use crate::token_request::refusals::Refusals;

mod contents;
mod delay;
mod derived_key;
mod snapshot;
pub use snapshot::PassphraseIdle;
mod seal;
mod sleep;

use delay::Delay;
use derived_key::DerivedKey;
use seal::Sealed;
use sleep::SuspendLock;

/// Everything that the lock closes, empties or asks; wired by `app`.
pub struct LockDeps {
    /// The flag that every request looks at.
    pub lock_flag: Arc<LockFlag>,
    /// Tokens, and the attempts to get them.
    pub broker: Arc<Broker>,
    /// Changes to profiles.
    pub registry: Arc<Registry>,
    /// The secrets that are nowhere else.
    pub memory: Arc<MemoryBackend>,
    /// The secrets that are not sent again.
    pub refusals: Arc<Refusals>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// The lock of the daemon.
pub struct Lock {
    rooms: LockDeps,
    /// Held while a passphrase is being looked at, and while the daemon is being locked or unlocked.
    state: Mutex<LockState>,
    /// For `status`, which waits for nobody.
    on_suspend: AtomicBool,
    /// The places of those who wait to have their passphrase looked at.
    line: Semaphore,
}

#[derive(Default)]
struct LockState {
    /// None while the daemon is unlocked.
    sealed: Option<Sealed>,
    /// What to lock with when the machine is about to sleep; only while the daemon is unlocked.
    armed: Option<SuspendLock>,
    delay: Delay,
}

impl Lock {
    /// An open lock.
    pub fn new(rooms: LockDeps) -> Arc<Self> {
        Arc::new(Self {
            rooms,
            state: Mutex::default(),
            on_suspend: AtomicBool::new(false),
            line: Semaphore::new(IN_LINE),
        })
    }

    /// Whether nobody is answered.
    pub fn is_locked(&self) -> bool {
        self.rooms.lock_flag.is_locked()
    }

    /// Whether the daemon locks when the machine is about to sleep.
    pub fn locks_on_suspend(&self) -> bool {
        self.on_suspend.load(Ordering::Relaxed)
    }

    /// Locks now, or from now on whenever the machine is about to sleep.
    ///
    /// # Errors
    /// [`Failure`]; the daemon then answers as before.
    pub async fn lock(self: &Arc<Self>, request: LockRequest) -> Result<Vec<String>, Failure> {
        let mut state = self.turn()?;
        if state.sealed.is_some() {
            return Err(locked_already());
        }
        let latch = DerivedKey::new(request.passphrase).await?;
        if request.on_suspend {
            self.arm(&mut state, latch).await?;
            return Ok(vec!["cp-tokend locks whenever the machine is about to sleep".to_owned()]);
        }
        self.engage(&mut state, latch).await?;
        tracing::info!("locked");
        Ok(vec!["cp-tokend is locked".to_owned()])
    }

    /// No longer locks when the machine is about to sleep.
    ///
    /// # Errors
    /// [`Failure`] where a passphrase is being looked at.
    pub fn disarm(&self) -> Result<Vec<String>, Failure> {
        let mut state = self.turn()?;
        state.armed = None;
        self.on_suspend.store(false, Ordering::Relaxed);
        Ok(vec!["cp-tokend does not lock when the machine is about to sleep".to_owned()])
    }

    /// Answers again, with everything that only memory held. Waits for the end of the pause that wrong passphrases have
    /// caused, and for no longer: those that are found wrong meanwhile hold up whoever comes later. A caller who leaves before
    /// its passphrase is looked at gives its place back.
    ///
    /// # Errors
    /// [`Failure`] where it is another passphrase, or was not looked at.
    pub async fn unlock(
        self: &Arc<Self>,
        passphrase: Secret,
        commitment: &Commitment,
    ) -> Result<Vec<String>, Failure> {
        let _place = self.line.try_acquire().map_err(|_| passphrase_busy())?;
        self.outwait_pause().await;
        let mut state = self.state.lock().await;
        let Some(sealed) = &state.sealed else {
            return Ok(vec!["cp-tokend is not locked".to_owned()]);
        };
        // From here on it counts, whoever leaves: looks are what the pauses are for.
        commitment.commit();
        let latch = DerivedKey::of(passphrase, sealed.salt()).await?;
        let Some(packed) = latch.open(sealed) else {
            let pause = state.delay.wrong(self.rooms.clock.now().boot);
            tracing::warn!(pause = pause.as_secs(), "a wrong passphrase");
            return Err(passphrase_refused(pause));
        };
        self.disengage(&mut state, &packed);
        tracing::info!("unlocked");
        let mut notes = vec!["cp-tokend is unlocked".to_owned()];
        if self.locks_on_suspend() {
            notes.extend(self.arm_again(&mut state, latch).await);
        }
        Ok(notes)
    }

    async fn outwait_pause(&self) {
        let end = self.state.lock().await.delay.end();
        while let Some(left) = end.checked_sub(self.rooms.clock.now().boot).filter(|left| !left.is_zero())
            && self.is_locked()
        {
            tokio::time::sleep(left.min(LOOK)).await;
        }
    }

    /// One passphrase at a time.
    fn turn(&self) -> Result<MutexGuard<'_, LockState>, Failure> {
        self.state.try_lock().map_err(|_| passphrase_busy())
    }

    /// From the first line on nobody is answered; at the end, nothing secret is left.
    async fn engage(&self, state: &mut LockState, latch: DerivedKey) -> Result<(), Failure> {
        let LockDeps { lock_flag, broker, registry, .. } = &self.rooms;
        lock_flag.lock();
        broker.lock();
        // A change that the server has let pass finds its secret's place still open, if it makes haste.
        let _ = tokio::time::timeout(GRACE, registry.wait_for_changes()).await;
        state.sealed = Some(latch.seal(contents::withdraw(&self.rooms)).map_err(|packed| {
            self.disengage(state, &packed);
            internal()
        })?);
        state.delay = Delay::default();
        // Its key goes now. Its end would let the machine sleep, which has to wait for the rest.
        let watch = state.armed.take().map(|armed| armed.watch);
        registry.wait_for_changes().await;
        // Connections of attempts that were cut short end in tasks of their own.
        for _ in 0..FAREWELLS {
            tokio::task::yield_now().await;
        }
        drop(watch);
        Ok(())
    }

    fn disengage(&self, state: &mut LockState, packed: &Secret) {
        contents::restore(&self.rooms, packed);
        state.sealed = None;
        state.delay = Delay::default();
        self.rooms.broker.unlock();
        self.rooms.lock_flag.unlock();
    }
}

/// Less than the five seconds that a machine waits with its sleep.
const GRACE: Duration = Duration::from_secs(2);
/// How many wait at once to have their passphrase looked at: as many wrong ones as a pause lets pass.
const IN_LINE: usize = 8;
/// How often it is seen whether a pause is over: a timer may stand still in suspend.
const LOOK: Duration = Duration::from_millis(500);
/// More than the tasks of a connection need to notice that nobody waits for them.
const FAREWELLS: usize = 64;
