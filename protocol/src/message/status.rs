//! Owns what the daemon says of itself and its protections.

use crate::wire::{Decode, Encode};

/// The daemon's own account of itself.
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
    /// Where it listens. This path and the two files are exact; whoever shows them makes them printable first.
    pub socket: String,
    /// The config file in force.
    pub config_file: String,
    /// What is wrong with the config file, where something is.
    pub config_problem: Option<String>,
    /// What the keyring did when it was last asked.
    pub keyring: KeyringReport,
    /// Each protection of the process.
    pub protections: Vec<ProtectionReport>,
    /// Whether the daemon is locked.
    pub locked: bool,
    /// Whether it locks when the machine is about to sleep.
    pub locks_on_suspend: bool,
    /// The file of what it remembers.
    pub state_file: String,
    /// How many secrets are in its memory alone; 0 while it is locked.
    pub secrets_in_memory: u32,
}

/// What the keyring did when it was last asked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum KeyringReport {
    /// It was not asked yet.
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
    /// How far it holds, and what to do where that is not all the way; may be empty.
    pub detail: String,
}

/// Whether a protection holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum ProtectionState {
    /// It holds.
    On,
    /// It does not, though this system has it.
    Off,
    /// This system does not have it.
    Unsupported,
}
