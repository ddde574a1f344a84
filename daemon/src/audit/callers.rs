//! Owns who a caller is beyond its user: the names that the kernel has for it and for whoever started it. They are for
//! people; nothing is decided by them, because any program of the user may bear any name.

use cp_token_protocol::{message, printable};

mod memory;
#[cfg(target_os = "linux")]
#[path = "callers/linux.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "callers/macos.rs"]
mod system;
#[cfg(windows)]
#[path = "callers/windows.rs"]
mod system;

pub use memory::{CallerSnapshot, Callers};

/// The longest name that the kernel keeps, in bytes.
const NAME_LIMIT: usize = 15;

/// A caller, in so many bytes whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerInfo {
    /// Its user.
    pub uid: u32,
    /// Itself.
    pub process: ProcessInfo,
    /// Who started it; absent where that is not to be seen.
    pub parent: Option<ProcessInfo>,
}

/// A process with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessInfo {
    /// Its number; 0 where the kernel has none for us.
    pub pid: u32,
    name: [u8; NAME_LIMIT],
    length: u8,
}

impl ProcessInfo {
    /// A process of this name, of which only what is printable is kept. The kernel may have cut a letter at its end.
    pub fn new(pid: u32, name: &[u8]) -> Self {
        let mut kept = [0; NAME_LIMIT];
        let mut length = 0;
        // A line's end is no space, as which it would pass for another name.
        let text = String::from_utf8_lossy(name).replace(['\t', '\n', '\r'], "\0");
        for letter in printable(&text) {
            let Some(room) = kept.get_mut(length..length + letter.len_utf8()) else { break };
            length += letter.encode_utf8(room).len();
        }
        // At most 15, so it fits.
        Self { pid, name: kept, length: length as u8 }
    }

    /// The name; empty where it is not known.
    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.name[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl From<CallerInfo> for message::Caller {
    fn from(known: CallerInfo) -> Self {
        Self { uid: known.uid, process: known.process.into(), parent: known.parent.map(Into::into) }
    }
}

impl From<ProcessInfo> for message::Process {
    fn from(named: ProcessInfo) -> Self {
        Self { pid: named.pid, program: named.name().to_owned() }
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
