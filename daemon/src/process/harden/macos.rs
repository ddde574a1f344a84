//! Owns the system calls that harden the process on macOS alone.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};

pub(super) use super::unix::{
    FEWEST_DESCRIPTORS, clear_environment, core_files_are_forbidden, forbid_core_files,
    notice_ended_children, outlive_limits, private_files_and_no_folder, raise_descriptor_limit,
    too_few_descriptors,
};
pub use super::unix::{connection_limit, locked_memory_limit, processor_time, processor_time_limit};

pub(super) fn is_privileged() -> bool {
    let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
    // SAFETY: reads a mark that the kernel set for this process.
    let raised = unsafe { libc::issetugid() } != 0;
    raised || user != rustix::process::geteuid() || group != rustix::process::getegid()
}

/// Whatever the caller's shell had open stays the shell's: a pipeline does not wait for the daemon.
pub(super) fn close_inherited(given: &[i32]) {
    // SAFETY: reads a limit of this process.
    let end = unsafe { libc::getdtablesize() };
    for descriptor in (3..end).filter(|number| !given.contains(number)) {
        // SAFETY: nothing in this process has opened a descriptor yet; 0 to 2 and what was given stay.
        unsafe { libc::close(descriptor) };
    }
}

/// The system does not tell it later, and nothing takes it back.
static ATTACHING_IS_DENIED: AtomicBool = AtomicBool::new(false);

/// No debugger of the user gets in; a core file is what the limit forbids.
pub(super) fn forbid_dumps() {
    // SAFETY: with this request the call reads none of its other arguments.
    let denied = unsafe { libc::ptrace(libc::PT_DENY_ATTACH, 0, std::ptr::null_mut(), 0) == 0 };
    ATTACHING_IS_DENIED.store(denied, Ordering::Relaxed);
}

pub(super) fn dumps_are_forbidden() -> bool {
    ATTACHING_IS_DENIED.load(Ordering::Relaxed)
}

/// The system has no such promise for an ordinary process.
pub(super) fn forbid_new_privileges() {}

pub(super) fn new_privileges_are_forbidden() -> Option<bool> {
    None
}

/// The system's allocator has one heap for short-lived threads as it is.
pub(super) fn use_one_heap() {}

/// Gives back pages of the heap that are free.
pub fn give_memory_back() {
    // SAFETY: the call may be made at any time from any thread; no zone and no goal mean all there is.
    let _ = unsafe { malloc_zone_pressure_relief(std::ptr::null_mut(), 0) };
}

unsafe extern "C" {
    /// `malloc/malloc.h`: how many bytes were given back.
    fn malloc_zone_pressure_relief(zone: *mut libc::c_void, goal: usize) -> usize;
}
