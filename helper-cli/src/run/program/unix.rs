//! Owns the system calls behind running a program on Unix: inherited pipes, signals, and an exit like the program's.
#![allow(unsafe_code)]

#[path = "signals/unix.rs"]
mod signals;

use std::ffi::{OsStr, c_int};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags};
use rustix::fs::{Access, OFlags};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use zeroize::Zeroizing;

use signals::{all_passed_on, set_of};
pub(crate) use signals::{block_reserved, end_of_a_fault, ending, errno, install, unblock_reserved};

pub(crate) static PIPE_WAS_IGNORED: AtomicBool = AtomicBool::new(false);

/// Whether SIGCHLD was ignored at our start.
static CHILD_WAS_IGNORED: AtomicBool = AtomicBool::new(false);

/// Remembers which of SIGPIPE and SIGCHLD were ignored before they were set as we need them.
#[cfg(not(test))]
pub(crate) fn note_ignored_signals(pipe: bool, child: bool) {
    PIPE_WAS_IGNORED.store(pipe, Ordering::Relaxed);
    CHILD_WAS_IGNORED.store(child, Ordering::Relaxed);
}

/// One end of a pipe that a program is to have, and what we have of the other.
pub(crate) struct Pipe {
    theirs: OwnedFd,
    ours: Option<OwnedFd>,
    rest: Zeroizing<Vec<u8>>,
}

impl Pipe {
    /// A pipe that the program can read `content` from.
    pub(crate) fn with_content(content: Zeroizing<Vec<u8>>) -> io::Result<Self> {
        let (theirs, ours) = pipe()?;
        // A refusal only means that it is filled while it is read, as it is if no system has the call.
        #[cfg(target_os = "linux")]
        let _ = rustix::pipe::fcntl_setpipe_size(&ours, content.len());
        rustix::fs::fcntl_setfl(&ours, OFlags::NONBLOCK)?;
        let mut filled = 0;
        while filled < content.len() {
            match rustix::io::write(&ours, &content[filled..]) {
                Ok(count) => filled += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(error) => return Err(error.into()),
            }
        }
        let rest = Zeroizing::new(content[filled..].to_owned());
        let ours = (!rest.is_empty()).then_some(ours);
        Ok(Self { theirs, ours, rest })
    }

    /// A pipe that the program can write into, and our end of it.
    pub(crate) fn from_program() -> io::Result<(Self, OwnedFd)> {
        let (ours, theirs) = pipe()?;
        Ok((Self { theirs, ours: None, rest: Zeroizing::default() }, ours))
    }

    pub(crate) fn path(&self) -> String {
        format!("/dev/fd/{}", self.theirs.as_raw_fd())
    }

    pub(super) fn is_filled(&self) -> bool {
        self.ours.is_none()
    }

    /// Fills in what is left while it is read. A program that does not read it all has its reasons.
    pub(super) fn feed(&mut self) -> io::Result<()> {
        let Some(ours) = self.ours.take() else { return Ok(()) };
        rustix::fs::fcntl_setfl(&ours, OFlags::empty())?;
        let rest = std::mem::take(&mut self.rest);
        super::start_thread("feed", move || drop(std::fs::File::from(ours).write_all(&rest)))
    }
}

/// Does something while signals wait, and so do those of a thread that it starts.
pub(super) fn with_signals_blocked<T>(work: impl FnOnce() -> T) -> T {
    let mask = signal_mask();
    change_mask(libc::SIG_BLOCK, &all_passed_on());
    let done = work();
    signals::unblock_passed_on(&mask);
    done
}

/// The end to read from and the one to write to, which no program inherits by itself.
#[cfg(not(target_os = "macos"))]
pub(crate) fn pipe() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
}

/// As above.
#[cfg(target_os = "macos")]
pub(crate) fn pipe() -> rustix::io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = rustix::pipe::pipe()?;
    for end in [&reader, &writer] {
        rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
    }
    Ok((reader, writer))
}

pub(super) fn set_arg0(command: &mut Command, name: &OsStr) {
    command.arg0(name);
}

pub(super) fn os_str(bytes: &[u8]) -> &OsStr {
    OsStr::from_bytes(bytes)
}

pub(super) fn may_run(path: &Path) -> bool {
    rustix::fs::access(path, Access::EXEC_OK).is_ok()
}

/// Runs the program in our place; returns only if that fails.
pub(super) fn replace(command: &mut Command, pipes: &[Pipe]) -> io::Error {
    restore_inherited_state(command, pipes, signal_mask());
    command.exec()
}

