//! Owns the daemon's report on itself and its protections.

use crate::wire::{Decode, Encode};

/// The daemon's report on itself.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct StatusReport {
    /// The daemon's package version.
    pub version: String,
    /// The protocol version it speaks.
    pub protocol: u16,
    /// Its process number; for people, never for decisions.
    pub pid: u32,
    /// Seconds since it became ready.
    pub uptime_s: u64,
    /// Its socket. This path and those of the two files are exact, and must be made printable before they are shown.
    pub socket: String,
    /// The config file in force.
    pub config_file: String,
    /// What is wrong with the config file, if anything.
    pub config_problem: Option<String>,
    /// The keyring.
    pub keyring: KeyringReport,
    /// Each protection of the process.
    pub protections: Vec<ProtectionReport>,
    /// Whether the daemon is locked.
    pub locked: bool,
    /// Whether it locks on suspend.
    pub locks_on_suspend: bool,
    /// The state file.
    pub state_file: String,
    /// How many secrets are in memory only; 0 while it is locked.
    pub secrets_in_memory: u32,
}

/// The result of the last access to the keyring.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum KeyringReport {
    /// There was none yet.
    #[default]
    Untried,
    /// It answered.
    Working,
    /// It could not be reached.
    Unavailable,
    /// It is locked.
    Locked,
    /// It refused.
    Denied,
    /// It did not answer in time.
    TimedOut,
}

/// One protection of the daemon's process.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ProtectionReport {
    /// What it is, in a few words.
    pub name: String,
    /// Whether it holds.
    pub state: ProtectionState,
    /// How far it holds, and what to do about the rest; may be empty.
    pub detail: String,
}

/// Whether a protection holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum ProtectionState {
    /// It holds.
    On,
    /// It does not hold, though this system supports it.
    Off,
    /// This system does not support it.
    Unsupported,
}
