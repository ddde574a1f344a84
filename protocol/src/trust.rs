//! Owns the one rule by which a path is trusted: who owns each folder, link and file on it, and whom its mode lets in.
//! It touches no file; `trust/unix.rs` walks along the path and reads the facts.

use std::io;
use std::path::{Path, PathBuf};

#[cfg(unix)]
mod list;
#[cfg(unix)]
#[path = "trust/unix.rs"]
mod system;
#[cfg(unix)]
mod viewer;

#[cfg(unix)]
pub use system::{Place, check, check_folder, open, open_to_append, own_folder, resolve};

/// The number that the kernel shows for each user whom the user namespace does not map: root, or another user.
pub const OVERFLOW_USER: u32 = 65534;

/// Folders of the system's own files: only root writes there.
const SYSTEM_FOLDERS: [&str; 3] = ["/etc", "/usr", "/nix"];

/// The owner of a thing, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// This process's effective user.
    Us,
    Root,
    /// Root or another user, whom the user namespace does not map.
    Unmapped,
    Other(u32),
}

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Viewer {
    /// Effective, as is the group.
    user: u32,
    group: u32,
    /// Whether the user namespace maps root.
    maps_root: bool,
    /// Whether the user namespace maps this user.
    maps_us: bool,
}

impl Viewer {
    fn owner(&self, user: u32) -> Owner {
        if user == OVERFLOW_USER && !(self.maps_root && self.maps_us) {
            return Owner::Unmapped;
        }
        match user {
            user if user == self.user => Owner::Us,
            0 => Owner::Root,
            other => Owner::Other(other),
        }
    }
}

/// What the kernel says of one thing on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Facts {
    owner: Owner,
    group: u32,
    /// With an access list, the group bits are the rights of the group alone.
    mode: u32,
    /// The rights, as one octal digit, that an access list grants to others beyond the mode's owner, group and others.
    listed: u32,
}

/// The purpose of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It decides what we do, and is not secret: a config, a CA bundle, a program.
    Decision,
    /// It holds a secret.
    Secret,
    /// It holds a secret that a service manager has handed over.
    Credential,
}

/// What is wrong with one thing on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It belongs to this user.
    OtherOwner(u32),
    /// Its mode lets others in.
    Open(u32),
    /// An access list lets others in, which the mode does not show: its group bits are then the list's mask.
    Listed,
}

/// Passes a folder on the way to a file if only root and we can replace what is in it.
fn judge_folder(facts: Facts, viewer: &Viewer, purpose: Purpose) -> Result<(), Flaw> {
    if let Owner::Other(user) = facts.owner {
        return Err(Flaw::OtherOwner(user));
    }
    // In a sticky folder, only the owners of a file and of the folder can remove the file.
    let is_sticky = facts.mode & 0o1000 != 0;
    if is_sticky { Ok(()) } else { keeps_others_from_writing(facts, viewer, purpose) }
}

/// Passes a link on the way, in the folder `within`.
fn judge_link(link: Facts, within: Facts, viewer: &Viewer, purpose: Purpose) -> Result<(), Flaw> {
    match link.owner {
        Owner::Us | Owner::Root => Ok(()),
        // Only those who may write to the folder can have created it, and the folder was judged.
        Owner::Unmapped if keeps_others_from_writing(within, viewer, purpose).is_ok() => Ok(()),
        Owner::Unmapped => Err(Flaw::OtherOwner(OVERFLOW_USER)),
        Owner::Other(user) => Err(Flaw::OtherOwner(user)),
    }
}

/// Passes the file at `path`, which has no links.
fn judge_file(facts: Facts, path: &Path, viewer: &Viewer, purpose: Purpose) -> Result<(), Flaw> {
    match facts.owner {
        Owner::Us | Owner::Root => {}
        Owner::Unmapped if SYSTEM_FOLDERS.iter().any(|folder| path.starts_with(folder)) => {}
        Owner::Unmapped => return Err(Flaw::OtherOwner(OVERFLOW_USER)),
        Owner::Other(user) => return Err(Flaw::OtherOwner(user)),
    }
    let is_handed_over = purpose == Purpose::Credential || facts.owner == Owner::Root;
    let forbidden = match purpose {
        Purpose::Decision => return keeps_others_from_writing(facts, viewer, purpose),
        Purpose::Secret | Purpose::Credential if is_handed_over => 0o037,
        Purpose::Secret | Purpose::Credential => 0o077,
    };
    match facts {
        Facts { mode, .. } if mode & forbidden != 0 => Err(Flaw::Open(mode)),
        Facts { listed: 0, .. } => Ok(()),
        Facts { .. } => Err(Flaw::Listed),
    }
}

/// How a person sees whose the things on a path are and whom they let in, as a part of a sentence.
pub fn how_to_look(path: Option<&Path>) -> String {
    let path = path.and_then(crate::shell_path).map_or_else(String::new, |path| format!(" {path}"));
    if cfg!(windows) {
        format!("with `icacls{path}`")
    } else if cfg!(target_os = "macos") {
        "with `ls -ld`".to_owned()
    } else {
        format!("with `namei -l{path}` (and `getfacl` where `ls -ld` shows a `+`)")
    }
}

/// macOS: the group of those who may become root, to whom Homebrew leaves its folders.
const ADMINISTRATORS: Option<u32> = if cfg!(target_os = "macos") { Some(80) } else { None };

/// Passes if nobody else may write. Our own primary group counts as us, but never for a secret.
fn keeps_others_from_writing(facts: Facts, viewer: &Viewer, purpose: Purpose) -> Result<(), Flaw> {
    let is_known = facts.group == viewer.group || Some(facts.group) == ADMINISTRATORS;
    let is_our_group = is_known && purpose == Purpose::Decision;
    let is_open = facts.mode & 0o002 != 0 || (facts.mode & 0o020 != 0 && !is_our_group);
    match facts {
        Facts { mode, .. } if is_open => Err(Flaw::Open(mode)),
        Facts { listed, .. } if listed & 0o2 != 0 => Err(Flaw::Listed),
        Facts { .. } => Ok(()),
    }
}

/// Why a path is not trusted.
#[derive(Debug, thiserror::Error)]
pub enum Distrust {
    /// It does not exist.
    #[error("it does not exist")]
    Absent,
    /// It is a link, a pipe, a device, or a folder in place of a file or a file in place of a folder.
    #[error("it is of another kind")]
    WrongKind,
    /// The file, or the folder that was asked for, is not trusted.
    #[error("others own it or may change it")]
    Itself(Flaw),
    /// A folder or a link on the way to it is not trusted.
    #[error("others own {0} on the way to it, or may change it")]
    OnTheWay(PathBuf, Flaw),
    /// The system refused.
    #[error("the system refused")]
    Io(#[from] io::Error),
}

#[cfg(test)]
mod tests;
