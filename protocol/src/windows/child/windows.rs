//! Owns the start of a program on Windows with nothing but what it is given: its words, its variables, one pipe for
//! what it prints. No handle of ours is inherited besides, whatever is open. It knows no program.
#![allow(unsafe_code)]

use std::ffi::{OsStr, OsString, c_void};
use std::fs::File;
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr::null;

use windows_sys::Win32::Foundation::{HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation};
use windows_sys::Win32::System::Pipes::CreatePipe;
use windows_sys::Win32::System::Threading::{
    CREATE_UNICODE_ENVIRONMENT, CreateProcessW, DeleteProcThreadAttributeList, EXTENDED_STARTUPINFO_PRESENT,
    InitializeProcThreadAttributeList, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, PROC_THREAD_ATTRIBUTE_JOB_LIST,
    PROCESS_INFORMATION, STARTF_USESTDHANDLES, STARTUPINFOEXW, UpdateProcThreadAttribute,
};

use super::line;
use crate::windows::security::wide;

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
    /// What kind of process it is, in the numbers of the system.
    pub flags: u32,
    /// The job that it and whatever it starts belongs to.
    pub job: Option<BorrowedHandle<'s>>,
}

/// A program that was started.
pub struct Started {
    /// Its process.
    pub process: OwnedHandle,
    /// What it prints. It reads nothing, and what it complains of goes nowhere.
    pub output: File,
}

impl Start<'_> {
    /// Starts it.
    pub fn go(&self) -> io::Result<Started> {
        let (output, theirs) = pipe()?;
        let nowhere = OwnedHandle::from(File::options().read(true).write(true).open("NUL")?);
        let given = [theirs.as_raw_handle(), nowhere.as_raw_handle()];
        for handle in given {
            // SAFETY: the handle is open and our own; the mark is what the list of handles asks for.
            success(unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT) })?;
        }
        let jobs = self.job.map(|job| [job.as_raw_handle()]);
        let mut attributes = Attributes::new(2)?;
        attributes.set(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, &given)?;
        if let Some(jobs) = &jobs {
            attributes.set(PROC_THREAD_ATTRIBUTE_JOB_LIST, jobs)?;
        }
        let process = self.create(&attributes, given)?;
        Ok(Started { process, output })
    }

    fn create(&self, attributes: &Attributes, [output, nowhere]: [HANDLE; 2]) -> io::Result<OwnedHandle> {
        let file = wide(self.file.as_os_str());
        let mut line = wide(self.line()?.as_ref());
        let block = line::block(&self.block());
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
        // SAFETY: both handles were opened for us just now; the thread's is closed at once.
        unsafe {
            drop(OwnedHandle::from_raw_handle(made.hThread));
            Ok(OwnedHandle::from_raw_handle(made.hProcess))
        }
    }

    fn line(&self) -> io::Result<String> {
        let file = self.file.to_str().ok_or(io::ErrorKind::InvalidInput)?;
        let words: Vec<&str> = std::iter::once(file).chain(self.arguments.iter().copied()).collect();
        // A zero would end the line, and hide what follows it.
        if words.iter().any(|word| word.contains('\0')) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(line::command_line(&words))
    }

    fn block(&self) -> Vec<(String, Vec<u16>)> {
        let units = |value: &OsStr| value.encode_wide().collect();
        self.variables.iter().map(|(name, value)| ((*name).to_owned(), units(value))).collect()
    }
}

/// Our end, from which is read, and the program's.
fn pipe() -> io::Result<(File, OwnedHandle)> {
    let (mut read, mut write) = (std::ptr::null_mut(), std::ptr::null_mut());
    // SAFETY: both places are writable.
    success(unsafe { CreatePipe(&raw mut read, &raw mut write, null(), 0) })?;
    // SAFETY: both handles were opened for us just now.
    unsafe { Ok((File::from(OwnedHandle::from_raw_handle(read)), OwnedHandle::from_raw_handle(write))) }
}

/// What a process is started with beyond the ordinary.
struct Attributes {
    // Words, so that the list lies where it may.
    room: Vec<u64>,
}

impl Attributes {
    fn new(count: u32) -> io::Result<Self> {
        let mut size = 0;
        // SAFETY: without a list the call only says how much room it needs, and fails.
        unsafe { InitializeProcThreadAttributeList(std::ptr::null_mut(), count, 0, &raw mut size) };
        let mut room = vec![0_u64; size.div_ceil(8)];
        // SAFETY: the room is as large as was asked for.
        success(unsafe {
            InitializeProcThreadAttributeList(room.as_mut_ptr().cast(), count, 0, &raw mut size)
        })?;
        Ok(Self { room })
    }

    fn list(&self) -> *mut c_void {
        self.room.as_ptr().cast_mut().cast()
    }

    /// The handles have to stay where they are as long as this value is used.
    fn set(&mut self, name: u32, handles: &[HANDLE]) -> io::Result<()> {
        let (list, size) = (self.list(), size_of_val(handles));
        // SAFETY: the list was initialised, and the handles are as many as are said.
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

fn success(answer: i32) -> io::Result<()> {
    if answer == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
