//! Owns the making of the socket directory: private from its first instant, and never in somebody else's place.

use std::path::{Path, PathBuf};

use cp_token_protocol::{ErrorCode, Failure, IpcAddress, require_own_folder, state_folder};

use super::{missing, open_to_others, system};
use crate::daemon::client::unsafe_directory;

/// Creates the socket directory if it is missing and lies in our own runtime or state directory. Fails with
/// [`ErrorCode::DAEMON_UNAVAILABLE`] if it is not ours to create or cannot be created, and with
/// [`ErrorCode::NOT_OUR_DAEMON`] if it belongs to another user.
pub(super) fn prepare(address: &IpcAddress) -> Result<(), Failure> {
    let folder = address.folder();
    if !folder.exists() {
        require_our_place(folder)?;
        require_own_ancestor(folder)?;
        system::make_private_folder(folder).map_err(|_| cannot_create(folder))?;
    }
    require_own_folder(folder).map_err(|problem| unsafe_directory(address, problem))?;
    let Some((open, flaw)) = system::open_folder_on(folder) else { return Ok(()) };
    let refusal = format!("the folder {} is not used", folder.display());
    let chmod = if folder == open { "chmod 700" } else { "chmod go-w" };
    Err(open_to_others::failure(&refusal, &open, flaw, chmod))
}

fn require_our_place(folder: &Path) -> Result<(), Failure> {
    // The runtime folder itself is the system's to make; one that is missing is a mistake.
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_dir());
    let state = state_folder(|name| std::env::var_os(name)).ok();
    if [runtime, state].into_iter().flatten().any(|place| folder.starts_with(place)) {
        return Ok(());
    }
    let message = format!("the folder {} does not exist", folder.display());
    Err(Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message).with_hint(missing::fix(folder)))
}

fn require_own_ancestor(folder: &Path) -> Result<(), Failure> {
    let Some(existing) = missing::existing(folder) else { return Err(cannot_create(folder)) };
    match system::foreign_owner(existing) {
        None => Ok(()),
        Some(owner) => Err(foreign_parent(folder, existing, owner)),
    }
}

/// The first folder that is missing on the way would lie in somebody else's.
fn foreign_parent(folder: &Path, existing: &Path, owner: u32) -> Failure {
    let missing = folder.ancestors().take_while(|path| *path != existing).last().unwrap_or(folder);
    let (shown, existing) = (missing.display(), existing.display());
    let message = format!("{shown} does not exist, and {existing} belongs to user {owner}");
    let code = match missing::is_given_and_there(folder) {
        true => ErrorCode::NOT_OUR_DAEMON,
        false => ErrorCode::DAEMON_UNAVAILABLE,
    };
    Failure::new(code, message).with_hint(missing::fix(folder))
}

fn cannot_create(folder: &Path) -> Failure {
    let message = format!("the folder {} cannot be made", folder.display());
    Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message).with_hint(
        "set CP_TOKEN_STATE_DIR and CP_TOKEN_CONFIG_DIR to folders of your own that can be written to",
    )
}
