//! Owns the system calls behind a hand-over on Linux: which file is run and that it is exactly that one, what its process
//! is given, and whether what was given is what it should be.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command};

use rustix::fs::{Mode, OFlags};
use rustix::io::FdFlags;
use rustix::net::{AddressFamily, SocketType, sockopt};

use super::ProgramFault;
use crate::files::{self, FileError};

/// What Linux puts behind the name of a file that is gone.
const GONE: &[u8] = b" (deleted)";

/// The file that this process was started from, by its name: to be asked before anything can have taken its place.
#[derive(Debug, Clone)]
pub struct Program(PathBuf);

impl Program {
    /// The running program's own file; nothing where the system does not say.
    pub fn own() -> Option<Self> {
        let path = std::env::current_exe().ok()?;
        let bytes = path.as_os_str().as_encoded_bytes();
        // It was replaced between its start and now; what lies there is looked at before it is run.
        let path = match bytes.strip_suffix(GONE) {
            Some(name) if !path.exists() => PathBuf::from(std::ffi::OsStr::from_bytes(name)),
            Some(_) | None => path,
        };
        path.is_absolute().then_some(Self(path))
    }

    /// Its name, for people.
    pub fn shown(&self) -> String {
        files::show(&self.0)
    }

    /// What lies at that name now, if nobody but this user and root can have put it there.
    pub(super) fn open(&self) -> Result<OwnedFd, ProgramFault> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::open(&self.0, flags, Mode::empty()).map(File::from);
        let file = file.map_err(|error| match error {
            rustix::io::Errno::NOENT => FileError::Absent,
            other => FileError::Io(other.into()),
        })?;
        let facts = file.metadata().map_err(FileError::Io)?;
        if !facts.is_file() {
            return Err(FileError::WrongKind("file").into());
        }
        let own = rustix::process::geteuid().as_raw();
        if facts.uid() != own && facts.uid() != 0 {
            return Err(FileError::Foreign(facts.uid()).into());
        }
        self.check_mode(facts.mode() & 0o7777, facts.gid())?;
        files::check_ancestors(&self.0)?;
        Ok(file.into())
    }

    /// The user's own primary group is the user, as for the folders above the socket.
    fn check_mode(&self, mode: u32, group: u32) -> Result<(), ProgramFault> {
        let by_group = mode & 0o020 != 0 && group != rustix::process::getegid().as_raw();
        if by_group || mode & 0o002 != 0 {
            return Err(FileError::Open(mode, "755", self.shown()).into());
        }
        if mode & 0o111 == 0 || mode & 0o6000 != 0 {
            return Err(ProgramFault::Mode(mode, self.shown()));
        }
        Ok(())
    }

    /// Runs that very file, with these descriptors and no others, in a process group of its own.
    pub(super) fn run(
        &self,
        file: &OwnedFd,
        arguments: &[String],
        given: [BorrowedFd<'_>; 3],
        kept: impl Fn(&str) -> bool,
    ) -> io::Result<Child> {
        let variables = std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(&kept));
        let mut command = Command::new(format!("/proc/self/fd/{}", file.as_raw_fd()));
        command.arg0(&self.0).args(arguments).env_clear().envs(variables).current_dir("/").process_group(0);
        let given = given.map(|descriptor| descriptor.as_raw_fd());
        // SAFETY: the closure makes system calls alone, and neither allocates nor locks; the descriptors are open for
        // as long as the borrow lasts, and so when the process is made.
        unsafe {
            command.pre_exec(move || {
                for number in given {
                    rustix::io::fcntl_setfd(BorrowedFd::borrow_raw(number), FdFlags::empty())?;
                }
                Ok(())
            });
        }
        command.spawn()
    }
}

/// Ends a process that was run, and whatever it has started.
pub(super) fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
}

/// Whether another program looks into the process. Whoever came before it was hardened would stay.
pub(super) fn is_traced(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|tracer| tracer.trim() != "0")
}

/// Descriptors that were given to this process by number; kept from children from now on.
///
/// To be called once for each number, before any other descriptor is opened.
pub(super) fn take(number: RawFd) -> Option<OwnedFd> {
    // SAFETY: the borrow lasts for one call that only asks about the descriptor and fails where it is closed.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    rustix::io::fcntl_setfd(borrowed, FdFlags::CLOEXEC).ok()?;
    // SAFETY: the descriptor is open, and the command line says that it is this process's to own.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Whether this is one end of a pair that our parent has made; nothing where nobody holds the other end any more.
pub(super) fn is_from_parent(channel: impl AsFd) -> Option<bool> {
    let stream = sockopt::socket_type(&channel) == Ok(SocketType::STREAM);
    let unix = sockopt::socket_domain(&channel) == Ok(AddressFamily::UNIX);
    let connected = sockopt::socket_acceptconn(&channel) == Ok(false);
    if !(stream && unix && connected) {
        return Some(false);
    }
    let parent = rustix::process::getppid().map(|parent| parent.as_raw_pid().cast_unsigned());
    match cp_token_protocol::require_same_user(&channel) {
        Ok(peer) if peer.pid.is_some() && peer.pid == parent => Some(true),
        // The parent has just died, and all that it was is in the queue.
        Ok(_) if has_ended(&channel) => None,
        Ok(_) | Err(_) => Some(false),
    }
}

fn has_ended(channel: impl AsFd) -> bool {
    let mut event = [rustix::event::PollFd::new(&channel, rustix::event::PollFlags::RDHUP)];
    let hung_up = rustix::event::PollFlags::RDHUP | rustix::event::PollFlags::HUP;
    let polled = rustix::event::poll(&mut event, Some(&rustix::event::Timespec::default()));
    polled.is_ok() && event[0].revents().intersects(hung_up)
}

/// Two ends of a way that no other process knows.
pub(super) fn pair() -> io::Result<(UnixStream, UnixStream)> {
    UnixStream::pair()
}

/// Calls this process what it is: one that is run by its descriptor would bear the descriptor's number.
pub fn take_our_name() {
    let _ = rustix::thread::set_name(c"cp-tokend");
}

/// The lock file that was given.
pub(super) fn as_file(descriptor: OwnedFd) -> File {
    File::from(descriptor)
}

/// The other end's last word may be followed by its death.
pub(super) fn is_the_end(error: &io::Error) -> bool {
    let ends = [io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
    ends.contains(&error.kind())
}
