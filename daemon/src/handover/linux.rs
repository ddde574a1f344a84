//! Owns the system calls behind a hand-over on Linux: which file is run and that it is exactly that one, what its process
//! is given, and whose the other end of a channel is.
#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr};
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

/// What Linux puts behind the name of a file that is gone.
const GONE: &[u8] = b" (deleted)";

/// Names of descriptors, by which a program may be started, and which are another file's in another process.
const NAMES_OF_DESCRIPTORS: [&str; 2] = ["/dev/fd", "/proc"];

/// The name that the daemon was started by, its own path: each restart looks anew at what lies there.
#[derive(Debug, Clone)]
pub struct Program(PathBuf);

impl Program {
    /// The name that this process was started by, be it a link's; to be asked while the folder is the one it was started
    /// in. Nothing where the system does not say.
    pub fn own() -> Option<Self> {
        Self::of_start().or_else(Self::of_file)
    }

    /// The own path of the daemon that this image is run by, which goes on from image to image.
    pub fn inherited() -> Option<Self> {
        let name = std::env::args_os().next().map(PathBuf::from);
        name.filter(|name| name.is_absolute()).map(Self).or_else(Self::own)
    }

    fn of_start() -> Option<Self> {
        let name = std::env::current_dir().ok()?.join(name_of_start()?);
        let is_lasting = NAMES_OF_DESCRIPTORS.iter().all(|folder| !name.starts_with(folder));
        (is_lasting && name.exists()).then_some(Self(name))
    }

    /// The running program's own file, by the name that has no links.
    fn of_file() -> Option<Self> {
        let path = std::env::current_exe().ok()?;
        let bytes = path.as_os_str().as_encoded_bytes();
        // It was replaced between its start and now; what lies there is looked at before it is run.
        let path = match bytes.strip_suffix(GONE) {
            Some(name) if !path.exists() => PathBuf::from(OsStr::from_bytes(name)),
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
        // Nobody else can exchange what was judged before it is opened.
        files::check_program(&self.0)?;
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let file = rustix::fs::open(&self.0, flags, Mode::empty()).map(File::from);
        let file = file.map_err(|error| FileError::Io(error.into()))?;
        match file.metadata().map_err(FileError::Io)?.mode() & 0o7777 {
            mode if mode & 0o111 == 0 || mode & 0o6000 != 0 => Err(ProgramFault::Mode(mode, self.0.clone())),
            _ => Ok(file.into()),
        }
    }

    /// Runs that very file as a child, with these descriptors and no others, in a process group of its own.
    pub(super) fn start(&self, file: &OwnedFd, arguments: &[String], given: &[RawFd]) -> io::Result<Child> {
        children::start(self.command(file, arguments, given).process_group(0))
    }

    /// Runs that very file in the place of this program, in this process. It returns only where the system refuses, and
    /// everything is then as it was.
    pub(super) fn take_over_this_process(
        &self,
        file: &OwnedFd,
        arguments: &[String],
        given: &[RawFd],
    ) -> io::Error {
        let refusal = self.command(file, arguments, given).exec();
        for number in given {
            // SAFETY: whoever gives them keeps them open over this call.
            let _ = rustix::io::fcntl_setfd(unsafe { BorrowedFd::borrow_raw(*number) }, FdFlags::CLOEXEC);
        }
        // SAFETY: `std` has put the system's own way in place for the new program; this puts back that of `std` itself.
        let _ = unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
        refusal
    }

    fn command(&self, file: &OwnedFd, arguments: &[String], given: &[RawFd]) -> Command {
        let kept = |name: &OsStr| name.to_str().is_some_and(crate::process::harden::is_kept);
        let variables = std::env::vars_os().filter(|(name, _)| kept(name));
        let mut command = Command::new(format!("/proc/self/fd/{}", file.as_raw_fd()));
        command.arg0(&self.0).args(arguments).env_clear().envs(variables).current_dir("/");
        let given = given.to_vec();
        // SAFETY: the closure makes system calls alone, and neither allocates nor locks; whoever gives the descriptors
        // keeps them open.
        unsafe {
            command.pre_exec(move || {
                const FIRST_OTHER: libc::c_uint = 3;
                libc::syscall(
                    libc::SYS_close_range,
                    FIRST_OTHER,
                    libc::c_uint::MAX,
                    libc::CLOSE_RANGE_CLOEXEC,
                );
                for number in &given {
                    rustix::io::fcntl_setfd(BorrowedFd::borrow_raw(*number), FdFlags::empty())?;
                }
                Ok(())
            });
        }
        command
    }
}

/// What the system was given as the name of the program to run.
fn name_of_start() -> Option<PathBuf> {
    // SAFETY: reads a word that the kernel left for this process.
    let name = unsafe { libc::getauxval(libc::AT_EXECFN) } as *const libc::c_char;
    // SAFETY: where the kernel has left a name, it ends with a zero byte and stays as long as the process.
    let name = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) })?;
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

