//! Owns the start of `cp-tokend`: harden, lock, socket, then the runtime. No thread exists before the first three are done.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use cp_tokend::app::{self, Startup};
use cp_tokend::failure::StartFailure;
#[cfg(target_os = "linux")]
use cp_tokend::handover::Program;
#[cfg(unix)]
use cp_tokend::ipc::activation;
use cp_tokend::ipc::socket::BoundSocket;
use cp_tokend::process::args::{Args, HELP, Role};
use cp_tokend::process::harden;
use cp_tokend::process::logging::{self, LogFile};
use cp_tokend::process::paths::Paths;
use cp_tokend::process::readiness;
use cp_tokend::process::watchdog::Watchdog;

/// Every freed piece of heap is wiped, also those of libraries.
#[global_allocator]
static HEAP: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// The exit codes of `sysexits.h` that a start can end with.
const EX_USAGE: u8 = 64;
const EX_UNAVAILABLE: u8 = 69;
const EX_IOERR: u8 = 74;

fn main() -> ExitCode {
    match Args::parse(std::env::args_os().skip(1)) {
        Some(Args::Help) => print(HELP),
        Some(Args::Version) => print(concat!("cp-tokend ", env!("CARGO_PKG_VERSION"), "\n")),
        Some(Args::Foreground) => exit_code(start(false), false),
        Some(Args::Background) => exit_code(start(true), true),
        Some(Args::TakeOver(role, fds, background)) => {
            exit_code(take_over(role, &fds, background), background)
        }
        None => {
            readiness::complain("unknown argument; see cp-tokend --help");
            ExitCode::from(EX_USAGE)
        }
    }
}

fn exit_code(outcome: Result<(), StartFailure>, background: bool) -> ExitCode {
    let Err(StartFailure(failure)) = outcome else { return ExitCode::SUCCESS };
    if background {
        readiness::failed(&failure);
    } else {
        readiness::complain(&format!("{}; {}", failure.message, failure.hint));
    }
    ExitCode::from(EX_UNAVAILABLE)
}

fn start(background: bool) -> Result<(), StartFailure> {
    // Before the working directory changes, and the environment is cleared.
    #[cfg(target_os = "linux")]
    let program = Program::own();
    let watchdog = Watchdog::from_variables(variable);
    #[cfg(unix)]
    let passed = activation::passed_sockets(variable);
    #[cfg(windows)]
    let passed = 0;
    let protections = harden::process(if passed > 0 { &[3] } else { &[] })?;
    let paths = Paths::from_variables(variable)?;
    #[cfg(unix)]
    let socket = BoundSocket::open(&paths.address, activation::adopt(passed, &paths.address)?)?;
    #[cfg(windows)]
    let socket = BoundSocket::open(&paths.address)?;
    start_log(background, &paths)?;
    let startup = Startup {
        paths,
        socket,
        protections,
        background,
        watchdog,
        #[cfg(target_os = "linux")]
        program,
        #[cfg(target_os = "linux")]
        inherited: None,
    };
    Ok(app::run(startup, || readiness::ready(background))?)
}

/// Starts as the new process of a hand-over, which hardens itself before it asks for anything.
#[cfg(target_os = "linux")]
fn take_over(role: Role, fds: &[i32], background: bool) -> Result<(), StartFailure> {
    let program = Program::inherited();
    let watchdog = Watchdog::from_variables(variable);
    let protections = harden::process(fds)?;
    // A process that is run by a descriptor has the descriptor's number as its name.
    let _ = rustix::thread::set_name(c"cp-tokend");
    let paths = Paths::from_variables(variable)?;
    let (mut old, socket) = cp_tokend::handover::OldProcess::connect(role, fds, &paths.address)?;
    start_log(background, &paths)?;
    let records = old.receive_state()?;
    if records.is_none() {
        tracing::warn!("the daemon that was to hand over has died; what only it held is lost");
    }
    let inherited = Some(app::InheritedState { role, old, records });
    let startup = Startup { paths, socket, protections, program, background, watchdog, inherited };
    Ok(app::run(startup, cp_tokend::process::watchdog::serving)?)
}

#[cfg(not(target_os = "linux"))]
fn take_over(_: Role, _: &[i32], _: bool) -> Result<(), StartFailure> {
    Err(cp_tokend::handover::TakeOverError::WrongProcess.into())
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn start_log(background: bool, paths: &Paths) -> Result<(), StartFailure> {
    let file = background.then(|| LogFile::open(paths.log_file.clone()));
    let sink: Box<dyn Write + Send> = match file {
        None => Box::new(std::io::stderr()),
        Some(Ok(file)) => Box::new(file),
        // Without a writable home there is no log, but there are tokens; `doctor` reports the state file beside it.
        Some(Err(_)) => Box::new(std::io::sink()),
    };
    Ok(logging::start(std::env::var("CP_TOKEN_LOG").ok().as_deref(), sink)?)
}

fn print(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(EX_IOERR),
    }
}
