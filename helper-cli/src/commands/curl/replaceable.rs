//! Owns the question whether others could put something else in the place of a file between our look at it and curl's: a
//! link to the descriptor behind which the token lies. It reads nothing.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use cp_token_protocol::Failure;
use cp_token_protocol::trust::{self, Distrust, Purpose};
use rustix::fs::AtFlags;

use super::files::path;
use crate::curl::{Effect, Item, files_read, refusal};

/// In a folder with this bit, everybody may make a name that is not there, and exchange one of their own.
const STICKY: u32 = 0o1000;

/// That others can exchange none of the files that these read. A command of one part without a config file of curl's own
/// has read the token before anything else, so there is nothing left behind the descriptor.
///
/// # Errors
/// The first that others could.
pub(super) fn refuse<'i>(
    has_default: bool,
    items: impl Iterator<Item = &'i Item> + Clone,
) -> Result<(), Failure> {
    if !has_default && !items.clone().any(|item| item.does(Effect::Next)) {
        return Ok(());
    }
    for item in items.filter(|item| item.is_on()) {
        for name in files_read(item)?.iter().filter(|name| !name.is_empty()) {
            if is_replaceable(path(name)) {
                return Err(refused(item.known.name));
            }
        }
    }
    Ok(())
}

fn refused(option: &str) -> Failure {
    refusal(
        format!("others could put the token's descriptor in the place of the file of --{option}"),
        "keep it in a folder of yours that nobody else may write to, or do without --next and, with -q, without .curlrc",
    )
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
