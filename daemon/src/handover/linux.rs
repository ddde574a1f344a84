//! Owns the system calls of a hand-over on Linux: which file is run, which descriptors its process inherits, and who made a
//! channel.
#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command};

use cp_token_protocol::trust::OVERFLOW_USER;
use rustix::fs::{Mode, OFlags};
use rustix::io::FdFlags;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketType, sockopt,
};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use super::ProgramFault;
use crate::base::files::{self, FileError};
use crate::process::children;

/// Linux appends this to the path of a deleted file.
const DELETED: &[u8] = b" (deleted)";

/// A program may be started by the path of a descriptor, which means another file in another process.
const DESCRIPTOR_DIRS: [&str; 2] = ["/dev/fd", "/proc"];

/// The path that the daemon was started by: each restart runs what is there then.
#[derive(Debug, Clone)]
pub struct Program(PathBuf);

impl Program {
    /// The path that this process was started by, which may be a link. To be called before the working directory changes.
    pub fn own() -> Option<Self> {
        Self::from_exec_name().or_else(Self::from_exe_link)
    }

    /// The path that the old process has passed on.
    pub fn inherited() -> Option<Self> {
        let name = std::env::args_os().next().map(PathBuf::from);
        name.filter(|name| name.is_absolute()).map(Self).or_else(Self::own)
    }

    fn from_exec_name() -> Option<Self> {
        // The path that was passed to `execve`.
        let name = OsStr::from_bytes(rustix::param::linux_execfn().to_bytes());
        let name = std::env::current_dir().ok()?.join(name);
        let is_lasting = DESCRIPTOR_DIRS.iter().all(|dir| !name.starts_with(dir));
        (is_lasting && name.is_file()).then_some(Self(name))
    }

    /// The path of the running file, without links.
    fn from_exe_link() -> Option<Self> {
        let path = std::env::current_exe().ok()?;
        let bytes = path.as_os_str().as_encoded_bytes();
        // The file was replaced since the start; what is there now is checked before it is run.
        let path = match bytes.strip_suffix(DELETED) {
            Some(name) if !path.exists() => PathBuf::from(OsStr::from_bytes(name)),
            Some(_) | None => path,
        };
        path.is_absolute().then_some(Self(path))
    }

    /// The path, for people.
    pub fn shown(&self) -> String {
        files::show(&self.0)
    }

    /// Opens what is at the path now, if only this user and root can have put it there.
    pub(super) fn open(&self) -> Result<OwnedFd, ProgramFault> {
        // Nobody else can replace the file between the check and the opening.
        files::check_program(&self.0)?;
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let file = rustix::fs::open(&self.0, flags, Mode::empty()).map(File::from);
        let file = file.map_err(|error| FileError::Io(error.into()))?;
        match file.metadata().map_err(FileError::Io)?.mode() & 0o7777 {
            mode if mode & 0o111 == 0 || mode & 0o6000 != 0 => Err(ProgramFault::Mode(mode, self.0.clone())),
            _ => Ok(file.into()),
        }
    }

    /// Runs this file as a child with these descriptors and no others, in a process group of its own.
    pub(super) fn start(&self, file: &OwnedFd, arguments: &[String], fds: &[RawFd]) -> io::Result<Child> {
        children::start(self.command(file, arguments, fds).process_group(0))
    }

    /// Runs this file in this process. Returns only if the system refuses; everything is then as before.
    pub(super) fn exec(&self, file: &OwnedFd, arguments: &[String], fds: &[RawFd]) -> io::Error {
        let error = self.command(file, arguments, fds).exec();
        for number in fds {
            // SAFETY: the caller keeps them open during this call.
            let _ = rustix::io::fcntl_setfd(unsafe { BorrowedFd::borrow_raw(*number) }, FdFlags::CLOEXEC);
        }
        // SAFETY: `std` has set the default action for the new program; this restores what `std` sets at the start.
        let _ = unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
        error
    }

