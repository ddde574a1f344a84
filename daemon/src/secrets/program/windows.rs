//! Owns a program's process on Windows: its start, what it prints, and the end of everything in its job.
#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr::null;
use std::sync::{Arc, Mutex};

use cp_token_protocol::Secret;
use cp_token_protocol::windows::child::{Start, Started};
use windows_sys::Win32::System::JobObjects::{
    CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectExtendedLimitInformation, SetInformationJobObject, TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{
    CREATE_NO_WINDOW, GetExitCodeProcess, INFINITE, WaitForSingleObject,
};

use super::{ProgramError, environment};
use crate::base::mutex::lock;
use crate::secrets::secret_reader::SecretReader;

/// The right to end a program from elsewhere.
#[derive(Default)]
pub(super) struct KillHandle {
    state: Mutex<State>,
}

#[derive(Default)]
enum State {
    #[default]
    NotBegun,
    Running(Arc<Job>),
    Over,
}

impl KillHandle {
    /// Ends the program; one that has not begun will not live.
    pub(super) fn pull(&self) {
        let mut state = lock(&self.state);
        if let State::Running(job) = &*state {
            job.end();
        }
        *state = State::Over;
    }

    fn hold(&self, job: &Arc<Job>) {
        let mut state = lock(&self.state);
        match *state {
            State::NotBegun | State::Running(_) => *state = State::Running(Arc::clone(job)),
            State::Over => job.end(),
        }
    }
}

/// A program and everything that it starts. What is left of it ends with the last handle to it.
struct Job(OwnedHandle);

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
        // SAFETY: the job is open. One in which nobody is left stays as it is.
        unsafe { TerminateJobObject(self.0.as_raw_handle(), 1) };
    }
}

/// Runs the program to its end or to its limit, and leaves nothing of its job behind.
pub(super) fn run(argv: &[String], limit: usize, leash: &KillHandle) -> Result<Secret, ProgramError> {
    let job = Arc::new(Job::new().map_err(|_| ProgramError::NotRun)?);
    let Started { process, mut output } = start(argv, &job)?;
    leash.hold(&job);
    let ended = end_what_it_leaves(&process, &job).map_err(|_| ProgramError::NotRun);
    let mut printed = SecretReader::new(limit);
    let heard = ended.and_then(|()| {
        while printed.read_from(&mut output)? {}
        Ok(printed)
    });
    if heard.is_err() {
        job.end();
    }
    let number = exit_number(&process);
    job.end();
    *lock(&leash.state) = State::Over;
    let printed = heard?;
    match number? {
        0 => Ok(printed.finish()?),
        number => Err(ProgramError::Failed(u8::try_from(number).ok())),
    }
}

fn start(argv: &[String], job: &Job) -> Result<Started, ProgramError> {
    let (file, arguments) = argv.split_first().ok_or(ProgramError::Relative)?;
    let file = Path::new(file);
    // What the command interpreter runs has a language of its own, in which an argument can be a command.
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
    start.go().map_err(|_| ProgramError::NotRun)
}

/// Whoever else holds its pipe when it has ended is ended, too, and not waited for.
fn end_what_it_leaves(process: &OwnedHandle, job: &Arc<Job>) -> io::Result<()> {
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

fn exit_number(process: &OwnedHandle) -> Result<u32, ProgramError> {
    wait_for(process);
    let mut number = 0;
    // SAFETY: the process is open and `number` is writable.
    let is_told = unsafe { GetExitCodeProcess(process.as_raw_handle(), &raw mut number) } != 0;
    if is_told { Ok(number) } else { Err(ProgramError::NotRun) }
}
