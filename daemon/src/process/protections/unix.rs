//! Owns the check of the socket's owner and mode on Unix.

use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use cp_token_protocol::message::ProtectionReport;

use crate::process::harden;

/// Whether other users could connect; each peer's user is checked in any case.
pub(super) fn socket(path: &Path) -> Option<ProtectionReport> {
    let own = rustix::process::geteuid().as_raw();
    let metadata = std::fs::symlink_metadata(path);
    let is_ours = |metadata: &std::fs::Metadata| {
        metadata.file_type().is_socket() && metadata.uid() == own && metadata.mode() & 0o077 == 0
    };
    let is_private = metadata.as_ref().is_ok_and(is_ours);
    let report = harden::report("socket for this user alone, peer checked", Some(is_private));
    let detail = match metadata {
        _ if is_private => String::new(),
        Ok(metadata) => {
            format!("it belongs to user {} and has mode {:04o}", metadata.uid(), metadata.mode() & 0o7777)
        }
        Err(_) => "it is not where it was".to_owned(),
    };
    Some(ProtectionReport { detail, ..report })
}
