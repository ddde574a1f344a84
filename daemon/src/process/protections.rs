//! Owns the account of what protects this process: each protection as it stands when it is asked for, not as it was meant.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use cp_token_protocol::message::{ProtectionReport, ProtectionState};
use cp_token_protocol::{LockedMemory, Secret};

use crate::process::harden;

#[cfg(unix)]
#[path = "protections/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "protections/windows.rs"]
mod system;

/// What protects the process.
#[derive(Debug)]
pub struct Protections {
    /// What was done at the start, and cannot be taken back or asked for later.
    at_start: Vec<ProtectionReport>,
    socket: PathBuf,
    /// That secrets are not all locked is said once.
    has_warned: AtomicBool,
}

impl Protections {
    /// Those of a process that came out of its start like this and listens at this socket.
    pub fn new(at_start: Vec<ProtectionReport>, socket: PathBuf) -> Self {
        Self { at_start, socket, has_warned: AtomicBool::new(false) }
    }

    /// Each protection, as it stands now.
    pub fn reports(&self) -> Vec<ProtectionReport> {
        let mut reports = self.at_start.clone();
        reports.extend(harden::standing());
        reports.extend(system::socket(&self.socket));
        reports.push(secrets());
        reports
    }

    /// As [`Protections::reports`], and what limits the life of the process.
    pub fn with_limits(&self) -> Vec<ProtectionReport> {
        let mut reports = self.reports();
        reports.extend(processor_time());
        reports
    }

    /// Says in the log, once, that not all secrets are locked. To be called whenever there may be new ones.
    pub fn watch(&self) {
        let memory = Secret::lock_memory();
        if memory.locked < memory.held && !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!("secrets are not all locked in memory: {}", extent(memory));
        }
    }
}

/// That the system ends the process after some processor time, and how that is fixed; nothing where it does not.
pub fn end_of_life() -> Option<(String, String)> {
    let (limit, used) = (harden::processor_time_limit()?, harden::processor_time());
    let found = format!(
        "it ends, with what only its memory holds, after {limit} s of processor time, {used} s of which are used"
    );
    let raising = raising("cpu", "`ulimit -t` of the shell that starts it or LimitCPU= of the service");
    Some((found, format!("raise RLIMIT_CPU ({raising})")))
}

/// The same, as one of the protections.
fn processor_time() -> Option<ProtectionReport> {
    let (found, fix) = end_of_life()?;
    let report = harden::report("no limit on processor time", Some(false));
    Some(ProtectionReport { detail: format!("{found}: {fix}"), ..report })
}

/// Says in the log that the process ends some time.
pub fn warn_of_limits() {
    if let Some((found, fix)) = end_of_life() {
        tracing::warn!("processor time is limited: {found}: {fix}");
    }
}

/// Whether the secrets that are held lie in locked memory. Where none is held, whether one would.
fn secrets() -> ProtectionReport {
    let memory = Secret::lock_memory();
    let holds = match memory.held {
        0 => Secret::zeroed(1).is_locked(),
        held => memory.locked == held,
    };
    let report = harden::report("secrets locked in memory", Some(holds));
    let detail = match report.state {
        ProtectionState::On => format!("{} of {}", memory.locked, memory.held),
        ProtectionState::Off | ProtectionState::Unsupported => extent(memory),
    };
    ProtectionReport { detail, ..report }
}

fn extent(LockedMemory { held, locked }: LockedMemory) -> String {
    let limit = match harden::locked_memory_limit() {
        Some(bytes) => format!("limit {} KiB", bytes / 1024),
        None => "the system refuses more".to_owned(),
    };
    let raising = raising("memlock", "`ulimit -l` or LimitMEMLOCK= of the service");
    format!("{locked} of {held}, {limit}: raise RLIMIT_MEMLOCK ({raising})")
}

/// What could not be locked is tried again at each look, so a limit that is raised meanwhile suffices.
fn raising(limit: &str, next: &str) -> String {
    match cfg!(target_os = "linux") {
        true => {
            let process = std::process::id();
            format!("`sudo prlimit --{limit}=unlimited --pid {process}` at once, {next} for the next start")
        }
        false => format!("{next} for the next start"),
    }
}
