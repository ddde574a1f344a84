//! Owns the system calls that harden the process on every Unix.
#![allow(unsafe_code)]

use cp_token_protocol::message::ProtectionReport;
use rustix::process::{Resource, Rlimit};

use super::{HardenError, is_kept, report, system};
use crate::process::signals;

/// Hardens the process, in the order in which each step protects the next, before any thread, socket or secret exists.
/// Reports what cannot be read back later. `kept_fds` are descriptors that are inherited on purpose.
pub fn process(kept_fds: &[i32]) -> Result<Vec<ProtectionReport>, HardenError> {
    if system::is_privileged() {
        return Err(HardenError::Privileged);
    }
    system::close_inherited(kept_fds);
    set_umask_and_directory();
    system::forbid_dumps();
    forbid_core_files();
    system::forbid_new_privileges();
    clear_environment();
    reset_sigchld();
    signals::block();
    raise_limits();
    raise_descriptor_limit();
    // The limit on descriptors may be too low to serve anybody.
    let descriptors = rustix::process::getrlimit(Resource::Nofile).current;
    if let Some(limit) = descriptors.filter(|limit| *limit < MIN_DESCRIPTORS) {
        return Err(HardenError::Descriptors(limit, MIN_DESCRIPTORS));
    }
    if let Some(limit) = processor_time_limit().filter(|limit| *limit < MIN_PROCESSOR_SECONDS) {
        return Err(HardenError::ProcessorTime(limit, MIN_PROCESSOR_SECONDS));
    }
    system::use_one_heap();
    Ok(Vec::new())
}

/// The protections as the system reports them now, and those that are built in.
pub fn status() -> Vec<ProtectionReport> {
    let core_limit = rustix::process::getrlimit(Resource::Core).current;
    vec![
        report("no core dump, no tracing by other programs of the user", Some(system::dumps_are_forbidden())),
        report("no core file", Some(core_limit == Some(0))),
        report("no new privileges", system::new_privileges_are_forbidden()),
        // The allocator does it; nothing can turn it off.
        report("freed memory wiped", Some(true)),
    ]
}

fn set_umask_and_directory() {
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let _ = rustix::process::chdir("/");
}

fn forbid_core_files() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(Resource::Core, none);
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

fn clear_environment() {
    for (name, _) in std::env::vars_os().filter(|(name, _)| !is_kept(&name.to_string_lossy())) {
        // SAFETY: no other thread exists yet.
        #[allow(clippy::disallowed_methods, reason = "before any thread exists")]
        unsafe {
            std::env::remove_var(name);
        }
    }
}

/// A parent that ignores SIGCHLD passes that on, and the exit codes of our children would be lost.
fn reset_sigchld() {
    // SAFETY: restores the default action; no handler is involved and no other thread exists yet.
    let _ = unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// Raises the limits of the shell that happened to start the daemon, which could kill it much later. A file that would be too
/// large is an error, not a signal.
fn raise_limits() {
    // SAFETY: no handler is involved and no other thread exists yet.
    let _ = unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
    for resource in [Resource::Cpu, Resource::Fsize, Resource::Data, Resource::As, Resource::Memlock] {
        let limit = rustix::process::getrlimit(resource);
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        let _ = rustix::process::setrlimit(resource, raised);
    }
}

fn raise_descriptor_limit() {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(MAX_DESCRIPTORS, |maximum| maximum.min(MAX_DESCRIPTORS));
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit { current: Some(wanted), maximum: limit.maximum };
        let _ = rustix::process::setrlimit(Resource::Nofile, raised);
    }
}

/// How many connections may be open at a time, with descriptors to spare for files, the network and D-Bus.
pub fn connection_limit() -> usize {
    let descriptors = rustix::process::getrlimit(Resource::Nofile).current.unwrap_or(MAX_DESCRIPTORS);
    usize::try_from(descriptors.saturating_sub(RESERVED_DESCRIPTORS)).unwrap_or(0).clamp(8, 8192)
}

const MAX_DESCRIPTORS: u64 = 16_384;
/// Enough to run, look up names, ask a server, and serve some callers at a time.
const MIN_DESCRIPTORS: u64 = 32;
const RESERVED_DESCRIPTORS: u64 = 48;
/// With less, the system would kill the daemon and its secrets within a day.
const MIN_PROCESSOR_SECONDS: u64 = 60;
