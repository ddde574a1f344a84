//! Owns who a caller is: the names of its process and of its parent, as the kernel knows them. They are for people: nothing
//! is decided by them, because any program of the user may choose its name. A lookup is cached for a second: no system reuses
//! a process id that soon, and a caller in a loop costs one lookup.

use std::sync::Mutex;
use std::time::Duration;

use cp_token_protocol::message::{Caller, Process};
use cp_token_protocol::{Peer, printable};

use crate::base::mutex;

#[cfg(target_os = "linux")]
#[path = "callers/linux.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "callers/macos.rs"]
mod system;
#[cfg(windows)]
#[path = "callers/windows.rs"]
mod system;

use system::{parent_of, read};

/// The longest name that the kernel keeps, in bytes.
const MAX_NAME_BYTES: usize = 15;
/// How many processes are cached: two callers and their parents.
const CACHE_LEN: usize = 4;
const CACHE_TTL: Duration = Duration::from_secs(1);

/// Reads who callers are.
#[derive(Debug, Default)]
pub struct Callers {
    /// Newest first.
    cache: Mutex<Vec<CachedCaller>>,
}

#[derive(Debug, Clone)]
struct CachedCaller {
    process: Process,
    parent: u32,
    boot: Duration,
}

/// A caller with what can be read only while it exists.
#[derive(Debug, Clone, Copy)]
pub struct CallerSnapshot {
    peer: Peer,
    /// Absent until [`Callers::capture_caller`]; 0 where the parent is unknown.
    parent: Option<u32>,
    boot: Duration,
}

impl From<Peer> for CallerSnapshot {
    fn from(peer: Peer) -> Self {
        Self { peer, parent: None, boot: Duration::ZERO }
    }
}

impl Callers {
    /// Adds the parent's process id, which costs the waiting caller next to nothing; `boot` is now.
    pub fn capture_caller(&self, caller: CallerSnapshot, boot: Duration) -> CallerSnapshot {
        let CallerSnapshot { peer, parent: None, .. } = caller else { return caller };
        let pid = peer.pid.unwrap_or(0);
        let cached = self.cached(pid, boot).map(|cached| cached.parent);
        // Kernels before 6.13 have only the slower lookup.
        let parent = cached.or_else(|| parent_of(pid)).or_else(|| Some(self.lookup(pid, boot)?.parent));
        CallerSnapshot { peer, parent: parent.or(Some(0)), boot }
    }

    /// Adds the parent's name. The caller's own name is known only if the slower lookup has read it.
    pub fn resolve(&self, caller: CallerSnapshot) -> Caller {
        let CallerSnapshot { peer, parent, boot } = caller;
        let pid = peer.pid.unwrap_or(0);
        let process = |pid, cached: Option<CachedCaller>| {
            cached.map_or(Process { pid, program: String::new() }, |cached| cached.process)
        };
        let parent = parent.filter(|&parent| parent > 0);
        Caller {
            uid: peer.uid,
            process: process(pid, self.cached(pid, boot)),
            parent: parent.map(|parent| process(parent, self.lookup(parent, boot))),
        }
    }

    fn lookup(&self, pid: u32, boot: Duration) -> Option<CachedCaller> {
        if let Some(cached) = self.cached(pid, boot) {
            return Some(cached);
        }
        let (process, parent) = read(pid)?;
        let found = CachedCaller { process, parent, boot };
        let mut cache = mutex::lock(&self.cache);
        cache.retain(|cached| cached.process.pid != pid);
        cache.truncate(CACHE_LEN - 1);
        cache.insert(0, found.clone());
        Some(found)
    }

    fn cached(&self, pid: u32, boot: Duration) -> Option<CachedCaller> {
        let is_fresh = |cached: &&CachedCaller| {
            cached.process.pid == pid && boot.saturating_sub(cached.boot) < CACHE_TTL
        };
        mutex::lock(&self.cache).iter().find(is_fresh).cloned()
    }
}

/// The name of a process, of which only what is printable is kept. The kernel may have cut a character at the end.
fn program(name: &[u8]) -> String {
    let mut kept = String::new();
    // A line end must not become a space: the name would look like another.
    let text = String::from_utf8_lossy(name).replace(['\t', '\n', '\r'], "\0");
    for character in printable(&text) {
        if kept.len() + character.len_utf8() > MAX_NAME_BYTES {
            break;
        }
        kept.push(character);
    }
    kept
}

#[cfg(test)]
mod tests;
