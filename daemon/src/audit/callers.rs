//! Owns the names of a caller's process and of its parent, as the kernel knows them. They are for people: nothing is decided
//! by them, because any program of the user may choose its name.

use cp_token_protocol::{message, printable};

mod cache;
#[cfg(target_os = "linux")]
#[path = "callers/linux.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "callers/macos.rs"]
mod system;
#[cfg(windows)]
#[path = "callers/windows.rs"]
mod system;

pub use cache::{CallerSnapshot, Callers};

/// The longest name that the kernel keeps, in bytes.
const MAX_NAME_BYTES: usize = 15;

/// A caller, of a fixed size whatever its name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerInfo {
    /// The user id.
    pub uid: u32,
    /// The caller's own process.
    pub process: ProcessInfo,
    /// The process that started it, if known.
    pub parent: Option<ProcessInfo>,
}

/// A process id and the process's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessInfo {
    /// The process id; 0 if the kernel does not say.
    pub pid: u32,
    name: [u8; MAX_NAME_BYTES],
    length: u8,
}

impl ProcessInfo {
    /// Keeps only what is printable of the name. The kernel may have cut a character at the end.
    pub fn new(pid: u32, name: &[u8]) -> Self {
        let mut kept = [0; MAX_NAME_BYTES];
        let mut length = 0;
        // A line end must not become a space: the name would look like another.
        let text = String::from_utf8_lossy(name).replace(['\t', '\n', '\r'], "\0");
        for character in printable(&text) {
            let Some(room) = kept.get_mut(length..length + character.len_utf8()) else { break };
            length += character.encode_utf8(room).len();
        }
        // At most 15, so it fits.
        Self { pid, name: kept, length: length as u8 }
    }

    /// The name; empty if unknown.
    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.name[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl From<CallerInfo> for message::Caller {
    fn from(caller: CallerInfo) -> Self {
        Self { uid: caller.uid, process: caller.process.into(), parent: caller.parent.map(Into::into) }
    }
}

impl From<ProcessInfo> for message::Process {
    fn from(process: ProcessInfo) -> Self {
        Self { pid: process.pid, program: process.name().to_owned() }
    }
}

impl From<message::Caller> for CallerInfo {
    fn from(caller: message::Caller) -> Self {
        Self { uid: caller.uid, process: caller.process.into(), parent: caller.parent.map(Into::into) }
    }
}

impl From<message::Process> for ProcessInfo {
    fn from(process: message::Process) -> Self {
        Self::new(process.pid, process.program.as_bytes())
    }
}

#[cfg(test)]
mod tests;
