//! Owns the reading of what another program writes, piece by piece.

use std::io::{self, Read};

/// What is read at once.
pub(super) const PIECE: usize = 64 * 1024;

/// Reads once, whatever signals come.
///
/// # Errors
/// As the source.
pub(super) fn read(source: &mut impl Read, piece: &mut [u8]) -> io::Result<usize> {
    loop {
        match source.read(piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
