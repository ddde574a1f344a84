//! Owns the system calls of the helper's tests.
#![allow(unsafe_code)]

use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

pub const SOMEBODY_ELSE: u32 = 1234;

pub fn make_private(folder: &Path) {
    std::fs::DirBuilder::new().mode(0o700).create(folder).unwrap();
}

pub fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Writes a program through another process: one that we had open for writing could not be run while any
/// process that another test has just forked still holds our descriptors.
pub fn write_program(path: &Path, text: &str) {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "cat >\"$0\" && chmod 755 \"$0\""]).arg(path).stdin(Stdio::piped());
    let mut child = shell.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// As [`write_program`], from a file.
pub fn copy_program(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg(from).arg(to).status().unwrap().success());
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Makes the kernel name somebody else as the owner of this listener's end, as if they had opened it.
pub fn disown(listener: &UnixListener) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // SAFETY: the bare system call changes the user of this one thread, which ends right after.
            let status =
                unsafe { libc::syscall(libc::SYS_setresuid, SOMEBODY_ELSE, SOMEBODY_ELSE, SOMEBODY_ELSE) };
            assert_eq!(status, 0);
            rustix::net::listen(listener.as_fd(), 8).unwrap();
        });
    });
}

/// Makes a queue that is full with its first connection.
pub fn shorten_queue(listener: &UnixListener) {
    rustix::net::listen(listener.as_fd(), 0).unwrap();
}

pub fn make_fifo(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

pub fn end_process(number: i32) {
    let process = rustix::process::Pid::from_raw(number).unwrap();
    let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
}
