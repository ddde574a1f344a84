//! Owns the system calls that harden the process on every Unix.
#![allow(unsafe_code)]

use std::ffi::OsString;

use rustix::process::{Resource, Rlimit};

pub(super) fn set_umask_and_directory() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let _ = rustix::process::chdir("/");
}

pub(super) fn forbid_core_files() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(Resource::Core, none);
}

pub(super) fn core_files_are_forbidden() -> bool {
    rustix::process::getrlimit(Resource::Core).current == Some(0)
}

/// How many bytes the process may lock; none without a limit.
pub fn locked_memory_limit() -> Option<u64> {
    rustix::process::getrlimit(Resource::Memlock).current
}

/// After how many seconds of processor time the system kills the process; none without a limit.
pub fn processor_time_limit() -> Option<u64> {
    rustix::process::getrlimit(Resource::Cpu).maximum
}

/// The processor time that the process has used, in seconds.
pub fn processor_time() -> u64 {
    rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime).tv_sec.unsigned_abs()
}

pub(super) fn clear_environment(keep: impl Fn(&OsString) -> bool) {
    let removed: Vec<OsString> =
        std::env::vars_os().map(|(name, _)| name).filter(|name| !keep(name)).collect();
    for name in removed {
        // SAFETY: no other thread exists yet.
        #[allow(clippy::disallowed_methods, reason = "before any thread exists")]
        unsafe {
            std::env::remove_var(name);
        }
    }
}

/// A parent that ignores SIGCHLD passes that on, and the exit codes of our children would be lost.
pub(super) fn reset_sigchld() {
    // SAFETY: restores the default action; no handler is involved and no other thread exists yet.
    let _ = unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// Raises the limits of the shell that happened to start the daemon, which could kill it much later. A file that would be too
/// large is an error, not a signal.
pub(super) fn raise_limits() {
    // SAFETY: no handler is involved and no other thread exists yet.
    let _ = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    for resource in [Resource::Cpu, Resource::Fsize, Resource::Data, Resource::As, Resource::Memlock] {
        let limit = rustix::process::getrlimit(resource);
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        let _ = rustix::process::setrlimit(resource, raised);
    }
}

/// The limit on descriptors, if it is too low to serve anybody.
pub(super) fn too_few_descriptors() -> Option<u64> {
    rustix::process::getrlimit(Resource::Nofile).current.filter(|limit| *limit < MIN_DESCRIPTORS)
}

pub(super) fn raise_descriptor_limit() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(MAX_DESCRIPTORS, |maximum| maximum.min(MAX_DESCRIPTORS));
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
        let _ = rustix::process::setrlimit(Resource::Nofile, raised);
    }
}

/// How many connections may be open at once, with descriptors to spare for files, the network and D-Bus.
pub fn connection_limit() -> usize {
    let descriptors = rustix::process::getrlimit(Resource::Nofile).current.unwrap_or(MAX_DESCRIPTORS);
    usize::try_from(descriptors.saturating_sub(RESERVED_DESCRIPTORS)).unwrap_or(0).clamp(8, 8192)
}

const MAX_DESCRIPTORS: u64 = 16_384;
/// Enough to run, look up names, ask a server, and serve some callers at once.
pub(super) const MIN_DESCRIPTORS: u64 = 32;
const RESERVED_DESCRIPTORS: u64 = 48;
