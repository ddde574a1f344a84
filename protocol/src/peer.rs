//! Owns the check that the peer and the socket's folder belong to this user. It asks the kernel, and depends on the
//! user alone, never on a process number or a program's name.

#[cfg(target_os = "linux")]
#[path = "peer/linux.rs"]
mod kernel;
#[cfg(target_os = "macos")]
#[path = "peer/macos.rs"]
mod kernel;
#[cfg(unix)]
#[path = "peer/unix.rs"]
mod system;

#[cfg(windows)]
#[path = "peer/windows.rs"]
mod system;

#[cfg(unix)]
pub use system::named_socket;
#[cfg(windows)]
pub use system::require_own_pipe;
pub use system::{require_own_folder, require_same_user};

/// The other end of a connection, as the kernel recorded it when the connection was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The user; on Windows the last number of its security identifier, for people only.
    pub uid: u32,
    /// The process, if the kernel has a number for us. For people, never for decisions: another process may have the
    /// number now.
    pub pid: Option<u32>,
}

/// Why the peer or the folder is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum PeerError {
    #[error("the system does not say who the other end is")]
    Unknown,
    /// The peer is another user.
    #[error("the other end belongs to user {0}")]
    Stranger(u32),
    #[error("the folder does not exist")]
    NoFolder,
    /// It is no folder, and no link to one.
    #[error("it is not a folder")]
    NotAFolder,
    #[error("others may write to it, or to a folder on the way to it")]
    OpenFolder,
    #[error("the folder belongs to user {0}")]
    FolderOfOther(u32),
}

/// Whether the peer's user is our own. The kernel's -1 is nobody, and so is the overflow user (65534, a user outside
/// this namespace) unless it is really our own number.
pub fn is_same_user(peer: u32, own: u32) -> bool {
    peer == own && peer != u32::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a05_only_the_very_same_user_passes() {
        assert!(is_same_user(1000, 1000));
        assert!(is_same_user(65534, 65534));
        assert!(!is_same_user(65534, 1000));
        assert!(!is_same_user(0, 1000));
        assert!(!is_same_user(u32::MAX, u32::MAX));
    }
}