/// Runs the program beside us. Signals that come meanwhile wait until there is somebody to pass them on to.
pub(super) fn start(command: &mut Command, pipes: &[Pipe]) -> io::Result<Child> {
    let mask = signal_mask();
    restore_inherited_state(command, pipes, mask);
    change_mask(libc::SIG_BLOCK, &all_passed_on());
    signals::pass_all_on();
    let child = command.spawn();
    if let Ok(child) = &child {
        signals::set_program(child.id().cast_signed());
    }
    signals::unblock_passed_on(&mask);
    child
}

/// Waits until the program has ended, without taking its status away. When it stops, we stop; when we go on, it does.
pub(super) fn wait_with_job_control(child: &Child) -> io::Result<()> {
    let pid = Pid::from_raw(child.id().cast_signed()).ok_or(io::ErrorKind::NotFound)?;
    loop {
        let options = WaitIdOptions::EXITED | WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
        match rustix::process::waitid(WaitId::Pid(pid), options) {
            Ok(Some(status)) if status.stopped() => stop_until_continued(pid)?,
            Ok(Some(_)) => break,
            Ok(None) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    // From here on its number may be another program's.
    signals::set_program(0);
    Ok(())
}

fn stop_until_continued(pid: Pid) -> io::Result<()> {
    rustix::process::waitid(WaitId::Pid(pid), WaitIdOptions::STOPPED | WaitIdOptions::NOHANG)?;
    rustix::process::kill_process(rustix::process::getpid(), Signal::STOP)?;
    // The program may have ended while we were stopped.
    let _ = rustix::process::kill_process(pid, Signal::CONT);
    Ok(())
}

/// Ends this process as another one has ended: with its number, or by the same signal.
pub(crate) fn exit_as(status: ExitStatus) -> ! {
    let number = status.signal().map_or_else(|| status.code().unwrap_or(1), |signal| 128 + signal);
    // SAFETY: plain numbers; nothing of ours is left to be written or wiped by anybody but the kernel.
    unsafe {
        if let Some(signal) = status.signal() {
            libc::signal(signal, libc::SIG_DFL);
            change_mask(libc::SIG_UNBLOCK, &set_of([signal]));
            libc::kill(libc::getpid(), signal);
        }
        libc::_exit(number)
    }
}

/// From now on a look at it says immediately that there is nothing.
pub(crate) fn set_nonblocking(descriptor: &std::fs::File) -> io::Result<()> {
    Ok(rustix::fs::fcntl_setfl(descriptor, OFlags::NONBLOCK)?)
}

/// Waits until one of the descriptors has something to be read, or has ended; which of them have.
pub(crate) fn poll_readable(descriptors: &[Option<BorrowedFd<'_>>]) -> io::Result<Vec<bool>> {
    let mut polls: Vec<_> =
        descriptors.iter().flatten().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
    rustix::io::retry_on_intr(|| rustix::event::poll(&mut polls, None))?;
    let mut answers = polls.iter().map(|poll| !poll.revents().is_empty());
    Ok(descriptors.iter().map(|fd| fd.is_some() && answers.next().unwrap_or(false)).collect())
}

/// What the program inherits is what we were called with: its pipes besides, and no setting of ours.
fn restore_inherited_state(command: &mut Command, pipes: &[Pipe], mask: libc::sigset_t) {
    let kept: Vec<RawFd> = pipes.iter().map(|pipe| pipe.theirs.as_raw_fd()).collect();
    let inherited = [(libc::SIGPIPE, &PIPE_WAS_IGNORED), (libc::SIGCHLD, &CHILD_WAS_IGNORED)];
    let inherited = inherited.map(|(signal, was_ignored)| {
        (signal, if was_ignored.load(Ordering::Relaxed) { libc::SIG_IGN } else { libc::SIG_DFL })
    });
    let prepare = move || {
        // SAFETY: system calls on plain numbers and on a mask that the closure owns; none allocates or locks.
        unsafe {
            for &fd in &kept {
                libc::fcntl(fd, libc::F_SETFD, 0);
            }
            for (signal, handling) in inherited {
                libc::signal(signal, handling);
            }
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const mask, std::ptr::null_mut());
        }
        Ok(())
    };
    // SAFETY: the closure makes system calls alone, as its own block says.
    unsafe { command.pre_exec(prepare) };
}

fn signal_mask() -> libc::sigset_t {
    let mut mask = set_of([]);
    // SAFETY: the mask is valid for writing, and nothing is changed.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &raw mut mask) };
    mask
}

fn change_mask(how: c_int, mask: &libc::sigset_t) {
    // SAFETY: the mask is valid for reading.
    unsafe { libc::pthread_sigmask(how, mask, std::ptr::null_mut()) };
}
