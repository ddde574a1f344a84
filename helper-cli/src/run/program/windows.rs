//! Owns the running of another program on Windows: as a child with our console and streams; nothing can replace us there.
#![allow(unsafe_code)]

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;

use crate::run::Missing;

/// What a program's file may end with, if its name does not say.
const ENDINGS: [&str; 4] = ["exe", "com", "bat", "cmd"];

/// The file that `name` means; `search` is the value of `PATH`. The current folder counts only if it is named there.
pub(crate) fn find(name: &OsStr, search: Option<&OsStr>) -> Result<PathBuf, Missing> {
    if name.is_empty() {
        return Err(Missing::NotFound);
    }
    if name.as_encoded_bytes().iter().any(|byte| b"/\\:".contains(byte)) {
        return runnable(Path::new(name));
    }
    let folders = search.into_iter().flat_map(std::env::split_paths).filter(|folder| folder.is_absolute());
    let found: Vec<_> = folders.map(|folder| runnable(&folder.join(name))).collect();
    let is_there = found.contains(&Err(Missing::NotRunnable));
    let none = if is_there { Missing::NotRunnable } else { Missing::NotFound };
    found.into_iter().find_map(Result::ok).ok_or(none)
}

/// The file at this path, or with one of the endings behind it.
fn runnable(path: &Path) -> Result<PathBuf, Missing> {
    let ending = path.extension().map(OsStr::to_ascii_lowercase);
    if ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known)) && path.is_file() {
        return Ok(path.to_owned());
    }
    let with = |ending: &&str| {
        let mut path = path.as_os_str().to_owned();
        path.push(format!(".{ending}"));
        PathBuf::from(path)
    };
    let missing = if path.exists() { Missing::NotRunnable } else { Missing::NotFound };
    ENDINGS.iter().map(with).find(|path| path.is_file()).ok_or(missing)
}

pub(crate) struct Program {
    command: Command,
}

impl Program {
    /// The program at `path`. What a program is called by is always its file here.
    pub(crate) fn new(path: &Path, _: &OsStr) -> Self {
        Self { command: Command::new(path) }
    }

    /// More words.
    pub(crate) fn args(&mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) {
        self.command.args(args);
    }

    pub(crate) fn env(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.command.env(name, value);
    }

    /// What it writes to standard output, when it has ended in order.
    pub(crate) fn output(mut self) -> Option<Vec<u8>> {
        let output = self.command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then_some(output.stdout)
    }

    /// Runs it, and ends as it ends.
    pub(crate) fn exec(mut self) -> io::Error {
        leave_the_console_to_it();
        match self.command.spawn().and_then(|mut child: Child| child.wait()) {
            Ok(status) => exit_as(status),
            Err(error) => error,
        }
    }
}

/// Ctrl-C and Ctrl-Break reach both of us, and are the program's to answer.
fn leave_the_console_to_it() {
    // SAFETY: the handler makes no call, and stays as long as the process.
    unsafe { SetConsoleCtrlHandler(Some(ignore), 1) };
}

/// Says that nothing more is to be done. Unlike the system's own way to ignore Ctrl-C, it is not inherited.
unsafe extern "system" fn ignore(_: u32) -> i32 {
    1
}

/// Ends this process with another's number.
fn exit_as(status: ExitStatus) -> ! {
    #[expect(clippy::disallowed_methods, reason = "nothing of ours is left to be ended in order")]
    std::process::exit(status.code().unwrap_or(1))
}
