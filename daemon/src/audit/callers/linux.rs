//! Owns the lookup of a process on Linux: its parent by a pidfd, its name by `/proc`.
#![allow(unsafe_code)]

use std::os::fd::{AsRawFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, PidfdFlags};

use super::{Process, program};

/// More bytes of `/proc/PID/stat` than the fields up to the parent take.
const MAX_STAT_BYTES: usize = 128;

/// The first version of `struct pidfd_info` (`linux/pidfd.h`).
#[repr(C)]
#[derive(Default)]
struct PidfdInfo {
    mask: u64,
    cgroup: u64,
    pid: u32,
    group: u32,
    parent: u32,
    users: [u32; 8],
    exit_code: i32,
}

/// `_IOWR(PIDFS_IOCTL_MAGIC, 11, struct pidfd_info)`.
const PIDFD_GET_INFO: u32 = 0xC040_FF0B;
/// Asks for the process ids.
const PIDFD_INFO_PID: u64 = 1;

/// None if the process is gone, or the kernel is too old.
pub(super) fn parent_of(pid: u32) -> Option<u32> {
    let pid = Pid::from_raw(i32::try_from(pid).ok()?)?;
    let process: OwnedFd = rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok()?;
    let mut info = PidfdInfo { mask: PIDFD_INFO_PID, ..PidfdInfo::default() };
    // SAFETY: `info` is a writable structure of the size that the request names, and the descriptor is open.
    let status = unsafe { libc::ioctl(process.as_raw_fd(), PIDFD_GET_INFO as libc::Ioctl, &raw mut info) };
    (status == 0).then_some(info.parent)
}

pub(super) fn read(pid: u32) -> Option<(Process, u32)> {
    if pid == 0 {
        return None;
    }
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open(format!("/proc/{pid}/stat"), flags, Mode::empty()).ok()?;
    let mut stat = [0; MAX_STAT_BYTES];
    let length = rustix::io::read(&file, &mut stat).ok()?;
    parse(&stat[..length], pid)
}

/// `PID (NAME) STATE PARENT …`. The program chooses its name, which may hold brackets and line ends: the last bracket ends it.
fn parse(line: &[u8], pid: u32) -> Option<(Process, u32)> {
    let start = line.iter().position(|byte| *byte == b'(')? + 1;
    let end = line.iter().rposition(|byte| *byte == b')')?;
    let name = line.get(start..end)?;
    let mut rest = line[end + 1..].split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let parent = std::str::from_utf8(rest.nth(1)?).ok()?.parse().ok()?;
    Some((Process { pid, program: program(name) }, parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lookups_of_a_parent_agree_where_the_kernel_has_both() {
        let own = std::process::id();
        let by_stat = read(own).map(|(_, parent)| parent);
        assert_eq!(by_stat, rustix::process::getppid().map(|pid| pid.as_raw_pid().cast_unsigned()));
        assert!(parent_of(own).is_none_or(|parent| Some(parent) == by_stat));
        assert_eq!((parent_of(0), parent_of(u32::MAX), read(u32::MAX)), (None, None, None));
    }

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        for (line, name, parent) in [
            ("7 (cp-token) S 6 7 1 0 -1", "cp-token", 6),
            ("7 (a) S 1 (b) R 4 7 1", "a) S 1 (b", 4),
            ("7 () R 1 1", "", 1),
            ("7 (x\n) S 8 (y) Z 2 1", "x?) S 8 (y", 2),
        ] {
            assert_eq!(
                parse(line.as_bytes(), 7),
                Some((Process { pid: 7, program: program(name.as_bytes()) }, parent))
            );
        }
        for line in ["", "7", "7 (a", "7 a) S 1", "7 (a) S", "7 (a) S x", "7 )( S 1"] {
            assert_eq!(parse(line.as_bytes(), 7), None, "{line}");
        }
    }
}
