//! Owns the answer on Windows, which has no such limits.

/// As far as anybody knows.
pub(super) fn is_left(_: usize) -> bool {
    true
}
