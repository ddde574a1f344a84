//! Owns the one rule by which a path is trusted, as judgements over facts: whose a folder, a link or a file is, and whom
//! its mode lets in. It touches no file; what walks along a path and asks for the facts is `trust/unix.rs`.

use std::io;
use std::path::{Path, PathBuf};

#[cfg(any(unix, test))]
mod list;
#[cfg(unix)]
#[path = "trust/unix.rs"]
mod system;
#[cfg(unix)]
mod viewer;

#[cfg(unix)]
pub use system::{Place, check, check_folder, open, open_to_append, own_folder, resolve};

/// The number that the kernel shows for every user whom the user namespace does not map: root, or a stranger.
pub const OVERFLOW_USER: u32 = 65534;

/// Where a system's own files lie: nobody but root writes there.
const SYSTEM_FOLDERS: [&str; 3] = ["/etc", "/usr", "/nix"];

/// Whose a thing is, as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// This process's effective user.
    Us,
    /// Root.
    Root,
    /// Somebody whom the user namespace does not map: root or a stranger.
    Unmapped,
    /// Another user.
    Other(u32),
}

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Viewer {
    /// The effective user.
    pub user: u32,
    /// The effective group, which is the user's primary one.
    pub group: u32,
    /// Whether the user namespace maps root.
    pub maps_root: bool,
    /// Whether the user namespace maps this user.
    pub maps_us: bool,
}

impl Viewer {
    /// Whose the thing is that the kernel says belongs to `user`.
    pub fn owner(&self, user: u32) -> Owner {
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
pub struct Facts {
    /// Whose it is.
    pub owner: Owner,
    /// Its group.
    pub group: u32,
    /// Its permission bits; where there is an access list, the group bits are the rights of the group alone.
    pub mode: u32,
    /// The rights, as one octal digit, that an access list grants to others beyond the mode's owner, group and others.
    pub listed: u32,
}

/// What a file is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It decides what we do, and is no secret: a config, a CA bundle, a program.
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
    Foreign(u32),
    /// Its mode lets others in.
    Open(u32),
    /// An access list lets others in whom the mode does not show: its group bits then stand for all who are listed.
    Listed,
}

/// Passes a folder on the way to a file, if nobody but root and us can replace what is in it.
///
/// # Errors
/// [`Flaw`].
pub fn judge_folder(facts: Facts, viewer: &Viewer, purpose: Purpose) -> Result<(), Flaw> {
    if let Owner::Other(user) = facts.owner {
        return Err(Flaw::Foreign(user));
    }
    // In a sticky folder, only the owner of a name, and of the folder, takes the name away.
    let is_sticky = facts.mode & 0o1000 != 0;
    if is_sticky { Ok(()) } else { keeps_others_from_writing(facts, viewer, purpose) }
}

/// Passes a link on the way that lies in the folder `within`.
///
/// # Errors
/// [`Flaw`].
pub fn judge_link(link: Facts, within: Facts, viewer: &Viewer, purpose: Purpose) -> Result<(), Flaw> {
    match link.owner {
        Owner::Us | Owner::Root => Ok(()),
        // Who made it is who may write to the folder, and that one was judged.
        Owner::Unmapped if keeps_others_from_writing(within, viewer, purpose).is_ok() => Ok(()),
        Owner::Unmapped => Err(Flaw::Foreign(OVERFLOW_USER)),
        Owner::Other(user) => Err(Flaw::Foreign(user)),
    }
}

/// Passes the file at `path`, which has no link on its way.
///
/// # Errors
/// [`Flaw`].
pub fn judge_file(facts: Facts, path: &Path, viewer: &Viewer, purpose: Purpose) -> Result<(), Flaw> {
    match facts.owner {
        Owner::Us | Owner::Root => {}
        Owner::Unmapped if SYSTEM_FOLDERS.iter().any(|folder| path.starts_with(folder)) => {}
        Owner::Unmapped => return Err(Flaw::Foreign(OVERFLOW_USER)),
        Owner::Other(user) => return Err(Flaw::Foreign(user)),
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

/// Passes where nobody else may write. Our own primary group is we ourselves, but never where a secret is concerned.
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

/// Why a path is not trusted, or leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum Distrust {
    /// There is nothing.
    #[error("it does not exist")]
    Absent,
    /// It is not what it should be: a link, a pipe, a device, a folder or a file in the place of the other.
    #[error("it is of another kind")]
    WrongKind,
    /// The file, or the folder that was asked for, is not trusted.
    #[error("others own it or may change it")]
    Itself(Flaw),
    /// A folder or a link on the way is not trusted.
    #[error("others own {0} on the way to it, or may change it")]
    OnTheWay(PathBuf, Flaw),
    /// The system refused.
    #[error("the system refused")]
    Io(#[from] io::Error),
}

#[cfg(test)]
mod tests;
