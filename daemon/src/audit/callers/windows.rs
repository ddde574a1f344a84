//! Owns what Windows says of a process: the number of whoever started it, and the name of its file.
#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};

use windows_sys::Wdk::System::Threading::{NtQueryInformationProcess, ProcessBasicInformation};
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_BASIC_INFORMATION, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION,
    QueryFullProcessImageNameW,
};

use super::ProcessInfo;

/// Nothing where the process has gone, or the system does not tell.
pub(super) fn parent_of(pid: u32) -> Option<u32> {
    parent_number(pid).ok()
}

pub(super) fn read(pid: u32) -> Option<(ProcessInfo, u32)> {
    let name = name_of(pid).ok()?;
    Some((ProcessInfo::new(pid, name.as_bytes()), parent_of(pid).unwrap_or(0)))
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
fn parent_number(pid: u32) -> io::Result<u32> {
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
