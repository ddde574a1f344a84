//! Owns the start of programs on Windows, where `std` lets children inherit every inheritable handle.

mod line;

#[cfg(windows)]
#[path = "child/windows.rs"]
mod system;

pub use line::split;
#[cfg(windows)]
pub use system::{Start, Started};

/// The variables that Windows' own libraries and programs read. Names are case-insensitive.
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
    // Wine finds the user's folders by this one, Windows by the user's token.
    "WINEUSERNAME",
];
