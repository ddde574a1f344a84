//! Owns the system calls that harden the process on Linux.
#![allow(unsafe_code)]

use std::ffi::OsString;

use rustix::process::{DumpableBehavior, Resource, Rlimit};

pub(super) fn is_privileged() -> bool {
    let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
    // SAFETY: reads a word that the kernel left for this process.
    let raised = unsafe { libc::getauxval(libc::AT_SECURE) } != 0;
    raised || user != rustix::process::geteuid() || group != rustix::process::getegid()
}

/// Whatever the caller's shell had open stays the shell's: a pipeline does not wait for the daemon.
pub(super) fn close_inherited(first: u32) {
    // SAFETY: nothing in this process has opened a descriptor yet; 0 to 2 and an activated socket stay.
    let _ = unsafe { libc::syscall(libc::SYS_close_range, first, u32::MAX, 0) };
}

pub(super) fn private_files_and_no_folder() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let _ = rustix::process::chdir("/");
}

/// The real defence against core handlers and tracing: limits alone do not stop a piped core handler.
pub(super) fn forbid_dumps() -> bool {
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok()
}

pub(super) fn forbid_core_files() -> bool {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    rustix::process::setrlimit(Resource::Core, none).is_ok()
}

pub(super) fn forbid_new_privileges() -> bool {
    rustix::thread::set_no_new_privs(true).is_ok()
}

pub(super) fn clear_environment(keep: impl Fn(&OsString) -> bool) {
    let doomed: Vec<OsString> =
        std::env::vars_os().map(|(name, _)| name).filter(|name| !keep(name)).collect();
    for name in doomed {
        // SAFETY: no other thread exists yet.
        #[allow(clippy::disallowed_methods, reason = "before any thread exists")]
        unsafe {
            std::env::remove_var(name);
        }
    }
}

pub(super) fn raise_descriptor_limit() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(MOST_DESCRIPTORS, |most| most.min(MOST_DESCRIPTORS));
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
        let _ = rustix::process::setrlimit(Resource::Nofile, raised);
    }
}

/// How many conversations may be open at once, with descriptors to spare for files, the network and the bus.
pub fn connection_limit() -> usize {
    let descriptors = rustix::process::getrlimit(Resource::Nofile).current.unwrap_or(MOST_DESCRIPTORS);
    usize::try_from(descriptors.saturating_sub(RESERVED_DESCRIPTORS)).unwrap_or(0).clamp(8, 8192)
}

/// One heap for all threads: each further one would keep pages of its own for short-lived threads.
pub(super) fn use_one_heap() {
    #[cfg(target_env = "gnu")]
    // SAFETY: sets a number in the allocator; no other thread exists yet.
    let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
}

/// Gives pages that the heap does not use back to the system.
pub fn give_memory_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `malloc_trim` may be called at any time from any thread.
    let _ = unsafe { libc::malloc_trim(0) };
}

const MOST_DESCRIPTORS: u64 = 16_384;
const RESERVED_DESCRIPTORS: u64 = 48;
