//! Owns the absence of a check on Windows: the pipe is created with its ACL, which nobody else can change.

use std::path::Path;

use cp_token_protocol::message::ProtectionReport;

/// It is reported with the protections of the start.
pub(super) fn socket(_: &Path) -> Option<ProtectionReport> {
    None
}
