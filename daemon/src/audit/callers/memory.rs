//! Owns what is remembered of callers. What was read stands for a second: no system gives a number away as soon as that,
//! and a caller in a loop costs one look.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cp_token_protocol::Peer;

use super::system::{parent_of, read};
use super::{CallerInfo, ProcessInfo};

/// How many processes are remembered: a caller and whoever started it, twice.
const REMEMBERED: usize = 4;
const LIFE: Duration = Duration::from_secs(1);

/// Reads who callers are.
#[derive(Debug, Default)]
pub struct Callers {
    /// The last processes that were looked at, newest first.
    seen: Mutex<Vec<CachedCaller>>,
}

#[derive(Debug, Clone, Copy)]
struct CachedCaller {
    process: ProcessInfo,
    parent: u32,
    boot: Duration,
}

/// A caller of whom as much is known as only it can tell while it is there.
#[derive(Debug, Clone, Copy)]
pub struct CallerSnapshot {
    peer: Peer,
    /// Absent while nobody has looked; 0 where there is none to be seen.
    parent: Option<u32>,
    boot: Duration,
}

impl From<Peer> for CallerSnapshot {
    /// Of whom only as much is known as the connection says.
    fn from(peer: Peer) -> Self {
        Self { peer, parent: None, boot: Duration::ZERO }
    }
}

impl Callers {
    /// A first look at who waits at the other end, which costs it next to nothing; `boot` is now.
    pub fn capture_caller(&self, caller: CallerSnapshot, boot: Duration) -> CallerSnapshot {
        let CallerSnapshot { peer, parent: None, .. } = caller else { return caller };
        let pid = peer.pid.unwrap_or(0);
        let remembered = self.remembered(pid, boot).map(|seen| seen.parent);
        // Kernels before 6.13 have no other way than the dearer one.
        let parent = remembered.or_else(|| parent_of(pid)).or_else(|| Some(self.look(pid, boot)?.parent));
        CallerSnapshot { peer, parent: parent.or(Some(0)), boot }
    }

    /// The name of whoever started the caller. Of the caller itself nothing is read, unless the kernel had no other way
    /// to its parent.
    pub fn known(&self, capture_caller: CallerSnapshot) -> CallerInfo {
        let CallerSnapshot { peer, parent, boot } = capture_caller;
        let pid = peer.pid.unwrap_or(0);
        let named = |pid| self.look(pid, boot).map_or(ProcessInfo::new(pid, b""), |seen| seen.process);
        let process = self.remembered(pid, boot).map_or(ProcessInfo::new(pid, b""), |seen| seen.process);
        CallerInfo { uid: peer.uid, process, parent: parent.filter(|&parent| parent > 0).map(named) }
    }

    fn look(&self, pid: u32, boot: Duration) -> Option<CachedCaller> {
        if let Some(known) = self.remembered(pid, boot) {
            return Some(known);
        }
        let (process, parent) = read(pid)?;
        let found = CachedCaller { process, parent, boot };
        let mut seen = self.seen();
        seen.retain(|it| it.process.pid != pid);
        seen.truncate(REMEMBERED - 1);
        seen.insert(0, found);
        Some(found)
    }

    fn remembered(&self, pid: u32, boot: Duration) -> Option<CachedCaller> {
        let is_it = |seen: &&CachedCaller| seen.process.pid == pid && boot.saturating_sub(seen.boot) < LIFE;
        self.seen().iter().find(is_it).copied()
    }

    fn seen(&self) -> MutexGuard<'_, Vec<CachedCaller>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
