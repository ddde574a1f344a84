//! Owns what `/proc` says of a caller. It keeps a few descriptors of `stat` files: such a descriptor stays tied to its
//! process, so one that can still be read means the same process and no other that bears its number by now.

use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};

use cp_token_protocol::Peer;
use rustix::fs::{Mode, OFlags};

use super::{Known, Named};

/// A caller and whoever started it, who is the same again and again where a script calls.
const HELD: usize = 2;
/// More than the line needs up to the parent's number.
const PIECE: usize = 128;

/// Reads who callers are.
#[derive(Debug, Default)]
pub struct Callers {
    /// The last processes that were looked at, newest first.
    held: Mutex<Vec<(u32, OwnedFd)>>,
}

impl Callers {
    /// Who is at the other end. To be asked while the caller waits for its answer: it is still there then.
    pub fn known(&self, peer: Peer) -> Known {
        let pid = peer.pid.unwrap_or(0);
        let (process, parent) = match self.look(pid) {
            Some((process, 0)) => (process, None),
            Some((process, parent)) => (process, self.look(parent).map(|(parent, _)| parent)),
            None => (Named::new(pid, b""), None),
        };
        Known { uid: peer.uid, process, parent }
    }

    /// The process and the number of its parent.
    fn look(&self, pid: u32) -> Option<(Named, u32)> {
        if pid == 0 {
            return None;
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let known = held.iter().position(|(other, _)| *other == pid).map(|place| held.remove(place).1);
        let (found, file) =
            known.and_then(|file| look_into(file, pid)).or_else(|| look_into(open(pid)?, pid))?;
        held.truncate(HELD - 1);
        held.insert(0, (pid, file));
        Some(found)
    }
}

fn open(pid: u32) -> Option<OwnedFd> {
    rustix::fs::open(format!("/proc/{pid}/stat"), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()
}

/// Nothing where the process has gone, whoever has its number now.
fn look_into(file: OwnedFd, pid: u32) -> Option<((Named, u32), OwnedFd)> {
    let mut piece = [0; PIECE];
    let length = rustix::io::pread(&file, &mut piece, 0).ok()?;
    Some((parse(&piece[..length], pid)?, file))
}

/// `PID (NAME) STATE PARENT …`. The name is whatever the program says, brackets and line ends included, so the last
/// bracket ends it.
fn parse(line: &[u8], pid: u32) -> Option<(Named, u32)> {
    let start = line.iter().position(|byte| *byte == b'(')? + 1;
    let end = line.iter().rposition(|byte| *byte == b')')?;
    let name = line.get(start..end)?;
    let mut rest = line[end + 1..].split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let parent = std::str::from_utf8(rest.nth(1)?).ok()?.parse().ok()?;
    Some((Named::new(pid, name), parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_moves_no_number() {
        for (line, name, parent) in [
            ("7 (cp-token) S 6 7 1 0 -1", "cp-token", 6),
            ("7 (a) S 1 (b) R 4 7 1", "a) S 1 (b", 4),
            ("7 () R 1 1", "", 1),
            ("7 (x\n) S 8 (y) Z 2 1", "x?) S 8 (y", 2),
        ] {
            assert_eq!(
                parse(line.as_bytes(), 7),
                Some((Named::new(7, Named::new(7, name.as_bytes()).name().as_bytes()), parent))
            );
        }
        for line in ["", "7", "7 (a", "7 a) S 1", "7 (a) S", "7 (a) S x", "7 )( S 1"] {
            assert_eq!(parse(line.as_bytes(), 7), None, "{line}");
        }
    }
}
