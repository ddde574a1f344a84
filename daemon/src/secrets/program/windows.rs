//! Owns a program's process on Windows: its start, its output, and the end of everything in its job.
#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr::null;
use std::sync::Arc;

use cp_token_protocol::Secret;
use cp_token_protocol::windows::child::{Start, Started};
use windows_sys::Win32::System::JobObjects::{
    CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectExtendedLimitInformation, SetInformationJobObject, TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{
    CREATE_NO_WINDOW, GetExitCodeProcess, INFINITE, WaitForSingleObject,
};

use super::{KillHandle, ProgramError, environment};
use crate::secrets::secret_reader::SecretReader;

/// What is killed: a job.
pub(super) type Target = Arc<Job>;

pub(super) fn kill(job: &Target) {
    job.end();
}

/// A program and everything that it starts. The system kills what is left when the last handle is closed.
pub(super) struct Job(OwnedHandle);

impl Job {
    fn new() -> io::Result<Self> {
        // SAFETY: a new job without a name, with ordinary rights.
        let job = unsafe { CreateJobObjectW(null(), null()) };
        if job.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle was opened for us just now.
        let job = Self(unsafe { OwnedHandle::from_raw_handle(job) });
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        let size = size_of_val(&limits) as u32;
        // SAFETY: the structure is the one of this kind of information, and its size is said.
        let is_set = unsafe {
            let limits = (&raw const limits).cast();
            SetInformationJobObject(job.0.as_raw_handle(), JobObjectExtendedLimitInformation, limits, size)
                != 0
        };
        if is_set { Ok(job) } else { Err(io::Error::last_os_error()) }
    }

    fn end(&self) {
        // SAFETY: the job is open. It is no error if no process is left in it.
        unsafe { TerminateJobObject(self.0.as_raw_handle(), 1) };
    }
}

/// Runs the program until it ends or reaches the limit, and kills what is left of its job.
pub(super) fn run(argv: &[String], limit: usize, handle: &KillHandle) -> Result<Secret, ProgramError> {
    let job = Arc::new(Job::new()?);
    let Started { process, output: mut pipe } = start(argv, &job)?;
    handle.attach(Arc::clone(&job));
    let ended = end_job_after(&process, &job).map_err(ProgramError::from);
    let mut reader = SecretReader::new(limit);
    let output = ended.and_then(|()| {
        while reader.read_from(&mut pipe)? {}
        Ok(reader)
    });
    if output.is_err() {
        job.end();
    }
    let code = exit_code(&process);
    job.end();
    handle.release();
    let output = output?;
    match code? {
        0 => Ok(output.finish()?),
        code => Err(ProgramError::Failed(u8::try_from(code).ok())),
    }
}

fn start(argv: &[String], job: &Job) -> Result<Started, ProgramError> {
    let (file, arguments) = argv.split_first().ok_or(ProgramError::Relative)?;
    let file = Path::new(file);
    // A batch file is run by the command interpreter, which could read an argument as a command.
    let is_program = file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("exe"));
    if !file.is_file() {
        return Err(ProgramError::Absent);
    } else if !is_program {
        return Err(ProgramError::NotRun);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let variables = environment::of_program(|name| std::env::var_os(name)).collect();
    let folder = file.parent().unwrap_or(file);
    let job = Some(job.0.as_handle());
    let start = Start { file, arguments: &arguments, variables, folder, flags: CREATE_NO_WINDOW, job };
    Ok(start.go()?)
}

/// Ends the job when the program has ended, so that no other process keeps its pipe open.
fn end_job_after(process: &OwnedHandle, job: &Arc<Job>) -> io::Result<()> {
    let (process, job) = (process.try_clone()?, Arc::clone(job));
    let wait = move || {
        wait_for(&process);
        job.end();
    };
    std::thread::Builder::new().name("program".to_owned()).spawn(wait).map(drop)
}

fn wait_for(process: &OwnedHandle) {
    // SAFETY: the process is open.
    unsafe { WaitForSingleObject(process.as_raw_handle(), INFINITE) };
}

fn exit_code(process: &OwnedHandle) -> Result<u32, ProgramError> {
    wait_for(process);
    let mut code = 0;
    // SAFETY: the process is open and `code` is writable.
    let is_known = unsafe { GetExitCodeProcess(process.as_raw_handle(), &raw mut code) } != 0;
    if is_known { Ok(code) } else { Err(ProgramError::NotRun) }
}
