//! Owns the module map of how a program is started on Windows, where `std` hands on every handle that is open to
//! children. Elsewhere `std` does.

mod line;

#[cfg(windows)]
#[path = "child/windows.rs"]
mod system;

pub use line::split;
#[cfg(windows)]
pub use system::{Start, Started};

/// What Windows' own libraries and programs ask for; its names have no case.
pub const SYSTEM_VARIABLES: &[&str] = &[
    "ALLUSERSPROFILE",
    "APPDATA",
    "COMPUTERNAME",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERDOMAIN",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
    // By which Wine finds the user's folders, as Windows does by the user's token.
    "WINEUSERNAME",
];