    fn command(&self, file: &OwnedFd, arguments: &[String], fds: &[RawFd]) -> Command {
        let kept = |name: &OsStr| name.to_str().is_some_and(crate::process::harden::is_kept);
        let variables = std::env::vars_os().filter(|(name, _)| kept(name));
        let mut command = Command::new(format!("/proc/self/fd/{}", file.as_raw_fd()));
        command.arg0(&self.0).args(arguments).env_clear().envs(variables).current_dir("/");
        let fds = fds.to_vec();
        // SAFETY: the closure only makes system calls, and neither allocates nor locks; the caller keeps the descriptors open.
        unsafe {
            command.pre_exec(move || {
                const FIRST_OTHER: libc::c_uint = 3;
                libc::syscall(
                    libc::SYS_close_range,
                    FIRST_OTHER,
                    libc::c_uint::MAX,
                    libc::CLOSE_RANGE_CLOEXEC,
                );
                for number in &fds {
                    rustix::io::fcntl_setfd(BorrowedFd::borrow_raw(*number), FdFlags::empty())?;
                }
                Ok(())
            });
        }
        command
    }
}

/// Kills the child, and what it has started.
pub(super) fn kill(child: &mut Child) {
    if let Some(group) = to_pid(child.id()) {
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
    let _ = child.kill();
}

pub(super) fn parent() -> Option<u32> {
    rustix::process::getppid().map(|parent| parent.as_raw_pid().cast_unsigned())
}

/// Whether a debugger is attached to the process: one that came before the hardening would stay.
pub(super) fn is_traced(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|tracer| tracer.trim() != "0")
}

/// Whether other programs of the user may read the process's memory: its files in `/proc` then belong to the user, otherwise to
/// root. Root's own programs may always. In a namespace that shows every user as the same number, it is tried.
pub(super) fn is_open_to_others(process: u32) -> bool {
    let own = rustix::process::geteuid();
    let owner = std::fs::metadata(format!("/proc/{process}/stat")).map(|facts| facts.uid());
    let is_open = own.as_raw() != OVERFLOW_USER || File::open(format!("/proc/{process}/auxv")).is_ok();
    !own.is_root() && owner.is_ok_and(|owner| owner == own.as_raw()) && is_open
}

/// A descriptor that this process inherits by number, no longer inherited by its children.
///
/// To be called once for each number, before any other descriptor is opened.
pub(super) fn take_fd(number: RawFd) -> Option<OwnedFd> {
    // SAFETY: the borrow lasts for one call, which fails if the descriptor is closed.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    rustix::io::fcntl_setfd(borrowed, FdFlags::CLOEXEC).ok()?;
    // SAFETY: the descriptor is open, and the command line says that this process owns it.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}

/// The process that made this channel, a pair of connected sockets; none for anything else, or for another user's.
pub(super) fn maker(channel: impl AsFd) -> Option<u32> {
    let stream = sockopt::socket_type(&channel) == Ok(SocketType::STREAM);
    let unix = sockopt::socket_domain(&channel) == Ok(AddressFamily::UNIX);
    let connected = sockopt::socket_acceptconn(&channel) == Ok(false);
    if !(stream && unix && connected) {
        return None;
    }
    cp_token_protocol::require_same_user(&channel).ok()?.pid
}

/// Whether it is a child of this process, even one that has ended.
pub(super) fn is_child(process: u32) -> bool {
    let flags = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    to_pid(process).is_some_and(|process| rustix::process::waitid(WaitId::Pid(process), flags).is_ok())
}

/// Sends the bytes and the descriptor on the channel.
pub(super) fn send_fd(channel: &UnixStream, bytes: &[u8], fd: BorrowedFd<'_>) -> io::Result<()> {
    let mut buffer = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut buffer);
    let fds = [fd];
    control.push(SendAncillaryMessage::ScmRights(&fds));
    let sent = rustix::net::sendmsg(channel, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?;
    if sent == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Receives bytes from the channel, and the descriptor that came with them.
pub(super) fn receive_fd(channel: impl AsFd, bytes: &mut [u8]) -> io::Result<(usize, Option<OwnedFd>)> {
    let mut buffer = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut buffer);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received = rustix::net::recvmsg(channel, &mut [IoSliceMut::new(bytes)], &mut control, flags)?;
    let fd = control.drain().find_map(|message| {
        if let RecvAncillaryMessage::ScmRights(mut fds) = message { fds.next() } else { None }
    });
    Ok((received.bytes, fd))
}

/// Whether the other end has closed the channel or died.
pub(super) fn is_closed(error: &io::Error) -> bool {
    let closed = [io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
    closed.contains(&error.kind())
}

fn to_pid(process: u32) -> Option<Pid> {
    i32::try_from(process).ok().and_then(Pid::from_raw)
}
