//! Owns what Windows says of a caller: the number of whoever started it, and the name of that program's file.
#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::time::Duration;

use cp_token_protocol::Peer;
use windows_sys::Wdk::System::Threading::{NtQueryInformationProcess, ProcessBasicInformation};
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_BASIC_INFORMATION, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION,
    QueryFullProcessImageNameW,
};

use super::{Known, Named};

/// Reads who callers are.
#[derive(Debug, Default)]
pub struct Callers {}

/// A caller of whom as much is known as only it can tell while it is there.
#[derive(Debug, Clone, Copy)]
pub struct Glimpse {
    peer: Peer,
    /// Absent while nobody has looked; 0 where there is none to be seen.
    parent: Option<u32>,
}

impl From<Peer> for Glimpse {
    /// Of whom only as much is known as the connection says.
    fn from(peer: Peer) -> Self {
        Self { peer, parent: None }
    }
}

impl Callers {
    /// A first look at who waits at the other end.
    pub fn glimpse(&self, caller: Glimpse, _: Duration) -> Glimpse {
        let parent = caller.parent.or_else(|| caller.peer.pid.and_then(|pid| parent_of(pid).ok()));
        Glimpse { parent: Some(parent.unwrap_or(0)), ..caller }
    }

    /// The name of whoever started the caller. Of the caller itself nothing is read.
    pub fn known(&self, glimpse: Glimpse) -> Known {
        let named = |pid| Named::new(pid, name_of(pid).unwrap_or_default().as_bytes());
        let process = Named::new(glimpse.peer.pid.unwrap_or(0), b"");
        Known {
            uid: glimpse.peer.uid,
            process,
            parent: glimpse.parent.filter(|&parent| parent > 0).map(named),
        }
    }
}

fn open(pid: u32) -> io::Result<OwnedHandle> {
    // SAFETY: plain numbers; the handle is taken over below.
    let process = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
    if process.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was opened for us just now.
    Ok(unsafe { OwnedHandle::from_raw_handle(process) })
}

/// Its number may be another program's by now: Windows does not keep parents.
fn parent_of(pid: u32) -> io::Result<u32> {
    let process = open(pid)?;
    let mut facts = PROCESS_BASIC_INFORMATION::default();
    let (size, mut length) = (size_of_val(&facts) as u32, 0);
    // SAFETY: the process is open, and `facts` is writable for as many bytes as are said.
    let status = unsafe {
        let place = (&raw mut facts).cast();
        NtQueryInformationProcess(
            process.as_raw_handle(),
            ProcessBasicInformation,
            place,
            size,
            &raw mut length,
        )
    };
    if status < 0 {
        return Err(io::ErrorKind::NotFound.into());
    }
    u32::try_from(facts.InheritedFromUniqueProcessId).map_err(io::Error::other)
}

fn name_of(pid: u32) -> io::Result<String> {
    let process = open(pid)?;
    let mut path = [0; 1024];
    let mut length = path.len() as u32;
    // SAFETY: the process is open, and the room is writable for as many units as are said.
    let is_told = unsafe {
        let room = path.as_mut_ptr();
        QueryFullProcessImageNameW(process.as_raw_handle(), PROCESS_NAME_WIN32, room, &raw mut length) != 0
    };
    if !is_told {
        return Err(io::Error::last_os_error());
    }
    let path = String::from_utf16_lossy(&path[..length as usize]);
    Ok(path.rsplit('\\').next().unwrap_or_default().to_owned())
}
