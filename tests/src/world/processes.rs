//! Owns what the system tells of a process, and signals to one by its number.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

pub use rustix::process::Signal;

use super::PATIENCE;

/// Sends a signal. False where there is no such process any more.
pub fn signal(pid: u32, signal: Signal) -> bool {
    rustix::process::kill_process(number(pid), signal).is_ok()
}

/// Blocks until the process has ended; false when it did not within [`PATIENCE`].
pub fn wait_for_end(pid: u32) -> bool {
    let Ok(handle) = pidfd_open(number(pid), PidfdFlags::empty()) else { return true };
    let limit = Timespec { tv_sec: PATIENCE.as_secs().cast_signed(), tv_nsec: 0 };
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

/// How many threads it has.
pub fn threads(pid: u32) -> usize {
    field(pid, "Threads:")
}

/// How many descriptors it has open.
pub fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("the process runs and we may look").count()
}

/// The file that the process runs.
pub fn program(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// The processes that run one of these files.
pub fn running(programs: &[PathBuf]) -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("read /proc").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| program(*pid).is_some_and(|program| programs.contains(&program))).collect()
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
