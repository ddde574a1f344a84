//! Owns a program's process on Unix: its start, what it prints, and the end of its whole process group.
#![allow(unsafe_code)]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;

use cp_token_protocol::Secret;
use rustix::process::{Pid, Signal, kill_process_group};

use super::watch::{Watch, keep_descriptors_to_ourselves};
use super::{ProgramError, environment, not_started};
use crate::base::mutex::lock;
use crate::process::children;
use crate::process::signals;
use crate::secrets::secret_reader::SecretReader;

/// The right to end a program from elsewhere, which lasts only as long as its number is surely its own.
#[derive(Default)]
pub(super) struct KillHandle {
    state: Mutex<State>,
}

#[derive(Default, Clone, Copy)]
enum State {
    #[default]
    NotBegun,
    Running(Pid),
    Over,
}

impl KillHandle {
    /// Kills the program; one that has not begun will not live.
    pub(super) fn pull(&self) {
        let mut state = lock(&self.state);
        match *state {
            State::Running(group) => kill(group),
            State::NotBegun | State::Over => *state = State::Over,
        }
    }

    fn hold(&self, group: Pid) {
        let mut state = lock(&self.state);
        match *state {
            State::NotBegun | State::Running(_) => *state = State::Running(group),
            State::Over => kill(group),
        }
    }

    fn let_go(&self) {
        *lock(&self.state) = State::Over;
    }
}

/// Runs the program to its end or to its limit, and leaves nothing of its process group behind.
pub(super) fn run(argv: &[String], limit: usize, leash: &KillHandle) -> Result<Secret, ProgramError> {
    let mut child = start(argv)?;
    let group = Pid::from_child(&child);
    leash.hold(group);
    let heard = listen(&mut child, limit);
    // Its number stays its own until it is waited for, even if it has ended.
    kill(group);
    leash.let_go();
    let status = children::wait(&mut child);
    let printed = heard?;
    judge(&status.map_err(|_| ProgramError::NotRun)?)?;
    Ok(printed.finish()?)
}

fn start(argv: &[String]) -> Result<Child, ProgramError> {
    let (file, arguments) = argv.split_first().ok_or(ProgramError::Relative)?;
    crate::base::files::check_program(file.as_ref())?;
    let mut command = Command::new(file);
    command.args(arguments).current_dir("/").process_group(0);
    command.env_clear().envs(environment::of_program(|name| std::env::var_os(name)));
    // What it complains of could quote the secret.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    keep_descriptors_to_ourselves();
    // SAFETY: the closure makes one system call, and neither allocates nor locks.
    unsafe {
        command.pre_exec(|| {
            signals::unblock();
            Ok(())
        });
    }
    children::start(&mut command).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound { ProgramError::Absent } else { not_started(&error) }
    })
}

/// Everything that the program prints until it ends. Whoever else holds its pipe is not waited for.
fn listen(child: &mut Child, limit: usize) -> Result<SecretReader, ProgramError> {
    let watch = Watch::over(Pid::from_child(child)).map_err(|_| ProgramError::NotRun)?;
    let mut output = child.stdout.take();
    let mut printed = SecretReader::new(limit);
    loop {
        let (is_over, says_more) = watch.look(output.as_ref()).map_err(|_| ProgramError::NotRun)?;
        if let Some(pipe) = output.as_mut().filter(|_| says_more) {
            if !printed.read_from(pipe)? {
                output = None;
            }
        } else if is_over {
            return Ok(printed);
        }
    }
}

fn judge(status: &ExitStatus) -> Result<(), ProgramError> {
    match status.code() {
        Some(0) => Ok(()),
        code => Err(ProgramError::Failed(code.and_then(|code| u8::try_from(code).ok()))),
    }
}

/// A group of which nobody is left, or only who has other rights, is left alone.
fn kill(group: Pid) {
    let _ = kill_process_group(group, Signal::KILL);
}
