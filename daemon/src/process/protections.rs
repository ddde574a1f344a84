//! Owns the status of this process's protections: each is checked when it is asked for.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use cp_token_protocol::message::{ProtectionReport, ProtectionState};
use cp_token_protocol::{LockedMemory, Secret};

use crate::process::harden;

/// The protections of the process.
#[derive(Debug)]
pub struct Protections {
    /// What was turned on at the start, and cannot be turned off or checked later.
    at_start: Vec<ProtectionReport>,
    #[cfg_attr(windows, expect(dead_code, reason = "nobody else can change the ACL of a pipe"))]
    socket: PathBuf,
    /// The warning that not all secrets are locked is logged once.
    has_warned: AtomicBool,
}

impl Protections {
    /// Those of a process with these reports of its start, and with this socket.
    pub fn new(at_start: Vec<ProtectionReport>, socket: PathBuf) -> Self {
        Self { at_start, socket, has_warned: AtomicBool::new(false) }
    }

    /// Each protection, as it is now.
    pub fn reports(&self) -> Vec<ProtectionReport> {
        let mut reports = self.at_start.clone();
        reports.extend(harden::status());
        #[cfg(unix)]
        reports.push(socket(&self.socket));
        reports.push(secrets());
        reports
    }

    /// [`Protections::reports`], and a limit on processor time.
    pub fn with_limits(&self) -> Vec<ProtectionReport> {
        let mut reports = self.reports();
        reports.extend(processor_time());
        reports
    }

    /// Warns in the log, once, if not all secrets are locked in memory.
    pub fn check_locked(&self) {
        let memory = Secret::lock_memory();
        if memory.locked < memory.held && !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!("secrets are not all locked in memory: {}", locked_share(memory));
        }
    }
}

/// A limit on processor time, at which the system kills the process, and how to raise it; none without a limit.
pub fn processor_limit() -> Option<(String, String)> {
    let (limit, used) = (harden::processor_time_limit()?, harden::processor_time());
    let found = format!(
        "it ends, with what only its memory holds, after {limit} s of processor time, {used} s of which are used"
    );
    let raising = raising("cpu", "`ulimit -t` of the shell that starts it or LimitCPU= of the service");
    Some((found, format!("raise RLIMIT_CPU ({raising})")))
}

/// [`processor_limit`] as a protection.
fn processor_time() -> Option<ProtectionReport> {
    let (found, fix) = processor_limit()?;
    let report = harden::report("no limit on processor time", Some(false));
    Some(ProtectionReport { detail: format!("{found}: {fix}"), ..report })
}

/// Warns in the log of a limit on processor time.
pub fn warn_of_limits() {
    if let Some((found, fix)) = processor_limit() {
        tracing::warn!("processor time is limited: {found}: {fix}");
    }
}

/// Whether other users could connect; each peer's user is checked in any case. The ACL of a Windows pipe cannot be changed.
#[cfg(unix)]
fn socket(path: &std::path::Path) -> ProtectionReport {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let own = rustix::process::geteuid().as_raw();
    let (is_private, detail) = match std::fs::symlink_metadata(path) {
        Err(_) => (false, "it is not where it was".to_owned()),
        Ok(facts) if facts.file_type().is_socket() && facts.uid() == own && facts.mode() & 0o077 == 0 => {
            (true, String::new())
        }
        Ok(facts) => {
            let mode = facts.mode() & 0o7777;
            (false, format!("it belongs to user {} and has mode {mode:04o}", facts.uid()))
        }
    };
    let report = harden::report("socket for this user alone, peer checked", Some(is_private));
    ProtectionReport { detail, ..report }
}

/// Whether the secrets are in locked memory; without secrets, whether one could be.
fn secrets() -> ProtectionReport {
    let memory = Secret::lock_memory();
    let is_locked = match memory.held {
        0 => Secret::zeroed(1).is_locked(),
        held => memory.locked == held,
    };
    let report = harden::report("secrets locked in memory", Some(is_locked));
    let detail = match report.state {
        ProtectionState::On => format!("{} of {}", memory.locked, memory.held),
        ProtectionState::Off | ProtectionState::Unsupported => locked_share(memory),
    };
    ProtectionReport { detail, ..report }
}

fn locked_share(LockedMemory { held, locked }: LockedMemory) -> String {
    let limit = match harden::locked_memory_limit() {
        Some(bytes) => format!("limit {} KiB", bytes / 1024),
        None => "the system refuses more".to_owned(),
    };
    let raising = raising("memlock", "`ulimit -l` or LimitMEMLOCK= of the service");
    format!("{locked} of {held}, {limit}: raise RLIMIT_MEMLOCK ({raising})")
}

/// Locking is tried again at each check, so raising the limit of the running process is enough.
fn raising(limit: &str, next: &str) -> String {
    match cfg!(target_os = "linux") {
        true => {
            let process = std::process::id();
            format!(
                "`sudo prlimit --{limit}=unlimited --pid {process}` immediately, {next} for the next start"
            )
        }
        false => format!("{next} for the next start"),
    }
}
