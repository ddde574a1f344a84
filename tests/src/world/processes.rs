//! Owns what the system tells of a process, and signals to one by its number.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

pub use rustix::process::Signal;

use super::TIMEOUT;

/// Sends a signal. False where there is no such process any more.
pub fn signal(pid: u32, signal: Signal) -> bool {
    rustix::process::kill_process(number(pid), signal).is_ok()
}

/// Blocks until the process has ended; false when it did not within [`TIMEOUT`].
pub fn wait_for_end(pid: u32) -> bool {
    let Ok(handle) = pidfd_open(number(pid), PidfdFlags::empty()) else { return true };
    let limit = Timespec { tv_sec: TIMEOUT.as_secs().cast_signed(), tv_nsec: 0 };
    loop {
        match poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&limit)) {
            Ok(count) => return count == 1,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("wait for a process: {error}"),
        }
    }
}

/// Ends a process at once, stopped or not.
pub fn end(pid: u32) {
    signal(pid, Signal::KILL);
    wait_for_end(pid);
}

/// Memory in use, in KiB.
pub fn rss_kib(pid: u32) -> usize {
    field(pid, "VmRSS:")
}

/// The part of it that is no file's, in KiB.
pub fn anonymous_kib(pid: u32) -> usize {
    field(pid, "RssAnon:")
}

/// How many threads it has.
pub fn threads(pid: u32) -> usize {
    field(pid, "Threads:")
}

/// How many descriptors it has open.
pub fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs and we may look").count()
}

/// How often these bytes lie in the memory that the process can write to. Asks for root's rights; the process
/// stands still meanwhile.
pub fn count_in_memory(pid: u32, bytes: &[u8]) -> usize {
    signal(pid, Signal::STOP);
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).expect("read the process's map");
    let memory = fs::File::open(format!("/proc/{pid}/mem")).expect("read the process's memory");
    let count = maps.lines().filter_map(writable).map(|region| count_in(&memory, region, bytes)).sum();
    signal(pid, Signal::CONT);
    count
}

/// Start and end of a region, from a line such as `7f00-7f80 rw-p ...`.
fn writable(line: &str) -> Option<(u64, u64)> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let is_writable = words.next()?.contains('w');
    let number = |text| u64::from_str_radix(text, 16).ok();
    is_writable.then_some((number(start)?, number(end)?))
}

fn count_in(memory: &fs::File, (start, end): (u64, u64), bytes: &[u8]) -> usize {
    let length = usize::try_from(end - start).expect("a region fits an address");
    let mut region = vec![0; length];
    // A region that the kernel alone may read holds nothing of ours.
    if memory.read_exact_at(&mut region, start).is_err() {
        return 0;
    }
    region.windows(bytes.len()).filter(|window| *window == bytes).count()
}

/// The program as it was called, which anybody may see. The file itself is shown of a daemon to root alone.
pub fn program(pid: u32) -> Option<PathBuf> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let first = line.split(|byte| *byte == 0).next().filter(|first| !first.is_empty())?;
    Some(PathBuf::from(OsStr::from_bytes(first)))
}

/// The processes that run one of these programs, by the name they were called.
pub fn running(programs: &[PathBuf]) -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("read /proc").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| program(*pid).is_some_and(|program| programs.contains(&program))).collect()
}

/// The process that started this one; absent where it has ended.
pub fn parent(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok()
}

/// The process that runs `file` among `pid` itself and its descendants.
pub fn find_below(pid: u32, file: &Path) -> Option<u32> {
    if program(pid).is_some_and(|program| program == file) {
        return Some(pid);
    }
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    children
        .split_whitespace()
        .filter_map(|child| child.parse().ok())
        .find_map(|child| find_below(child, file))
}

fn field(pid: u32, name: &str) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("the system tells it");
    line.split_whitespace().next().expect("a number").parse().expect("a number")
}

fn number(pid: u32) -> Pid {
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
    number.expect("the number of a process")
}
