//! Owns the start of `cp-tokend`: harden, lock, socket, then the runtime. No thread exists before the first
//! three are done.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use cp_token_protocol::Failure;
use cp_tokend::app::{self, Foundation};
use cp_tokend::args::{Args, HELP};
use cp_tokend::ipc::activation;
use cp_tokend::ipc::socket::MeetingPlace;
use cp_tokend::paths::Paths;
use cp_tokend::telemetry::{self, Sink};
use cp_tokend::watchdog::Watchdog;
use cp_tokend::{failure, files, greeting, harden};

/// Every piece of heap that is freed is wiped, also those that libraries made.
#[global_allocator]
static HEAP: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    match Args::parse(std::env::args_os().skip(1)) {
        Some(Args::Help) => print(HELP),
        Some(Args::Version) => print(concat!("cp-tokend ", env!("CARGO_PKG_VERSION"), "\n")),
        Some(Args::Foreground) => serve(false),
        Some(Args::Background) => serve(true),
        None => {
            greeting::complain("unknown argument; see cp-tokend --help");
            ExitCode::from(EX_USAGE)
        }
    }
}

fn serve(background: bool) -> ExitCode {
    match start(background) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if background {
                greeting::failed(&failure);
            } else {
                greeting::complain(&format!("{}; {}", failure.message, failure.hint));
            }
            ExitCode::from(EX_UNAVAILABLE)
        }
    }
}

fn start(background: bool) -> Result<(), Failure> {
    let listen: Vec<(&str, Option<OsString>)> =
        ["LISTEN_PID", "LISTEN_FDS"].map(|name| (name, std::env::var_os(name))).into();
    let listen = |wanted: &str| listen.iter().find(|(name, _)| *name == wanted)?.1.clone();
    let handed_over = harden::is_handed_over(listen);
    let watchdog = Watchdog::from_variables(|name| std::env::var_os(name));
    let protections = harden::process(handed_over).map_err(|error| failure::of_start(&error))?;
    let paths =
        Paths::from_variables(|name| std::env::var_os(name)).map_err(|error| failure::of_start(&error))?;
    let adopted = activation::adopt(listen, &paths.address).map_err(|error| failure::of_start(&error))?;
    let meeting = MeetingPlace::open(&paths.address, adopted).map_err(|error| failure::of_start(&error))?;
    start_log(background, &paths)?;
    let ready = || greeting::ready(background);
    app::run(Foundation { paths, meeting, protections, watchdog }, ready)
        .map_err(|error| failure::of_start(&error))
}

fn start_log(background: bool, paths: &Paths) -> Result<(), Failure> {
    let filter = std::env::var("CP_TOKEN_LOG").ok();
    let sink = if background {
        files::make_private_folder(&paths.state).map_err(|error| failure::of_file(&paths.state, &error))?;
        let log = paths.log_file();
        Sink::File(files::open_private(&log).map_err(|error| failure::of_file(&log, &error))?)
    } else {
        Sink::StandardError
    };
    telemetry::start(filter.as_deref(), sink).map_err(|error| failure::of_start(&error))
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
