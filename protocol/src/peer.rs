//! Owns the question whether the other end, and the folder we meet in, belong to this user. The answer comes
//! from the kernel and rests on the user alone, never on a process number or a program's name.

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

/// Who is at the other end of a connection, as the kernel noted it when the connection was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The user; on Windows the last number of its security identifier, which is for people alone.
    pub uid: u32,
    /// The process; absent where the kernel has no number for us. For people, never for decisions: it may have ended,
    /// and another may bear its number.
    pub pid: Option<u32>,
}

/// Why the other end is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// The kernel would not say who it is, which counts as a stranger.
    #[error("the system does not say who the other end is")]
    Unknown,
    /// Another user.
    #[error("the other end belongs to user {0}")]
    Stranger(u32),
    /// The meeting folder is missing.
    #[error("the folder does not exist")]
    NoFolder,
    /// The meeting folder is no folder, and no link to one.
    #[error("it is not a folder")]
    NotAFolder,
    /// Others may change the meeting folder, or the way that a link leads to it.
    #[error("others may write to it, or to a folder on the way to it")]
    OpenFolder,
    /// The meeting folder belongs to another user.
    #[error("the folder belongs to user {0}")]
    ForeignFolder(u32),
}

/// Whether the user `peer`, as the kernel names it, is the user `own`.
///
/// The overflow user (65534, a user outside this namespace) and -1 are nobody, unless the former is really
/// our own number.
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
