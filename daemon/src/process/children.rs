//! Owns the list of this process's children: each is waited for by the thread that started it, and orphans, which the first
//! process of a container inherits, are reaped by [`reap_orphans`]. It knows no program.

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::sync::Mutex;

use crate::base::mutex;

#[cfg(target_os = "linux")]
#[path = "children/linux.rs"]
mod system;

struct ChildCount {
    /// Children that are being started: their process ids are not known yet.
    starting: usize,
    own: Vec<u32>,
}

static CHILDREN: Mutex<ChildCount> = Mutex::new(ChildCount { starting: 0, own: Vec::new() });

/// Starts a child, to be waited for by [`wait`].
pub fn start(command: &mut Command) -> io::Result<Child> {
    mutex::lock(&CHILDREN).starting += 1;
    let started = command.spawn();
    {
        let mut children = mutex::lock(&CHILDREN);
        children.starting -= 1;
        children.own.extend(started.as_ref().ok().map(Child::id));
    }
    reap_orphans();
    started
}

/// Waits for a child's end.
pub fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let status = child.wait();
    mutex::lock(&CHILDREN).own.retain(|own| *own != child.id());
    reap_orphans();
    status
}

/// Reaps every ended child that no thread waits for. One of our own that has ended hides the others until [`wait`] returns.
#[cfg(target_os = "linux")]
pub fn reap_orphans() {
    let children = mutex::lock(&CHILDREN);
    if children.starting > 0 {
        return;
    }
    while let Some(ended) = system::ended_child() {
        if children.own.contains(&ended) || !system::reap(ended) {
            return;
        }
    }
}

/// Only the system's first process inherits orphans here.
#[cfg(not(target_os = "linux"))]
pub fn reap_orphans() {}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
