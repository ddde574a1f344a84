//! Owns the lock that lets one process at a time start a daemon. It is held during the start only.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use cp_token_protocol::{ErrorCode, Failure};

use super::{run_until, system};
use crate::daemon::deadline::Deadline;

/// Most bytes of the lock's content that are read.
const CONTENT_LIMIT: u64 = 8192;

/// Whether a daemon holds its own lock in this folder: it begins, leaves, or has lost its socket if none listens.
pub(super) fn is_held_by_a_daemon(folder: &Path) -> bool {
    system::is_locked(&folder.join("daemon.lock"))
}

#[cfg(unix)]
pub(super) use cp_token_protocol::named_socket;

/// A pipe's name says whose it is, and a daemon's lock cannot be read.
#[cfg(windows)]
pub(super) fn named_socket(_: &Path) -> Option<PathBuf> {
    None
}

/// The lock, held as long as this value lives.
pub(super) struct StartLock {
    file: File,
}

impl StartLock {
    /// Waits for the lock until the deadline. [`ErrorCode::DAEMON_UNAVAILABLE`] if the file cannot be opened or is not ours.
    pub(super) fn acquire(folder: &Path, deadline: &Deadline) -> Result<Self, Failure> {
        let file = system::open_own_file(&path(folder)).map_err(|_| not_usable(folder))?;
        if file.try_lock().is_ok() {
            return Ok(Self { file });
        }
        let waiting = run_until(deadline, move || system::wait_and_lock(file))?;
        waiting.map(|file| Self { file }).map_err(|_| not_usable(folder))
    }

    /// The content that the last holder has written.
    pub(super) fn content(&self) -> String {
        let mut content = Vec::new();
        let _ = (&self.file).take(CONTENT_LIMIT).read_to_end(&mut content);
        String::from_utf8_lossy(&content).into_owned()
    }

    /// Leaves `content` for the next holder. A failure costs the next holder only what it would have learnt.
    pub(super) fn replace_content(&self, content: &str) {
        let mut file = &self.file;
        if file.set_len(0).and_then(|()| file.rewind()).is_ok() {
            let _ = file.write_all(content.as_bytes());
        }
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join("start.lock")
}

fn not_usable(folder: &Path) -> Failure {
    let message = format!("the lock {} cannot be used", path(folder).display());
    Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message)
        .with_hint("see that it is an ordinary file of yours in a folder that can be written to")
}
