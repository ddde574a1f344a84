//! Owns the start of `cp-tokend`: harden, lock, socket, then the runtime. No thread exists before the first
//! three are done.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use cp_token_protocol::{Failure, within_sentence};
use cp_tokend::app::{self, InheritedState, Startup};
use cp_tokend::failure;
use cp_tokend::handover::{self, OldProcess, Program};
use cp_tokend::ipc::activation;
use cp_tokend::ipc::socket::BoundSocket;
use cp_tokend::process::args::Role;
use cp_tokend::process::args::{Args, HELP};
use cp_tokend::process::harden;
use cp_tokend::process::logging::{self, LogFile, Sink};
use cp_tokend::process::paths::Paths;
use cp_tokend::process::readiness;
use cp_tokend::process::watchdog::Watchdog;

/// Every piece of heap that is freed is wiped, also those that libraries made.
#[global_allocator]
static HEAP: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    match Args::parse(std::env::args_os().skip(1)) {
        Some(Args::Help) => print(HELP),
        Some(Args::Version) => print(concat!("cp-tokend ", env!("CARGO_PKG_VERSION"), "\n")),
        Some(Args::Foreground) => serve(None, false),
        Some(Args::Background) => serve(None, true),
        Some(Args::TakeOver(role, given, background)) => serve(Some((role, given)), background),
        None => {
            readiness::complain("unknown argument; see cp-tokend --help");
            ExitCode::from(EX_USAGE)
        }
    }
}

/// `given` are the descriptors of a hand-over, and what we are in it.
fn serve(given: Option<(Role, Vec<i32>)>, background: bool) -> ExitCode {
    let started = match given {
        Some((role, given)) => take_over(role, &given, background),
        None => start(background),
    };
    match started {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if background {
                readiness::failed(&failure);
            } else {
                readiness::complain(&format!("{}; {}", failure.message, within_sentence(&failure.hint)));
            }
            ExitCode::from(EX_UNAVAILABLE)
        }
    }
}

fn start(background: bool) -> Result<(), Failure> {
    // Before the folder is another.
    let program = Program::own();
    let listen: Vec<(&str, Option<OsString>)> =
        ["LISTEN_PID", "LISTEN_FDS"].map(|name| (name, std::env::var_os(name))).into();
    let listen = |wanted: &str| listen.iter().find(|(name, _)| *name == wanted)?.1.clone();
    let given: &[i32] = if harden::is_handed_over(listen) { &[3] } else { &[] };
    let watchdog = Watchdog::from_variables(|name| std::env::var_os(name));
    let protections = harden::process(given).map_err(|error| failure::of_start(&error))?;
    let paths = paths()?;
    let adopted = activation::adopt(listen, &paths.address).map_err(|error| failure::of_start(&error))?;
    let meeting = BoundSocket::open(&paths.address, adopted).map_err(|error| failure::of_start(&error))?;
    start_log(background, &paths)?;
    let ready = || readiness::ready(background);
    let foundation = Startup { paths, meeting, protections, program, background, watchdog, legacy: None };
    app::run(foundation, ready).map_err(|error| failure::of_start(&error))
}

/// As [`start`], with what a daemon hands over. It is hardened before it asks for anything.
fn take_over(role: Role, given: &[i32], background: bool) -> Result<(), Failure> {
    let program = Program::inherited();
    let watchdog = Watchdog::from_variables(|name| std::env::var_os(name));
    let protections = harden::process(given).map_err(|error| failure::of_start(&error))?;
    handover::take_our_name();
    let paths = paths()?;
    let met = OldProcess::meet(role, given, &paths.address);
    let (mut predecessor, meeting) = met.map_err(|error| failure::of_start(&error))?;
    start_log(background, &paths)?;
    let pieces = predecessor.wait_for_legacy().map_err(|error| failure::of_start(&error))?;
    if pieces.is_none() {
        tracing::warn!("the daemon that was to hand over has died; what only it held is lost");
    }
    let legacy = Some(InheritedState { role, predecessor, pieces });
    let foundation = Startup { paths, meeting, protections, program, background, watchdog, legacy };
    app::run(foundation, readiness::ready_again).map_err(|error| failure::of_start(&error))
}

fn paths() -> Result<Paths, Failure> {
    Paths::from_variables(|name| std::env::var_os(name)).map_err(|error| failure::of_start(&error))
}

fn start_log(background: bool, paths: &Paths) -> Result<(), Failure> {
    let filter = std::env::var("CP_TOKEN_LOG").ok();
    let sink = if background {
        // A home that cannot be written costs the log, and no token. `doctor` says so of the state file beside it.
        LogFile::open(paths.log_file()).map_or(Sink::Nowhere, Sink::File)
    } else {
        Sink::StandardError
    };
    logging::start(filter.as_deref(), sink).map_err(|error| failure::of_start(&error))
}

fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(EX_IOERR),
    }
}

/// The exit codes of `sysexits.h` that a start can end with.
const EX_USAGE: u8 = 64;
const EX_UNAVAILABLE: u8 = 69;
const EX_IOERR: u8 = 74;
