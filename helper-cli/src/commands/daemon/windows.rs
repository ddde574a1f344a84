//! Owns the termination on Windows of a daemon that does not understand our requests. It ends no other program.
#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::time::Duration;

use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE,
    PROCESS_TERMINATE, QueryFullProcessImageNameW, TerminateProcess, WaitForSingleObject,
};

const DAEMON: &str = "cp-tokend.exe";

/// Terminates the process if it has that name, and waits for its end: without console and windows it cannot be asked.
pub(super) fn terminate<E>(number: i32, left: Result<Duration, E>) -> io::Result<()> {
    let process = open(u32::try_from(number).map_err(io::Error::other)?)?;
    // The name is looked at after the handle is held, so both mean the same process.
    if !file_of(&process)?.rsplit('\\').next().is_some_and(|file| file.eq_ignore_ascii_case(DAEMON)) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let left = left.map_err(|_| io::ErrorKind::TimedOut)?;
    let limit = u32::try_from(left.as_millis()).unwrap_or(u32::MAX - 1);
    // SAFETY: the process is open.
    unsafe {
        if TerminateProcess(process.as_raw_handle(), 1) == 0 {
            return Err(io::Error::last_os_error());
        }
        if WaitForSingleObject(process.as_raw_handle(), limit) == WAIT_OBJECT_0 {
            Ok(())
        } else {
            Err(io::ErrorKind::TimedOut.into())
        }
    }
}

/// Windows has no such signal.
pub(super) fn request_upgrade(_: i32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn open(number: u32) -> io::Result<OwnedHandle> {
    let rights = PROCESS_TERMINATE | PROCESS_SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION;
    // SAFETY: plain numbers; the handle is taken over below.
    let process = unsafe { OpenProcess(rights, 0, number) };
    if process.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was opened for us just now.
    Ok(unsafe { OwnedHandle::from_raw_handle(process) })
}

fn file_of(process: &OwnedHandle) -> io::Result<String> {
    let mut path = [0; 1024];
    let mut length = path.len() as u32;
    // SAFETY: the process is open, and the room is writable for as many units as are said.
    let is_told = unsafe {
        let room = path.as_mut_ptr();
        QueryFullProcessImageNameW(process.as_raw_handle(), PROCESS_NAME_WIN32, room, &raw mut length) != 0
    };
    if is_told {
        Ok(String::from_utf16_lossy(&path[..length as usize]))
    } else {
        Err(io::Error::last_os_error())
    }
}
