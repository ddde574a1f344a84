//! Owns the look at the socket's file on Unix: whose it is, and who else its mode lets in.

use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use cp_token_protocol::message::ProtectionReport;

use crate::process::harden;

/// Every peer's user is checked in any case; this is whether others could so much as connect.
pub(super) fn socket(path: &Path) -> Option<ProtectionReport> {
    let own = rustix::process::geteuid().as_raw();
    let facts = std::fs::symlink_metadata(path);
    let is_ours = |facts: &std::fs::Metadata| {
        facts.file_type().is_socket() && facts.uid() == own && facts.mode() & 0o077 == 0
    };
    let holds = facts.as_ref().is_ok_and(is_ours);
    let report = harden::report("socket for this user alone, peer checked", Some(holds));
    let detail = match facts {
        _ if holds => String::new(),
        Ok(facts) => format!("it belongs to user {} and has mode {:04o}", facts.uid(), facts.mode() & 0o7777),
        Err(_) => "it is not where it was".to_owned(),
    };
    Some(ProtectionReport { detail, ..report })
}
