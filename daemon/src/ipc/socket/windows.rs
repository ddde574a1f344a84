//! Owns the named pipe on Windows: created by us first or not at all, open to this user alone and not over the network.
#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{FromRawHandle, OwnedHandle};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use cp_token_protocol::IpcAddress;
use cp_token_protocol::windows::security::{Descriptor, Kind, access_of, own_user, wide};
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_PIPE_BUSY, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_FLAG_OVERLAPPED, PIPE_ACCESS_DUPLEX,
};
use windows_sys::Win32::System::Pipes::{
    CreateNamedPipeW, PIPE_READMODE_BYTE, PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE,
    PIPE_UNLIMITED_INSTANCES, PIPE_WAIT,
};

use crate::base::files::{self, FileError};
use crate::base::mutex;
use crate::process::instance::{InstanceError, InstanceLock};

/// The pipe's first instance, and the instance lock.
#[derive(Debug)]
pub struct BoundSocket {
    first: Mutex<Option<OwnedHandle>>,
    path: PathBuf,
    _lock: InstanceLock,
}

/// For the listener: the pipe's first instance, and its name for further ones.
#[derive(Debug)]
pub struct Listening {
    pub(super) path: PathBuf,
    pub(super) first: OwnedHandle,
}

/// Why there is no pipe.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The folder is not safe.
    #[error("the folder {0} is not used: {1}")]
    Directory(String, #[source] FileError),
    /// The instance lock is not available.
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// Another program has the name.
    #[error("another program has made the pipe {0}")]
    NameTaken(String),
    /// The system refused.
    #[error("no pipe can be made at {0}: {1}")]
    Bind(String, #[source] FileError),
}

impl BoundSocket {
    /// Makes the folder, takes the lock, and creates the pipe. There is no socket activation here.
    pub fn open(address: &IpcAddress) -> Result<Self, BindError> {
        let folder = address.folder();
        let shown = files::show(folder);
        files::make_private_folder(folder)
            .and_then(|()| files::check_ancestors(folder))
            .map_err(|error| BindError::Directory(shown, error))?;
        let lock = InstanceLock::take(folder)?;
        let path = address.socket().to_owned();
        let first = instance(&path, FILE_FLAG_FIRST_PIPE_INSTANCE).map_err(|error| refused(&path, error))?;
        if !is_ours_alone(&first).map_err(|error| refused(&path, error))? {
            return Err(BindError::NameTaken(files::show(&path)));
        }
        Ok(Self { first: Mutex::new(Some(first)), path, _lock: lock })
    }

    /// The pipe, for the listener. Fails if it was called before.
    pub fn listening(&self) -> io::Result<Listening> {
        let first = mutex::lock(&self.first).take();
        let first = first.ok_or(io::ErrorKind::NotFound)?;
        Ok(Listening { path: self.path.clone(), first })
    }
}

/// One more instance of the pipe.
pub(super) fn another(path: &Path) -> io::Result<OwnedHandle> {
    instance(path, 0)
}

fn refused(path: &Path, error: io::Error) -> BindError {
    let taken = [ERROR_ACCESS_DENIED, ERROR_PIPE_BUSY].map(|number| Some(number.cast_signed()));
    if taken.contains(&error.raw_os_error()) {
        BindError::NameTaken(files::show(path))
    } else {
        BindError::Bind(files::show(path), error.into())
    }
}

/// Whether the pipe is the one that we asked for: an instance of somebody else's would have their owner and grants.
fn is_ours_alone(first: &OwnedHandle) -> io::Result<bool> {
    let (own, access) = (own_user()?, access_of(first, Kind::Pipe)?);
    Ok(access.owner == own && !access.lets_others(&own, u32::MAX))
}

/// The pipe's security descriptor (SDDL): network logons are denied, this user may do anything, nobody else is named. The
/// owner is explicit, because a pipe of an elevated program would belong to the administrators.
fn grants(user: &impl std::fmt::Display) -> String {
    format!("O:{user}D:P(D;;GA;;;NU)(A;;GA;;;{user})")
}

fn instance(path: &Path, first: u32) -> io::Result<OwnedHandle> {
    let descriptor = Descriptor::parse(&grants(&own_user()?))?;
    let (name, attributes) = (wide(path.as_os_str()), descriptor.attributes());
    let mode = PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS;
    // SAFETY: the name ends with a zero, and the descriptor outlives the call.
    let handle = unsafe {
        let access = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | first;
        let limit = PIPE_UNLIMITED_INSTANCES;
        CreateNamedPipeW(name.as_ptr(), access, mode, limit, BUFFER, BUFFER, 0, &raw const attributes)
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was opened for us just now.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// Bytes that the system keeps for a reader who is slow.
const BUFFER: u32 = 16 * 1024;
