//! Owns a program's process on Unix: its start, its output, and the end of its whole process group.
#![allow(unsafe_code)]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use cp_token_protocol::Secret;
use rustix::process::{Pid, Signal, kill_process_group};

use super::watch::{Watch, set_close_on_exec};
use super::{KillHandle, ProgramError, environment, not_started};
use crate::base::files;
use crate::process::{children, signals};
use crate::secrets::secret_reader::SecretReader;

/// What is killed: a process group.
pub(super) type Target = Pid;

/// Runs the program until it ends or reaches the limit, and kills what is left of its process group.
pub(super) fn run(argv: &[String], limit: usize, handle: &KillHandle) -> Result<Secret, ProgramError> {
    let mut child = start(argv)?;
    let group = Pid::from_child(&child);
    handle.attach(group);
    let output = read_output(&mut child, limit);
    // The group keeps its identifier until the program is waited for, even if it has ended.
    kill(&group);
    handle.release();
    let status = children::wait(&mut child);
    let output = output?;
    match status?.code() {
        Some(0) => Ok(output.finish()?),
        code => Err(ProgramError::Failed(code.and_then(|code| u8::try_from(code).ok()))),
    }
}

fn start(argv: &[String]) -> Result<Child, ProgramError> {
    let (file, arguments) = argv.split_first().ok_or(ProgramError::Relative)?;
    files::check_program(file.as_ref())?;
    let mut command = Command::new(file);
    command.args(arguments).current_dir("/").process_group(0);
    command.env_clear().envs(environment::of_program(|name| std::env::var_os(name)));
    // Its error messages could quote the secret.
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    set_close_on_exec();
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

/// Reads the output until the program ends. Other processes that hold its pipe are not waited for.
fn read_output(child: &mut Child, limit: usize) -> Result<SecretReader, ProgramError> {
    let watch = Watch::over(Pid::from_child(child))?;
    let mut pipe = child.stdout.take();
    let mut output = SecretReader::new(limit);
    loop {
        let (has_ended, has_output) = watch.wait(pipe.as_ref())?;
        if let Some(open) = pipe.as_mut().filter(|_| has_output) {
            if !output.read_from(open)? {
                pipe = None;
            }
        } else if has_ended {
            return Ok(output);
        }
    }
}

/// Kills the group. It is no error if nothing is left of it, or only processes that we may not kill.
pub(super) fn kill(group: &Pid) {
    let _ = kill_process_group(*group, Signal::KILL);
}
