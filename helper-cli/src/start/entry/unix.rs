//! Owns the entry point on Unix. It replaces that of `std`, which opens `/dev/null` if standard output is closed, and so
//! would lose a token silently, and which takes longer than the rest of a usual call.
#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;

use cp_token_protocol::{ErrorCode, Failure};

use crate::terminal::exit::{self, ErrorFormat};

/// Where a bug is to be reported.
const ISSUES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/issues");

/// What the C start-up code calls.
// SAFETY: this is the one definition of `main` in the program, with the type that C gives it.
#[unsafe(no_mangle)]
extern "C" fn main(count: c_int, values: *const *const c_char) -> c_int {
    std::panic::set_hook(Box::new(report_panic));
    let mut arguments = Arguments { values, next: 0, count: usize::try_from(count).unwrap_or(0) };
    let program = arguments.next().unwrap_or_default();
    let number = match protect() {
        Ok(()) => crate::run(program, arguments),
        Err(failure) => crate::refuse(failure, arguments),
    };
    number.into()
}

/// What must hold before anything else happens.
fn protect() -> Result<(), Failure> {
    set_signals();
    require_output()?;
    if is_setuid() {
        return Err(Failure::new(
            ErrorCode::DAEMON_UNAVAILABLE,
            "cp-token does not run with the rights of its file's owner",
        )
        .with_hint("take the setuid, setgid or capability mark off the program"));
    }
    // A refusal is none of the caller's business: the daemon's own protection does not depend on it.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    Ok(())
}

/// Lets no reader that has gone end us, and the system keep how our programs end: whoever ignores SIGCHLD never learns it.
fn set_signals() {
    // SAFETY: the calls take plain numbers and change only this process's own settings.
    let [pipe, child] = [(libc::SIGPIPE, libc::SIG_IGN), (libc::SIGCHLD, libc::SIG_DFL)]
        .map(|(signal, handling)| unsafe { libc::signal(signal, handling) } == libc::SIG_IGN);
    crate::run::program::note_ignored_signals(pipe, child);
}

/// Whether a setuid, setgid or capability mark has given us more rights than our caller has.
#[cfg(target_os = "linux")]
fn is_setuid() -> bool {
    // SAFETY: reads a word that the kernel left for this process.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

#[cfg(target_os = "macos")]
fn is_setuid() -> bool {
    // SAFETY: reads a mark that the kernel set for this process.
    unsafe { libc::issetugid() != 0 }
}

/// Makes the standard descriptors valid, so that no socket gets one of their numbers; fails without standard output.
fn require_output() -> Result<(), Failure> {
    let mut standard = [0, 1, 2].map(|fd| libc::pollfd { fd, events: 0, revents: 0 });
    // SAFETY: the array is valid for its length, and polling a closed descriptor only marks its entry.
    unsafe { libc::poll(standard.as_mut_ptr(), 3, 0) };
    let [input, output, error] = standard.map(|entry| entry.revents & libc::POLLNVAL != 0);
    if input || output || error { replace_closed(output) } else { Ok(()) }
}

#[cold]
fn replace_closed(no_output: bool) -> Result<(), Failure> {
    loop {
        // SAFETY: the path is a C string; the descriptor is kept for as long as the process lives.
        let opened = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC) };
        if !(0..=2).contains(&opened) {
            // SAFETY: the descriptor was opened just now and is known to nobody else.
            unsafe { libc::close(opened) };
            break;
        }
    }
    if no_output {
        return Err(Failure::new(ErrorCode::OUTPUT_FAILED, "standard output is closed")
            .with_hint("give it somewhere to go"));
    }
    Ok(())
}

#[derive(Clone)]
struct Arguments {
    values: *const *const c_char,
    next: usize,
    count: usize,
}

impl Iterator for Arguments {
    type Item = &'static OsStr;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.count {
            return None;
        }
        // SAFETY: C promises `count` pointers to strings that live as long as the process and never change.
        let value = unsafe { CStr::from_ptr(*self.values.add(self.next)) };
        self.next += 1;
        Some(OsStr::from_bytes(value.to_bytes()))
    }
}

/// Reports a panic as a bug. Its message may hold anything, so only its location is shown.
#[cold]
fn report_panic(panic: &std::panic::PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let failure = Failure::new(ErrorCode::INTERNAL, format!("this is a bug in cp-token, at {place}"))
        .with_hint(format!("please report it at {}", ISSUES));
    let number = exit::conclude(Err(failure), ErrorFormat::Text);
    // The process may not go on, and unwinding is not compiled in.
    #[allow(clippy::disallowed_methods)]
    std::process::exit(number.into());
}
