//! Owns the socket in the file system: private before it has a path, and removed only while the instance lock is held and
//! only if it is still ours.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cp_token_protocol::{IpcAddress, named_socket};
use interprocess::local_socket::{GenericFilePath, Listener, ListenerOptions, ToFsName};
use interprocess::os::unix::local_socket::ListenerOptionsExt;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType};

use crate::base::files::{self, FileError};
use crate::process::instance::{InstanceError, InstanceLock};

/// The bound socket and the instance lock of its directory.
#[derive(Debug)]
pub struct BoundSocket {
    /// Listening and non-blocking.
    pub socket: OwnedFd,
    name: SocketName,
    lock: InstanceLock,
}

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The directory is not safe.
    #[error("the folder {0} is not used: {1}")]
    Directory(String, #[source] FileError),
    /// The instance lock is not available.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The daemon of this directory listens at that other path.
    #[error("the daemon of this folder listens at {0}")]
    OtherName(String),
    /// Another daemon runs, and its path is taken by something else.
    #[error("a daemon runs here already, and something else has the name of its socket, {0}")]
    NameCovered(String),
    /// The path is taken by something that is no socket of ours.
    #[error("{0} exists and is no socket of this user; remove it")]
    NameTaken(String),
    /// A service manager listens at the path.
    #[error("a service manager listens at {0} and starts the daemon itself")]
    ServiceManaged(String),
    /// The system refused.
    #[error("no socket can be made at {0}: {1}")]
    Bind(String, #[source] FileError),
}

#[derive(Debug)]
struct SocketName {
    path: PathBuf,
    /// Device and inode when we bound it; `None` if a service manager did.
    made: Option<(u64, u64)>,
}

impl BoundSocket {
    /// Makes the directory, takes the lock, and binds the socket; or adopts one that listens already.
    pub fn open(address: &IpcAddress, adopted: Option<OwnedFd>) -> Result<Self, BindError> {
        let folder = address.folder();
        let shown = files::show(folder);
        files::make_private_folder(folder)
            .and_then(|()| files::check_ancestors(folder))
            .map_err(|error| BindError::Directory(shown, error))?;
        let path = address.socket().to_owned();
        let lock = match &adopted {
            // A daemon that was there before the service manager notices within that time that its path is gone.
            Some(_) => InstanceLock::take_within(folder, TAKEOVER_TIMEOUT, || true)?,
            // A daemon that stops removes its path first, and releases the lock a little later.
            None => InstanceLock::take_within(folder, EXIT_TIMEOUT, || !path.exists())
                .map_err(|error| covered_or(error, &path))?,
        };
        let (socket, made) = match adopted {
            Some(socket) => (socket, None),
            None => {
                refuse_if_listening(&path)?;
                remove_stale(&path)?;
                let socket = bind(&path)?;
                (socket, identity(&path))
            }
        };
        lock.name_socket(&path);
        Ok(Self { socket, name: SocketName { path, made }, lock })
    }

    /// The socket that the old process has handed over; `made` is its device and inode.
    pub fn inherited(
        address: &IpcAddress,
        socket: OwnedFd,
        lock: InstanceLock,
        made: Option<(u64, u64)>,
    ) -> Self {
        lock.name_socket(address.socket());
        Self { socket, name: SocketName { path: address.socket().to_owned(), made }, lock }
    }

    /// Device and inode of the path; `None` if a service manager made it.
    pub fn made(&self) -> Option<(u64, u64)> {
        self.name.made
    }

    /// The instance lock.
    pub fn lock(&self) -> &InstanceLock {
        &self.lock
    }

    /// A duplicate of the socket, for the listener. Fails if the system has no descriptor left.
    pub fn listening(&self) -> io::Result<OwnedFd> {
        self.socket.try_clone()
    }

    /// Whether the path still leads to this socket, or to anything if a service manager made it.
    pub fn is_reachable(&self) -> bool {
        let there = identity(&self.name.path);
        if self.name.made.is_none() { there.is_some() } else { there == self.name.made }
    }

    /// Whether this daemon still holds the directory's lock: a lock on a removed file locks nobody out.
    pub fn holds_lock(&self) -> bool {
        self.lock.is_of(self.folder())
    }

    /// Takes the directory's lock again after its file was removed or replaced, unless another process has it;
    /// the old lock stays then.
    pub fn renew_lock(&mut self) -> Result<(), BindError> {
        let folder = self.folder();
        files::check_folder(folder).map_err(|error| BindError::Directory(files::show(folder), error))?;
        self.lock = InstanceLock::take_within(folder, HELPER_TIMEOUT, || false)?;
        self.lock.name_socket(&self.name.path);
        Ok(())
    }

    /// Whether the path is free, and this daemon still holds the lock.
    pub fn can_rebind(&self) -> bool {
        let is_free = std::fs::symlink_metadata(&self.name.path)
            .is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        is_free && self.holds_lock()
    }

    /// Whether something where nobody of ours listens has the path, while this daemon still holds the lock.
    pub fn is_name_covered(&self) -> bool {
        is_covered(&self.name.path) && self.holds_lock()
    }

    /// Binds a new socket after the path was removed. If that fails, the old socket stays.
    pub fn rebind(&mut self) -> Result<(), BindError> {
        let folder = self.folder();
        files::check_folder(folder).map_err(|error| BindError::Directory(files::show(folder), error))?;
        self.socket = bind(&self.name.path)?;
        self.name.made = identity(&self.name.path);
        Ok(())
    }

    /// The directory of the socket and the lock.
    pub fn folder(&self) -> &Path {
        self.name.path.parent().unwrap_or(Path::new("/"))
    }

    /// Removes the path, if it is still ours.
    pub fn remove_name(&self) {
        if self.name.made.is_some() && self.is_reachable() {
            let _ = std::fs::remove_file(&self.name.path);
        }
    }
}

fn covered_or(error: InstanceError, path: &Path) -> BindError {
    if !matches!(error, InstanceError::Taken) {
        return error.into();
    }
    match named_socket(path.parent().unwrap_or(Path::new("/"))) {
        Some(other) if other != path => BindError::OtherName(files::show(&other)),
        _ if is_covered(path) => BindError::NameCovered(files::show(path)),
        _ => error.into(),
    }
}

/// Whether something has the path that is no socket, another user's, or one where nobody listens any more.
fn is_covered(path: &Path) -> bool {
    let Ok(facts) = std::fs::symlink_metadata(path) else { return false };
    let is_ours = facts.uid() == rustix::process::geteuid().as_raw();
    !facts.file_type().is_socket() || !is_ours || !somebody_listens(path)
}

/// A socket that accepts connections while no daemon holds the lock is a service manager's.
fn refuse_if_listening(path: &Path) -> Result<(), BindError> {
    if somebody_listens(path) { Err(BindError::ServiceManaged(files::show(path))) } else { Ok(()) }
}

fn somebody_listens(path: &Path) -> bool {
    let reach = || -> rustix::io::Result<()> {
        let caller = rustix::net::socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
        rustix::io::fcntl_setfd(&caller, rustix::io::FdFlags::CLOEXEC)?;
        rustix::io::ioctl_fionbio(&caller, true)?;
        rustix::net::connect(&caller, &SocketAddrUnix::new(path)?)
    };
    matches!(reach(), Ok(()) | Err(Errno::AGAIN))
}

/// Removes the socket of a daemon that is gone: we hold the lock.
fn remove_stale(path: &Path) -> Result<(), BindError> {
    let Ok(facts) = std::fs::symlink_metadata(path) else { return Ok(()) };
    let ours = facts.uid() == rustix::process::geteuid().as_raw();
    if !facts.file_type().is_socket() || !ours {
        return Err(BindError::NameTaken(files::show(path)));
    }
    std::fs::remove_file(path).map_err(|error| BindError::Bind(files::show(path), error.into()))
}

/// The mode is set before the path exists: at no time can another user connect, whatever the umask is.
fn bind(path: &Path) -> Result<OwnedFd, BindError> {
    let made = || -> io::Result<OwnedFd> {
        let name = path.to_fs_name::<GenericFilePath>()?;
        let options = ListenerOptions::new().name(name).mode(0o600).reclaim_name(false).try_overwrite(false);
        let Listener::UdSocket(listener) = options.create_sync()?;
        let socket = OwnedFd::from(listener);
        rustix::io::ioctl_fionbio(&socket, true)?;
        rustix::net::listen(&socket, BACKLOG)?;
        Ok(socket)
    };
    made().map_err(|error| BindError::Bind(files::show(path), error.into()))
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let facts = std::fs::symlink_metadata(path).ok()?;
    Some((facts.dev(), facts.ino()))
}

/// Longer than a daemon takes to exit after it has removed its path.
const EXIT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a daemon of a service manager waits for one that was started otherwise, which checks its path every half minute.
const TAKEOVER_TIMEOUT: Duration = Duration::from_secs(45);

/// Helpers hold the lock for a moment, to find out whether a daemon does.
const HELPER_TIMEOUT: Duration = Duration::from_millis(100);

/// Connections that may queue while other tasks run.
const BACKLOG: i32 = 4096;
