//! Owns the making of the meeting folder: private from its first instant, and never in somebody else's place.

use std::path::{Path, PathBuf};

use cp_token_protocol::{ErrorCode, Failure, IpcAddress, require_own_folder, state_folder};

use super::system;

/// Makes the meeting folder, with its parents, where it is missing and lies in our own runtime or state folder.
///
/// # Errors
/// [`ErrorCode::NOT_OUR_DAEMON`] where a folder on the way is somebody else's, and nothing was made;
/// [`ErrorCode::DAEMON_UNAVAILABLE`] where it is missing and not ours to make, or cannot be made.
pub(super) fn prepare(address: &IpcAddress) -> Result<(), Failure> {
    let folder = address.folder();
    if !folder.exists() {
        require_our_place(folder)?;
        require_own_ancestor(folder)?;
        system::make_private_folder(folder).map_err(|_| not_made(folder))?;
    }
    require_own_folder(folder).map_err(|problem| unsafe_folder(folder, &problem.to_string()))?;
    system::open_folder_on(folder).map_or(Ok(()), |open| Err(open_to_others(folder, &open)))
}

fn open_to_others(folder: &Path, open: &Path) -> Failure {
    let message =
        format!("the folder {} is not used: others may write to {}", folder.display(), open.display());
    let mode = if folder == open { "700" } else { "go-w" };
    Failure::new(ErrorCode::CONFIG_UNSAFE, message)
        .with_hint(format!("run: chmod {mode} '{}'", open.display()))
}

fn require_our_place(folder: &Path) -> Result<(), Failure> {
    // The runtime folder itself is the system's to make; one that is missing is a mistake.
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_dir());
    let state = state_folder(|name| std::env::var_os(name)).ok();
    if [runtime, state].into_iter().flatten().any(|place| folder.starts_with(place)) {
        return Ok(());
    }
    let shown = folder.display();
    Err(Failure::new(ErrorCode::DAEMON_UNAVAILABLE, format!("the folder {shown} does not exist"))
        .with_hint(format!("make it with: mkdir -m 700 -p '{shown}'")))
}

fn require_own_ancestor(folder: &Path) -> Result<(), Failure> {
    let Some(existing) = folder.ancestors().find(|path| path.exists()) else { return Err(not_made(folder)) };
    match system::foreign_owner(existing) {
        None => Ok(()),
        Some(owner) => Err(unsafe_folder(existing, &format!("it belongs to user {owner}"))),
    }
}

fn not_made(folder: &Path) -> Failure {
    let message = format!("the folder {} cannot be made", folder.display());
    Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message)
        .with_hint("set XDG_RUNTIME_DIR or CP_TOKEN_STATE_DIR to a folder of your own that can be written to")
}

fn unsafe_folder(path: &Path, problem: &str) -> Failure {
    let message = format!("{} is no safe place to meet: {problem}", path.display());
    Failure::new(ErrorCode::NOT_OUR_DAEMON, message)
        .with_hint("set XDG_RUNTIME_DIR to a folder of your own (after sudo -E, unset it and HOME)")
}
