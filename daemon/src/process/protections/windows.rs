//! Owns the pipe's part on Windows: it is made with its list of grants, which nobody else can change.

use std::path::Path;

use cp_token_protocol::message::ProtectionReport;

/// It is told with what was done at the start.
pub(super) fn socket(_: &Path) -> Option<ProtectionReport> {
    None
}
