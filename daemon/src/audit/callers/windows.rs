//! Owns the lookup of a process on Windows: its parent, and the name of its file.
#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};

use windows_sys::Wdk::System::Threading::{NtQueryInformationProcess, ProcessBasicInformation};
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_BASIC_INFORMATION, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION,
    QueryFullProcessImageNameW,
};

use super::{Process, program};

/// None if the process is gone, or the system refuses.
pub(super) fn parent_of(pid: u32) -> Option<u32> {
    parent_number(pid).ok()
}

pub(super) fn read(pid: u32) -> Option<(Process, u32)> {
    let name = name_of(pid).ok()?;
    Some((Process { pid, program: program(name.as_bytes()) }, parent_of(pid).unwrap_or(0)))
}

fn open(pid: u32) -> io::Result<OwnedHandle> {
    // SAFETY: the arguments are numbers; the handle is owned below.
    let process = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, pid) };
    if process.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was opened for us just now.
    Ok(unsafe { OwnedHandle::from_raw_handle(process) })
}

/// The process id may be reused already: Windows does not keep parents.
fn parent_number(pid: u32) -> io::Result<u32> {
    let process = open(pid)?;
    let mut info = PROCESS_BASIC_INFORMATION::default();
    let (size, mut length) = (size_of_val(&info) as u32, 0);
    // SAFETY: the process is open, and `info` is writable for that many bytes.
    let status = unsafe {
        let buffer = (&raw mut info).cast();
        NtQueryInformationProcess(
            process.as_raw_handle(),
            ProcessBasicInformation,
            buffer,
            size,
            &raw mut length,
        )
    };
    if status < 0 {
        return Err(io::ErrorKind::NotFound.into());
    }
    u32::try_from(info.InheritedFromUniqueProcessId).map_err(io::Error::other)
}

fn name_of(pid: u32) -> io::Result<String> {
    let process = open(pid)?;
    let mut path = [0; 1024];
    let mut length = path.len() as u32;
    // SAFETY: the process is open, and the buffer is writable for that many units.
    let is_filled = unsafe {
        let buffer = path.as_mut_ptr();
        QueryFullProcessImageNameW(process.as_raw_handle(), PROCESS_NAME_WIN32, buffer, &raw mut length) != 0
    };
    if !is_filled {
        return Err(io::Error::last_os_error());
    }
    let path = String::from_utf16_lossy(&path[..length as usize]);
    Ok(path.rsplit('\\').next().unwrap_or_default().to_owned())
}
