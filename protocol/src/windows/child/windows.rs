//! Owns the start of a program on Windows with nothing but its arguments, its variables and one pipe for its output. It
//! inherits no other handle, whatever is open.
#![allow(unsafe_code)]

use std::ffi::{OsString, c_void};
use std::fs::File;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr::null;

use windows_sys::Win32::Foundation::{HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation};
use windows_sys::Win32::System::Threading::{
    CREATE_UNICODE_ENVIRONMENT, CreateProcessW, DeleteProcThreadAttributeList, EXTENDED_STARTUPINFO_PRESENT,
    InitializeProcThreadAttributeList, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROC_THREAD_ATTRIBUTE_JOB_LIST,
    PROCESS_INFORMATION, STARTF_USESTDHANDLES, STARTUPINFOEXW, UpdateProcThreadAttribute,
};

use super::{block, command_line};
use crate::windows::security::{success, wide};

/// A program to be started.
pub struct Start<'s> {
    /// Its file, by its whole path.
    pub file: &'s Path,
    /// Its arguments.
    pub arguments: &'s [&'s str],
    /// Its whole environment.
    pub variables: Vec<(&'static str, OsString)>,
    /// The folder it runs in.
    pub folder: &'s Path,
    /// The system's creation flags.
    pub flags: u32,
    /// The job that it and its children belong to.
    pub job: Option<BorrowedHandle<'s>>,
}

/// A program that was started.
pub struct Started {
    /// Its process.
    pub process: OwnedHandle,
    /// Its standard output. Its standard input is empty, and its standard error is dropped.
    pub output: File,
}

impl Start<'_> {
    /// Starts it.
    pub fn go(&self) -> io::Result<Started> {
        let (output, theirs) = io::pipe()?;
        let nowhere = OwnedHandle::from(File::options().read(true).write(true).open("NUL")?);
        let given = [theirs.as_raw_handle(), nowhere.as_raw_handle()];
        for handle in given {
            // SAFETY: the handle is open and our own. Only handles with this flag may be in the list of handles.
            success(unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) })?;
        }
        let jobs = self.job.map(|job| [job.as_raw_handle()]);
        let mut attributes = Attributes::new(2)?;
        attributes.set(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &given)?;
        if let Some(jobs) = &jobs {
            attributes.set(PROC_THREAD_ATTRIBUTE_JOB_LIST, jobs)?;
        }
        let process = self.create(&attributes, given)?;
        Ok(Started { process, output: OwnedHandle::from(output).into() })
    }

    fn create(&self, attributes: &Attributes, [output, nowhere]: [HANDLE; 2]) -> io::Result<OwnedHandle> {
        let file = wide(self.file.as_os_str());
        let mut line = wide(self.line()?.as_ref());
        let units = |(name, value): &(&'static str, OsString)| (*name, value.encode_wide().collect());
        let block = block(&self.variables.iter().map(units).collect::<Vec<_>>());
        let folder = wide(self.folder.as_os_str());
        let mut startup = STARTUPINFOEXW::default();
        startup.StartupInfo.cb = size_of::<STARTUPINFOEXW>() as u32;
        startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
        startup.StartupInfo.hStdInput = nowhere;
        startup.StartupInfo.hStdOutput = output;
        startup.StartupInfo.hStdError = nowhere;
        startup.lpAttributeList = attributes.list();
        let flags = self.flags | EXTENDED_STARTUPINFO_PRESENT | CREATE_UNICODE_ENVIRONMENT;
        let mut made = PROCESS_INFORMATION::default();
        // SAFETY: the texts end with zeros, the line is writable, the block ends with two zeros, and the structure says
        // its own size; everything outlives the call.
        success(unsafe {
            CreateProcessW(
                file.as_ptr(),
                line.as_mut_ptr(),
                null(),
                null(),
                1,
                flags,
                block.as_ptr().cast(),
                folder.as_ptr(),
                (&raw const startup).cast(),
                &raw mut made,
            )
        })?;
        // SAFETY: the call has just opened both handles for us.
        unsafe {
            drop(OwnedHandle::from_raw_handle(made.hThread));
            Ok(OwnedHandle::from_raw_handle(made.hProcess))
        }
    }

    fn line(&self) -> io::Result<String> {
        let file = self.file.to_str().ok_or(io::ErrorKind::InvalidInput)?;
        let words: Vec<&str> = std::iter::once(file).chain(self.arguments.iter().copied()).collect();
        // A zero would end the line early.
        if words.iter().any(|word| word.contains('\0')) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(command_line(&words))
    }
}

/// The attribute list of a new process.
struct Attributes {
    // Of `u64`, for the list's alignment.
    room: Vec<u64>,
}

impl Attributes {
    fn new(count: u32) -> io::Result<Self> {
        let mut size = 0;
        // SAFETY: without a list the call only returns the size it needs, and fails.
        unsafe { InitializeProcThreadAttributeList(std::ptr::null_mut(), count, 0, &raw mut size) };
        let mut room = vec![0_u64; size.div_ceil(8)];
        // SAFETY: the room has the size that the call returned.
        success(unsafe {
            InitializeProcThreadAttributeList(room.as_mut_ptr().cast(), count, 0, &raw mut size)
        })?;
        Ok(Self { room })
    }

    fn list(&self) -> *mut c_void {
        self.room.as_ptr().cast_mut().cast()
    }

    /// The handles must not move as long as this value is used.
    fn set(&mut self, name: u32, handles: &[HANDLE]) -> io::Result<()> {
        let (list, size) = (self.list(), size_of_val(handles));
        // SAFETY: the list is initialised, and `size` is the size of the handles.
        success(unsafe {
            let value = handles.as_ptr().cast();
            UpdateProcThreadAttribute(list, 0, name as usize, value, size, std::ptr::null_mut(), null())
        })
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`, and not used any more.
        unsafe { DeleteProcThreadAttributeList(self.list()) };
    }
}
