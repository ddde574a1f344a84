//! Owns the system calls that harden the process on every Unix.
#![allow(unsafe_code)]

use std::ffi::OsString;

use rustix::process::{Resource, Rlimit};

pub(super) fn private_files_and_no_folder() {
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

/// How many bytes the process may lock; nothing where there is no limit.
pub fn locked_memory_limit() -> Option<u64> {
    rustix::process::getrlimit(Resource::Memlock).current
}

/// After how many seconds of processor time the system ends the process; nothing where there is no limit.
pub fn processor_time_limit() -> Option<u64> {
    rustix::process::getrlimit(Resource::Cpu).maximum
}

/// How much processor time the process has used, in seconds.
pub fn processor_time() -> u64 {
    rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime).tv_sec.unsigned_abs()
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

/// A caller that ignores its children's ends would hand that on, and no program's exit code could be learnt.
pub(super) fn notice_ended_children() {
    // SAFETY: puts the system's own way back; no handler of ours is involved and no other thread exists yet.
    let _ = unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// The limits of the shell that happened to start the daemon are not the daemon's: it would end by them much later. A file
/// that is too large is an error to be told, and what can be raised is raised.
pub(super) fn outlive_limits() {
    // SAFETY: no handler of ours is involved and no other thread exists yet.
    let _ = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    for resource in [Resource::Cpu, Resource::Fsize, Resource::Data, Resource::As, Resource::Memlock] {
        let limit = rustix::process::getrlimit(resource);
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        let _ = rustix::process::setrlimit(resource, raised);
    }
}

/// How many descriptors the process may have, where that is too few to serve anybody.
pub(super) fn too_few_descriptors() -> Option<u64> {
    rustix::process::getrlimit(Resource::Nofile).current.filter(|limit| *limit < FEWEST_DESCRIPTORS)
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

const MOST_DESCRIPTORS: u64 = 16_384;
/// With these the daemon runs, looks up names, asks a server, and has some callers at once.
pub(super) const FEWEST_DESCRIPTORS: u64 = 32;
const RESERVED_DESCRIPTORS: u64 = 48;
