//! Owns whether others could replace a file between our look at it and curl's, by a link to the descriptor behind which
//! the token lies. It reads nothing.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use cp_token_protocol::Failure;
use cp_token_protocol::trust::{self, Distrust, Purpose};
use rustix::fs::AtFlags;

use crate::curl::refusal;

/// In a folder with this bit, everybody may make a name that is not there, and exchange one of their own.
const STICKY: u32 = 0o1000;

/// Fails if others could exchange the file of this option.
pub(super) fn refuse(option: &str, path: &Path) -> Result<(), Failure> {
    if !is_replaceable(path) {
        return Ok(());
    }
    Err(refusal(
        format!("others could put the token's descriptor in the place of the file of --{option}"),
        "keep it in a folder of yours that nobody else may write to, or do without --next and, with -q, without .curlrc",
    ))
}

/// Whether somebody who is neither root nor us could, with the rights that are there now.
fn is_replaceable(path: &Path) -> bool {
    let Ok(path) = std::path::absolute(path) else { return true };
    let place = match trust::resolve(&path, Purpose::Decision) {
        Ok(place) => place,
        // What leads nowhere is no file, and curl says so.
        Err(error) => return matches!(error, Distrust::OnTheWay(..) | Distrust::Itself(_)),
    };
    match rustix::fs::statat(&place.folder, &place.name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => ![0, rustix::process::geteuid().as_raw()].contains(&stat.st_uid),
        Err(_) => is_sticky(&place.path),
    }
}

fn is_sticky(missing: &Path) -> bool {
    missing.parent().and_then(|folder| folder.metadata().ok()).is_none_or(|facts| facts.mode() & STICKY != 0)
}