/// Ends a process that was run, and whatever it has started.
pub(super) fn end(child: &mut Child) {
    if let Some(group) = number(child.id()) {
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
    let _ = child.kill();
}

/// Has the system end this process when the one that has started it ends.
pub(super) fn end_with_parent() {
    let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
}

/// The process that has started this one.
pub(super) fn parent() -> Option<u32> {
    rustix::process::getppid().map(|parent| parent.as_raw_pid().cast_unsigned())
}

/// Whether another program looks into the process. Whoever came before it was hardened would stay.
pub(super) fn is_traced(process: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:"));
    tracer.is_some_and(|tracer| tracer.trim() != "0")
}

/// Whether other programs of the user may look into the process: the system then shows its files as the user's, and as
/// root's where they may not. Root's own programs may look into everything. Where a namespace shows everybody by one
/// number, it is tried.
pub(super) fn is_open_to_others(process: u32) -> bool {
    let own = rustix::process::geteuid();
    let owner = std::fs::metadata(format!("/proc/{process}/stat")).map(|facts| facts.uid());
    let tells = own.as_raw() != OVERFLOW_USER || File::open(format!("/proc/{process}/auxv")).is_ok();
    !own.is_root() && owner.is_ok_and(|owner| owner == own.as_raw()) && tells
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

/// The process that has made this channel, a pair of connected sockets; nothing where it is none, or another user's.
pub(super) fn maker(channel: impl AsFd) -> Option<u32> {
    let stream = sockopt::socket_type(&channel) == Ok(SocketType::STREAM);
    let unix = sockopt::socket_domain(&channel) == Ok(AddressFamily::UNIX);
    let connected = sockopt::socket_acceptconn(&channel) == Ok(false);
    if !(stream && unix && connected) {
        return None;
    }
    cp_token_protocol::require_same_user(&channel).ok()?.pid
}

/// Whether it is a child of this process, be it one that has ended.
pub(super) fn is_child(process: u32) -> bool {
    let flags = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    number(process).is_some_and(|process| rustix::process::waitid(WaitId::Pid(process), flags).is_ok())
}

/// Says `words` on the channel, and gives that descriptor to whoever reads them.
pub(super) fn say_with(channel: &UnixStream, words: &[u8], given: BorrowedFd<'_>) -> io::Result<()> {
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut room);
    let given = [given];
    control.push(SendAncillaryMessage::ScmRights(&given));
    let sent = rustix::net::sendmsg(channel, &[IoSlice::new(words)], &mut control, SendFlags::NOSIGNAL)?;
    if sent == words.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// What was said on the channel, and the descriptor that came with it.
pub(super) fn hear_with(channel: impl AsFd, words: &mut [u8]) -> io::Result<(usize, Option<OwnedFd>)> {
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut room);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let heard = rustix::net::recvmsg(channel, &mut [IoSliceMut::new(words)], &mut control, flags)?;
    let given = control.drain().find_map(|message| {
        if let RecvAncillaryMessage::ScmRights(mut given) = message { given.next() } else { None }
    });
    Ok((heard.bytes, given))
}

/// Calls this process what it is: one that is run by its descriptor would bear the descriptor's number.
pub fn take_our_name() {
    let _ = rustix::thread::set_name(c"cp-tokend");
}

/// The other end's last word may be followed by its death.
pub(super) fn is_the_end(error: &io::Error) -> bool {
    let ends = [io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
    ends.contains(&error.kind())
}

fn number(process: u32) -> Option<Pid> {
    i32::try_from(process).ok().and_then(Pid::from_raw)
}
