//! Owns what `/proc` says of a caller. What was read of a process stands for a second: no system gives a number to
//! another process as soon as that, and a caller in a loop costs one look.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cp_token_protocol::Peer;
use rustix::fs::{Mode, OFlags};

use super::{Known, Named};

/// How many processes are remembered: a caller and whoever started it, twice.
const REMEMBERED: usize = 4;
const LIFE: Duration = Duration::from_secs(1);
/// More than the line needs up to the parent's number.
const PIECE: usize = 128;

/// Reads who callers are.
#[derive(Debug, Default)]
pub struct Callers {
    /// The last processes that were looked at, newest first.
    seen: Mutex<Vec<Seen>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    process: Named,
    parent: u32,
    boot: Duration,
}

impl Callers {
    /// Who is, or just was, at the other end; `boot` is now. A process that has gone has a number and no name.
    pub fn known(&self, peer: Peer, boot: Duration) -> Known {
        let pid = peer.pid.unwrap_or(0);
        let Some(caller) = self.look(pid, boot) else {
            return Known { uid: peer.uid, process: Named::new(pid, b""), parent: None };
        };
        let parent = self.look(caller.parent, boot).map(|parent| parent.process);
        Known { uid: peer.uid, process: caller.process, parent }
    }

    fn look(&self, pid: u32, boot: Duration) -> Option<Seen> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = seen.iter().find(|it| it.process.pid == pid && boot.saturating_sub(it.boot) < LIFE);
        if let Some(known) = known {
            return Some(*known);
        }
        seen.retain(|it| it.process.pid != pid);
        let (process, parent) = read(pid)?;
        let found = Seen { process, parent, boot };
        seen.truncate(REMEMBERED - 1);
        seen.insert(0, found);
        Some(found)
    }
}

fn read(pid: u32) -> Option<(Named, u32)> {
    if pid == 0 {
        return None;
    }
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open(format!("/proc/{pid}/stat"), flags, Mode::empty()).ok()?;
    let mut piece = [0; PIECE];
    let length = rustix::io::read(&file, &mut piece).ok()?;
    parse(&piece[..length], pid)
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
