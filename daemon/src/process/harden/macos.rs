//! Owns the system calls that harden the process on macOS alone.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};

pub use super::unix::*;

pub(super) fn is_privileged() -> bool {
    let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
    // SAFETY: reads a flag that the kernel set for this process.
    let raised = unsafe { libc::issetugid() } != 0;
    raised || user != rustix::process::geteuid() || group != rustix::process::getegid()
}

/// Closes what the caller's shell had open: a pipeline must not wait for the daemon.
pub(super) fn close_inherited(kept: &[i32]) {
    // SAFETY: reads a limit of this process.
    let end = unsafe { libc::getdtablesize() };
    for descriptor in (3..end).filter(|number| !kept.contains(number)) {
        // SAFETY: nothing in this process has opened a descriptor yet; 0 to 2 and `kept` stay open.
        unsafe { libc::close(descriptor) };
    }
}

/// The system does not report it, and nothing undoes it.
static ATTACHING_IS_DENIED: AtomicBool = AtomicBool::new(false);

/// No debugger can attach; core files are forbidden by a limit.
pub(super) fn forbid_dumps() {
    // SAFETY: with this request the call reads none of its other arguments.
    let denied = unsafe { libc::ptrace(libc::PT_DENY_ATTACH, 0, std::ptr::null_mut(), 0) == 0 };
    ATTACHING_IS_DENIED.store(denied, Ordering::Relaxed);
}

pub(super) fn dumps_are_forbidden() -> bool {
    ATTACHING_IS_DENIED.load(Ordering::Relaxed)
}

/// The system has no such flag.
pub(super) fn forbid_new_privileges() {}

pub(super) fn new_privileges_are_forbidden() -> Option<bool> {
    None
}

/// The system's allocator has one heap for short-lived threads anyway.
pub(super) fn use_one_heap() {}

/// Returns free pages of the heap.
pub fn give_memory_back() {
    // SAFETY: may be called at any time from any thread; null and 0 mean all zones.
    let _ = unsafe { malloc_zone_pressure_relief(std::ptr::null_mut(), 0) };
}

unsafe extern "C" {
    /// `malloc/malloc.h`: how many bytes were returned.
    fn malloc_zone_pressure_relief(zone: *mut libc::c_void, goal: usize) -> usize;
}
