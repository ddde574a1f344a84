//! Owns the absence of a removal watch: the daemon polls instead.

use std::path::Path;

/// No watch.
pub struct RemovalWatch;

impl RemovalWatch {
    /// None.
    pub fn new(_: &Path) -> Self {
        Self
    }

    /// Never returns.
    pub async fn next(&self) {
        std::future::pending().await
    }
}
