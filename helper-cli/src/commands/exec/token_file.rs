//! Owns the file with the token while a program runs: in memory, private, replaced atomically.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cp_token_protocol::{ErrorCode, Failure, IpcAddress, require_own_folder};

use super::system;

/// How often a place is tried for that somebody else's tidying took away.
const MAX_ATTEMPTS: usize = 16;

/// A folder of one run of `cp-token exec`. It is locked as long as this value lives, and removed with it.
pub(super) struct TokenFolder {
    folder: PathBuf,
    _lock: File,
}

impl TokenFolder {
    /// Creates the directory beside the socket, or in the runtime directory, and removes those of killed runs. Fails with
    /// [`ErrorCode::NOT_ON_THIS_MACHINE`] if neither is in memory, [`ErrorCode::NOT_OUR_DAEMON`] if another user owns it.
    pub(super) fn new(address: &IpcAddress) -> Result<Self, Failure> {
        let parent = candidates(address)
            .into_iter()
            .find(|folder| system::is_in_memory(folder))
            .ok_or_else(|| not_in_memory(address))?;
        let all = parent.join("tokens");
        system::make_private_folder(&all).map_err(|_| cannot_create(&all))?;
        require_own_folder(&all).map_err(|problem| {
            Failure::new(ErrorCode::NOT_OUR_DAEMON, format!("{} is no safe place: {problem}", all.display()))
                .with_hint("remove it, or make it yours alone")
        })?;
        remove_stale(&all);
        (0..MAX_ATTEMPTS).find_map(|number| Self::make(&all, number)).ok_or_else(|| cannot_create(&all))
    }

    /// The folder, unless it was tidied away before it was locked.
    fn make(all: &Path, number: usize) -> Option<Self> {
        let folder = all.join(format!("{}-{number}", std::process::id()));
        system::create_private_folder(&folder).ok()?;
        let lock = File::open(&folder).ok()?;
        let is_ours = lock.try_lock().is_ok() && system::is_still_there(&lock, &folder);
        is_ours.then_some(Self { folder, _lock: lock })
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.join("token")
    }

    pub(super) fn put(&self, token: &[u8]) -> io::Result<()> {
        let draft = self.folder.join("token.new");
        drop(std::fs::remove_file(&draft));
        system::create_private_file(&draft)?.write_all(token)?;
        std::fs::rename(&draft, self.file())
    }

    pub(super) fn clear(&self) {
        drop(std::fs::remove_file(self.file()));
        drop(std::fs::remove_file(self.folder.join("token.new")));
    }
}

impl Drop for TokenFolder {
    fn drop(&mut self) {
        self.clear();
        drop(std::fs::remove_dir(&self.folder));
    }
}

fn candidates(address: &IpcAddress) -> Vec<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let beside = Some(address.folder().to_owned());
    [beside, runtime].into_iter().flatten().filter(|folder| require_own_folder(folder).is_ok()).collect()
}

/// Removes the directories of ended runs: a running one is locked.
fn remove_stale(all: &Path) {
    for entry in std::fs::read_dir(all).into_iter().flatten().flatten() {
        let folder = entry.path();
        let opened = system::restore_access(&folder).and_then(|()| File::open(&folder));
        let Ok(lock) = opened else { continue };
        if lock.try_lock().is_ok() {
            drop(TokenFolder { folder, _lock: lock });
        }
    }
}

/// The runtime folder also says where the daemon is met; another daemon has no secret that is only in memory.
fn not_in_memory(address: &IpcAddress) -> Failure {
    let hint = format!(
        "set XDG_RUNTIME_DIR to a folder of your own on a tmpfs and, so that this daemon is still the one that is asked, \
         CP_TOKEN_SOCKET to {}; or do without --file",
        address.socket().display()
    );
    let message = "there is no folder in memory for the token's file, and a token never touches the disk";
    Failure::new(ErrorCode::NOT_ON_THIS_MACHINE, message).with_hint(hint)
}

fn cannot_create(folder: &Path) -> Failure {
    Failure::new(ErrorCode::WRITE_FAILED, format!("the folder {} cannot be used", folder.display()))
        .with_hint("see that it is yours and has space left")
}
