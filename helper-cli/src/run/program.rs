//! Owns the running of another program, in our place or as a child, as if it had been called itself.

#[cfg(unix)]
#[path = "program/unix.rs"]
mod system;

mod search;

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use zeroize::Zeroizing;

pub(crate) use search::find;
#[cfg(unix)]
pub(crate) use system::PIPE_WAS_IGNORED;
#[cfg(all(unix, not(test)))]
pub(crate) use system::note_ignored_signals;
pub(crate) use system::{Pipe, exit_as, pipe, poll_readable, set_nonblocking};
#[cfg(unix)]
pub(crate) use system::{block_reserved, end_of_a_fault, ending, errno, install, unblock_reserved};

#[derive(Debug)]
pub(crate) enum Argument {
    /// A word, visible to every user of the machine.
    Word(Vec<u8>),
    /// The path of a pipe that holds `content`, which nobody but the program can read.
    Pipe {
        /// What stands before the path in the same word.
        before: &'static str,
        /// What can be read from the pipe.
        content: Zeroizing<Vec<u8>>,
    },
}

/// Starts a thread that no signal interrupts: they are all for the one that waits for a program.
pub(crate) fn start_thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    let (ready, is_ready) = std::sync::mpsc::sync_channel(1);
    let work = move || {
        system::block_reserved();
        let _ = ready.send(());
        work();
    };
    system::with_signals_blocked(|| thread.spawn(work))?;
    // The C library may begin a thread with one of the reserved signals unblocked.
    let _ = is_ready.recv();
    Ok(())
}

pub(crate) struct Program {
    command: Command,
    pipes: Vec<Pipe>,
}

/// A child that gets our signals.
pub(crate) struct RunningProgram {
    child: Child,
}

impl Argument {
    pub(crate) fn word(text: &str) -> Self {
        Self::Word(text.into())
    }
}

impl Program {
    /// The program at `path`, under the name that it was called by.
    pub(crate) fn new(path: &Path, name: &OsStr) -> Self {
        let mut command = Command::new(path);
        system::set_arg0(&mut command, name);
        Self { command, pipes: Vec::new() }
    }

    /// More words.
    pub(crate) fn args(&mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) {
        self.command.args(args);
    }

    pub(crate) fn add(&mut self, argument: Argument) -> io::Result<()> {
        match argument {
            Argument::Word(bytes) => self.args([system::os_str(&bytes)]),
            Argument::Pipe { before, content } => {
                let pipe = Pipe::with_content(content)?;
                self.args([format!("{before}{}", pipe.path())]);
                self.pipes.push(pipe);
            }
        }
        Ok(())
    }

    pub(crate) fn env(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.command.env(name, value);
    }

    /// Without a variable.
    pub(crate) fn env_remove(&mut self, name: &str) {
        self.command.env_remove(name);
    }

    /// Lets the program have this end of a pipe.
    pub(crate) fn inherit(&mut self, pipe: Pipe) {
        self.pipes.push(pipe);
    }

    /// Keeps what it writes to standard output or standard error for ourselves.
    pub(crate) fn capture(&mut self, output: bool, errors: bool) {
        let choose = |kept: bool| if kept { Stdio::piped() } else { Stdio::inherit() };
        self.command.stdout(choose(output)).stderr(choose(errors));
    }

    /// Replaces this process by the program; if a pipe cannot hold its content, runs it as a child.
    pub(crate) fn exec(mut self) -> io::Error {
        if self.pipes.iter().all(Pipe::is_filled) {
            return system::replace(&mut self.command, &self.pipes);
        }
        match self.start() {
            Ok(running) => running.wait().map_or_else(|error| error, |status| exit_as(status)),
            Err(error) => error,
        }
    }

    /// Starts the program as a child and passes our signals on.
    pub(crate) fn start(mut self) -> io::Result<RunningProgram> {
        // If the system gives out no thread, nothing has run yet.
        self.pipes.iter_mut().try_for_each(Pipe::feed)?;
        let child = system::start(&mut self.command, &self.pipes)?;
        Ok(RunningProgram { child })
    }

    /// What it writes to standard output, when it has ended in order.
    pub(crate) fn output(mut self) -> Option<Vec<u8>> {
        let output = self.command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then_some(output.stdout)
    }
}

impl RunningProgram {
    /// What was kept of standard output.
    pub(crate) fn output(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// What was kept of standard error.
    pub(crate) fn errors(&mut self) -> Option<std::process::ChildStderr> {
        self.child.stderr.take()
    }

    /// Waits for its end. When it is stopped, so are we, and we go on together.
    pub(crate) fn wait(mut self) -> io::Result<ExitStatus> {
        system::wait_with_job_control(&self.child)?;
        self.child.wait()
    }
}
