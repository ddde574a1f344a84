//! Owns the connection on Windows: one end of a pipe, opened so that the server may identify but not impersonate us.
#![allow(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr::{null, null_mut};
use std::time::{Duration, Instant};

use cp_token_protocol::windows::security::wide;
use cp_token_protocol::{IpcAddress, PeerError, require_own_pipe};
use windows_sys::Win32::Foundation::{
    ERROR_BROKEN_PIPE, ERROR_IO_PENDING, ERROR_PIPE_BUSY, ERROR_PIPE_NOT_CONNECTED, HANDLE, WAIT_OBJECT_0,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_OVERLAPPED, ReadFile, SECURITY_IDENTIFICATION, WriteFile,
};
use windows_sys::Win32::System::IO::{CancelIoEx, GetOverlappedResult, OVERLAPPED};
use windows_sys::Win32::System::Pipes::{GetNamedPipeServerProcessId, WaitNamedPipeW};
use windows_sys::Win32::System::Threading::{CreateEventW, WaitForSingleObject};

pub(super) struct Stream {
    pipe: File,
    /// Signalled when a read or a write is done.
    done: OwnedHandle,
    timeout: Duration,
}

#[expect(clippy::unnecessary_wraps, reason = "elsewhere the folder may be somebody else's")]
pub(super) fn require_own_directory(_: &IpcAddress) -> Result<(), PeerError> {
    Ok(())
}

/// Connects, waiting up to `timeout` for an instance that is free, and for everything afterwards.
pub(super) fn connect(pipe: &Path, timeout: Duration) -> io::Result<Stream> {
    // A pause of the machine ends no attempt, so the clock that stops in suspend is the right one here.
    #[allow(clippy::disallowed_methods)]
    let begun = Instant::now();
    loop {
        match open(pipe) {
            Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY.cast_signed()) => {
                let left = timeout.saturating_sub(begun.elapsed());
                if left.is_zero() {
                    return Err(ErrorKind::TimedOut.into());
                }
                wait_for_an_instance(pipe, left);
            }
            opened => return Ok(Stream { pipe: opened?, done: event()?, timeout }),
        }
    }
}

fn open(pipe: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(FILE_FLAG_OVERLAPPED);
    // The pipe's creator may identify us, and no more.
    options.security_qos_flags(SECURITY_IDENTIFICATION).open(pipe)
}

/// Another caller may be quicker, so the answer says nothing.
fn wait_for_an_instance(pipe: &Path, limit: Duration) {
    let name = wide(pipe.as_os_str());
    // SAFETY: the name ends with a zero. No time at all would stand for the pipe's own default.
    unsafe { WaitNamedPipeW(name.as_ptr(), milliseconds(limit).max(1)) };
}

/// Checks that our own user has created the pipe.
pub(super) fn require_our_daemon(stream: &Stream) -> Result<(), PeerError> {
    require_own_pipe(stream.pipe.as_handle())
}

#[expect(clippy::unnecessary_wraps, reason = "elsewhere the system may refuse it")]
pub(super) fn set_read_timeout(stream: &mut Stream, timeout: Duration) -> io::Result<()> {
    stream.timeout = timeout;
    Ok(())
}

pub(super) fn process(stream: &Stream) -> Option<i32> {
    let mut number = 0;
    // SAFETY: the pipe is open and `number` is writable.
    let is_told = unsafe { GetNamedPipeServerProcessId(stream.pipe.as_raw_handle(), &raw mut number) } != 0;
    i32::try_from(number).ok().filter(|_| is_told)
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let outcome = self.transfer(|pipe, state| {
            // SAFETY: buffer and state outlive the transfer, which is over when `transfer` returns.
            unsafe { ReadFile(pipe, buffer.as_mut_ptr(), length, null_mut(), state) }
        });
        match outcome {
            Err(error) if is_end(&error) => Ok(0),
            outcome => outcome,
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.transfer(|pipe, state| {
            // SAFETY: bytes and state outlive the transfer, which is over when `transfer` returns.
            unsafe { WriteFile(pipe, bytes.as_ptr(), length, null_mut(), state) }
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream {
    /// Begins a read or a write, and waits for it, also after it is cancelled: until then the system may write to the buffer.
    fn transfer(&self, begin: impl FnOnce(HANDLE, *mut OVERLAPPED) -> i32) -> io::Result<usize> {
        let pipe = self.pipe.as_raw_handle();
        let mut state = OVERLAPPED { hEvent: self.done.as_raw_handle(), ..OVERLAPPED::default() };
        let state = &raw mut state;
        if begin(pipe, state) == 0 {
            let error = io::Error::last_os_error();
            if error.raw_os_error() != Some(ERROR_IO_PENDING.cast_signed()) {
                return Err(error);
            }
        }
        // SAFETY: the event is open.
        let is_done = unsafe { WaitForSingleObject(self.done.as_raw_handle(), milliseconds(self.timeout)) };
        if is_done != WAIT_OBJECT_0 {
            // SAFETY: the state is that of the transfer that was begun.
            unsafe { CancelIoEx(pipe, state) };
        }
        let mut count = 0;
        // SAFETY: as above; the call returns when the transfer is over.
        if unsafe { GetOverlappedResult(pipe, state, &raw mut count, 1) } != 0 {
            return Ok(count as usize);
        }
        if is_done == WAIT_OBJECT_0 {
            Err(io::Error::last_os_error())
        } else {
            Err(ErrorKind::TimedOut.into())
        }
    }
}

fn is_end(error: &io::Error) -> bool {
    let ends = [ERROR_BROKEN_PIPE, ERROR_PIPE_NOT_CONNECTED].map(|number| Some(number.cast_signed()));
    ends.contains(&error.raw_os_error())
}

fn event() -> io::Result<OwnedHandle> {
    // SAFETY: a new event without a name, to be reset by hand, as overlapped transfers want it.
    let event = unsafe { CreateEventW(null(), 1, 0, null()) };
    if event.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was opened for us just now.
    Ok(unsafe { OwnedHandle::from_raw_handle(event) })
}

fn milliseconds(duration: Duration) -> u32 {
    // The largest number would stand for no limit.
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX).min(u32::MAX - 1)
}
