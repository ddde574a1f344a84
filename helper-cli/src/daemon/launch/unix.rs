//! Owns the system calls behind a start on Unix: private files, the lock, and the isolation of the daemon's process.
#![allow(unsafe_code)]

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cp_token_protocol::is_same_user;
use cp_token_protocol::trust::{self, Distrust, Flaw, Purpose};
use rustix::fs::{Access, FlockOperation, flock};
use rustix::time::{ClockId, clock_gettime};

/// What the system's own libraries ask for, besides: nothing.
pub(super) const VARIABLES: &[&str] = &[];

/// Creates the directory and its missing parents, private from the start, whatever the umask.
pub(super) fn make_private_folder(folder: &Path) -> io::Result<()> {
    trust::own_folder(folder, true).map_err(refused)
}

/// The folder itself, or one on the way to it, that others may write to.
pub(super) fn open_folder_on(folder: &Path) -> Option<(PathBuf, Flaw)> {
    let found = flaw(trust::own_folder(folder, false), folder);
    found.filter(|(_, flaw)| !matches!(flaw, Flaw::OtherOwner(_)))
}

/// The program itself, or what is on the way to it, that others own or may change. The daemon asks the same before it hands
/// over to a program.
pub(super) fn flaw_of_program(program: &Path) -> Option<(PathBuf, Flaw)> {
    flaw(trust::check(program, Purpose::Decision), program)
}

/// What else is wrong shows when the path is used.
fn flaw(judged: Result<(), Distrust>, path: &Path) -> Option<(PathBuf, Flaw)> {
    match judged {
        Err(Distrust::Itself(flaw)) => Some((path.to_owned(), flaw)),
        Err(Distrust::OnTheWay(at, flaw)) => Some((at, flaw)),
        Ok(()) | Err(Distrust::Absent | Distrust::WrongKind | Distrust::Io(_)) => None,
    }
}

/// The user that `path` belongs to, if that is not us.
pub(super) fn foreign_owner(path: &Path) -> Option<u32> {
    let owner = path.metadata().map_or(u32::MAX, |metadata| metadata.uid());
    (!is_ours(owner)).then_some(owner)
}

/// Whether we may make a folder in `path`, which is ours or root's, as every folder on the way has to be.
pub(super) fn may_make_in(path: &Path) -> bool {
    let is_trusted = path.metadata().is_ok_and(|metadata| is_ours(metadata.uid()) || metadata.uid() == 0);
    is_trusted && rustix::fs::access(path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Opens an ordinary file of our own, making it if it is missing; a link is not followed.
pub(super) fn open_own_file(path: &Path) -> io::Result<File> {
    trust::open_to_append(path).map_err(refused)
}

fn refused(problem: Distrust) -> io::Error {
    match problem {
        Distrust::Io(error) => error,
        Distrust::Absent | Distrust::WrongKind | Distrust::Itself(_) | Distrust::OnTheWay(..) => {
            io::ErrorKind::PermissionDenied.into()
        }
    }
}

/// What a file has of its own, which changes with what is in it: device, number, and when it was changed.
pub(super) fn identity(file: &Path) -> Option<[u64; 4]> {
    let facts = file.metadata().ok()?;
    Some([facts.dev(), facts.ino(), facts.mtime().cast_unsigned(), facts.mtime_nsec().cast_unsigned()])
}

/// Whether somebody holds the lock on that file. Who looks at the same time is not in the way of this.
pub(super) fn is_locked(path: &Path) -> bool {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let Ok(file) = rustix::fs::open(path, flags, Mode::empty()) else { return false };
    flock(&file, FlockOperation::NonBlockingLockShared) == Err(rustix::io::Errno::WOULDBLOCK)
}

pub(super) fn wait_and_lock(file: File) -> io::Result<File> {
    rustix::io::retry_on_intr(|| flock(&file, FlockOperation::LockExclusive))?;
    Ok(file)
}

/// The clock that runs on while the machine sleeps.
#[cfg(target_os = "linux")]
const BOOT: ClockId = ClockId::Boottime;
#[cfg(target_os = "macos")]
const BOOT: ClockId = ClockId::Monotonic;

/// A monotonic clock that includes suspend.
pub(super) fn milliseconds_since_boot() -> u64 {
    let now = clock_gettime(BOOT);
    now.tv_sec.unsigned_abs() * 1000 + now.tv_nsec.unsigned_abs() / 1_000_000
}

/// Starts the daemon's file, and gives what it says.
pub(super) fn start(
    file: &Path,
    variables: Vec<(&'static str, OsString)>,
) -> io::Result<impl Read + Send + 'static> {
    let mut command = Command::new(file);
    command.arg("--background").current_dir("/").env_clear().envs(variables);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    cut_off(&mut command);
    command.spawn()?.stdout.take().ok_or(io::ErrorKind::BrokenPipe.into())
}

/// Gives the process its own session, so that neither Ctrl-C nor the terminal's end reaches it, and only the standard
/// descriptors: a pipe of our caller would otherwise stay open as long as the daemon lives.
fn cut_off(command: &mut Command) {
    // SAFETY: the closure makes system calls alone, and neither allocates nor locks.
    unsafe {
        command.pre_exec(|| {
            rustix::process::setsid()?;
            unblock_signals();
            close_descriptors_at_start();
            Ok(())
        });
    }
}

/// Blocks no signal: threads of some languages' runtimes block those that a daemon is ended by.
fn unblock_signals() {
    let mut none = std::mem::MaybeUninit::uninit();
    // SAFETY: `none` is made an empty set before it is read; both calls are allowed between fork and exec.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
    }
}

/// Marks each descriptor but the standard three to be closed when the program starts.
#[cfg(target_os = "macos")]
fn close_descriptors_at_start() {
    mark_one_by_one();
}

/// As above, in one call.
#[cfg(target_os = "linux")]
fn close_descriptors_at_start() {
    const FIRST_OTHER: libc::c_uint = 3;
    // SAFETY: with this flag the call closes nothing here; it only sets the close-on-exec mark.
    let status = unsafe {
        libc::syscall(libc::SYS_close_range, FIRST_OTHER, libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC)
    };
    if status != 0 {
        mark_one_by_one();
    }
}

/// As above, if the kernel has no such call, as before Linux 5.11; without the list of what is open, which would ask for memory.
#[cold]
fn mark_one_by_one() {
    const MAX_DESCRIPTORS: u64 = 65_536;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile)
        .current
        .unwrap_or(MAX_DESCRIPTORS)
        .min(MAX_DESCRIPTORS);
    for number in 3..i32::try_from(limit).unwrap_or_default() {
        // SAFETY: setting the mark on a descriptor, be it closed, touches no memory.
        unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

fn is_ours(owner: u32) -> bool {
    is_same_user(owner, rustix::process::geteuid().as_raw())
}
