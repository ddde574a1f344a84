//! Owns the account of this process's children: those that it has started are waited for by whoever started them,
//! and all others, which a container's first process inherits, by [`reap_orphans`]. It knows no program.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(target_os = "linux")]
#[path = "children/linux.rs"]
mod system;

struct ChildCount {
    /// Children that are being started: their numbers are not known yet.
    starting: usize,
    own: Vec<u32>,
}

static ACCOUNT: Mutex<ChildCount> = Mutex::new(ChildCount { starting: 0, own: Vec::new() });

/// Starts a child, to be waited for by [`wait`].
///
/// # Errors
/// As [`Command::spawn`].
pub fn start(command: &mut Command) -> io::Result<Child> {
    account().starting += 1;
    let started = command.spawn();
    {
        let mut account = account();
        account.starting -= 1;
        account.own.extend(started.as_ref().ok().map(Child::id));
    }
    reap_orphans();
    started
}

/// Waits for a child's end.
///
/// # Errors
/// As [`Child::wait`].
pub fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let status = child.wait();
    account().own.retain(|own| *own != child.id());
    reap_orphans();
    status
}

/// Takes notice of every child that has ended and that nobody else waits for. One of our own that has ended and is not
/// waited for yet hides the others until [`wait`] is over.
#[cfg(target_os = "linux")]
pub fn reap_orphans() {
    let account = account();
    if account.starting > 0 {
        return;
    }
    while let Some(ended) = system::ended_child() {
        if account.own.contains(&ended) || !system::reap(ended) {
            return;
        }
    }
}

/// No process inherits other ones' children here but the system's first.
#[cfg(not(target_os = "linux"))]
pub fn reap_orphans() {}

fn account() -> MutexGuard<'static, ChildCount> {
    // Nothing that may panic runs under the lock.
    ACCOUNT.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
