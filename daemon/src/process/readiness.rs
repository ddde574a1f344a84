//! Owns the first and only words on standard output: `ready`, or why not. The helper that started the daemon
//! waits for them.

#[cfg(unix)]
use std::fs::OpenOptions;
use std::io::Write;

use cp_token_protocol::{Failure, printable};

use crate::process::watchdog;

/// Says that callers are let in, to whoever started us and to the service manager. In the background,
/// standard output is then closed: its reader waits for nothing more.
pub fn ready(background: bool) {
    let _ = std::io::stdout().write_all(b"ready\n").and_then(|()| std::io::stdout().flush());
    told(background);
}

/// On Windows no service manager listens, and a pipe without a reader holds nobody up.
#[cfg(windows)]
fn told(_: bool) {}

#[cfg(unix)]
fn told(background: bool) {
    watchdog::serving();
    if background && let Ok(nowhere) = OpenOptions::new().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(&nowhere);
    }
}

/// Says the same to the service manager alone: whoever started the first of us has heard it.
pub fn ready_again() {
    watchdog::serving();
}

/// Says, for the helper, why there is no daemon: `failed CODE MESSAGE<TAB>HINT`.
pub fn failed(failure: &Failure) {
    let [message, hint]: [String; 2] =
        [&failure.message, &failure.hint].map(|words| printable(words).collect());
    let line = format!("failed {} {message}\t{hint}\n", failure.code.0);
    let _ = std::io::stdout().write_all(line.as_bytes());
}

/// Says something to the person at the terminal.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "cp-tokend: {}", printable(line).collect::<String>());
}
