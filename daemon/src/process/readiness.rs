//! Owns the one line on standard output, `ready` or the failure, for which the helper that started the daemon waits.

#[cfg(unix)]
use std::fs::OpenOptions;
use std::io::Write;

use cp_token_protocol::{Failure, printable};

#[cfg(unix)]
use crate::process::watchdog;

/// Reports that callers are accepted, to the parent process and to the service manager. In the background, standard output is
/// then closed.
pub fn ready(background: bool) {
    let _ = std::io::stdout().write_all(b"ready\n").and_then(|()| std::io::stdout().flush());
    notify_ready(background);
}

/// On Windows there is no service manager, and a pipe without a reader does not block.
#[cfg(windows)]
fn notify_ready(_: bool) {}

#[cfg(unix)]
fn notify_ready(background: bool) {
    watchdog::serving();
    if background && let Ok(null) = OpenOptions::new().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(&null);
    }
}

/// As the new program after a restart: reports it to the service manager only, since the parent process knows already.
/// Reports to the helper why there is no daemon: `failed CODE MESSAGE<TAB>HINT`.
pub fn failed(failure: &Failure) {
    let [message, hint]: [String; 2] =
        [&failure.message, &failure.hint].map(|text| printable(text).collect());
    let line = format!("failed {} {message}\t{hint}\n", failure.code.0);
    let _ = std::io::stdout().write_all(line.as_bytes());
}

/// Prints an error for the person at the terminal.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "cp-tokend: {}", printable(line).collect::<String>());
}
