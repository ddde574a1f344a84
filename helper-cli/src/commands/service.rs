//! Owns `cp-token service`: install, uninstall, status. The texts of the files are in `packaging/`.

mod files;
#[cfg(any(target_os = "macos", test))]
mod launchd;
mod report;
#[cfg(any(target_os = "linux", test))]
mod systemd;
#[cfg(any(windows, test))]
mod task;

#[cfg_attr(target_os = "linux", path = "service/linux.rs")]
#[cfg_attr(target_os = "macos", path = "service/macos.rs")]
#[cfg_attr(windows, path = "service/windows.rs")]
mod system;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use cp_token_protocol::message::{ProfileReport, TokenState, TotpMethod};
use cp_token_protocol::{ErrorCode, Failure};

use super::{daemon, labels, profiles, status};
use crate::args::cli::command::ServiceCommand;
use crate::daemon::launch;
#[cfg(unix)]
use crate::run::home;
use crate::run::program::{self, Program};
use crate::terminal::output;

pub(super) fn run(command: ServiceCommand) -> Result<(), Failure> {
    match command {
        ServiceCommand::Install { force } => output::print_lines(&system::install(force)?),
        ServiceCommand::Uninstall { force } => match system::uninstall(force)? {
            done if done.is_empty() => output::print_line("nothing was installed"),
            done => output::print_lines(&done),
        },
        ServiceCommand::Status { json } => {
            let report = system::status()?;
            output::print_report(json, &report, |style| report.lines(style))?;
            report.require_active()
        }
    }
}

/// The daemon's path: the one in `PATH`, which survives an upgrade, if it is the same file as the one beside us and nobody
/// else can make it another. Fails with
/// [`ErrorCode::NOT_ON_THIS_MACHINE`] if the path cannot be written into a file.
fn daemon_path() -> Result<String, Failure> {
    let beside = launch::daemon_file()?;
    let named = program::find(beside.file_name().unwrap_or_default(), std::env::var_os("PATH").as_deref());
    let is_same = |path: &PathBuf| path.canonicalize().ok() == beside.canonicalize().ok();
    let stays = |path: &PathBuf| path.is_absolute() && launch::is_ours_alone(path);
    let path = named.ok().filter(is_same).filter(stays).unwrap_or(beside);
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control));
    text.map(str::to_owned).ok_or_else(|| {
        let message = "the daemon's path cannot be written into a service file";
        Failure::new(ErrorCode::NOT_ON_THIS_MACHINE, message)
            .with_hint("install cp-token in a folder whose name is ordinary text")
    })
}

struct Tool {
    name: &'static str,
    path: PathBuf,
}

impl Tool {
    /// Finds the program; [`ErrorCode::NOT_ON_THIS_MACHINE`] if there is none.
    fn find(name: &'static str) -> Result<Self, Failure> {
        let path = program::find(OsStr::new(name), std::env::var_os("PATH").as_deref());
        path.map(|path| Self { name, path }).map_err(|_| {
            let message = format!("there is no {name} here to hand the daemon to");
            Failure::new(ErrorCode::NOT_ON_THIS_MACHINE, message)
                .with_hint("go on without a service: cp-token starts the daemon when it is needed")
        })
    }

    fn answer(&self, words: &[&str]) -> Option<String> {
        let mut program = Program::new(&self.path, OsStr::new(self.name));
        program.args(words);
        program.output().map(|said| String::from_utf8_lossy(&said).into_owned())
    }

    /// Runs it; [`ErrorCode::DAEMON_UNAVAILABLE`] if it fails.
    fn run(&self, words: &[&str]) -> Result<(), Failure> {
        self.answer(words).map(drop).ok_or_else(|| {
            let message = format!("this failed: {} {}", self.name, words.join(" "));
            Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message)
                .with_hint("run it yourself to see why, then run this again")
        })
    }
}

/// Fails with [`ErrorCode::USAGE`] if stopping the daemon would lose what only a person can restore, unless forced.
fn require_stoppable(force: bool) -> Result<(), Failure> {
    let Some(report) = status::of_running()?.filter(|_| !force) else { return Ok(()) };
    let loss = match status::secrets_lost(&report) {
        None => codes_lost()?,
        secrets => secrets,
    };
    let Some(loss) = loss else { return Ok(()) };
    let message = format!("the daemon that runs, process {}, would have to stop: {loss}", report.pid);
    Err(Failure::new(ErrorCode::USAGE, message)
        .with_hint("run this again with --force, and give the secret again afterwards"))
}

fn codes_lost() -> Result<Option<String>, Failure> {
    let profiles = profiles::profiles()?;
    let is_typed = |profile: &&ProfileReport| {
        profile.totp == TotpMethod::Ask && matches!(profile.token, TokenState::Live(_))
    };
    let names = labels::names(profiles.iter().filter(is_typed));
    Ok((!names.is_empty()).then(|| format!("a one-time code would be asked for again, for {names}")))
}

/// Stops the daemon and waits until it holds nothing any more; a line about it, if one ran.
fn stop_running() -> Result<Option<String>, Failure> {
    let line = "stopped: the daemon that ran; tokens are fetched again when they are asked for";
    Ok(daemon::stop()?.then(|| line.to_owned()))
}

#[cfg(any(target_os = "macos", windows, test))]
fn escape_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

/// The home directory; [`ErrorCode::CONFIG_BROKEN`] if there is none.
#[cfg(unix)]
fn home() -> Result<PathBuf, Failure> {
    home::dir().ok_or_else(|| {
        Failure::new(ErrorCode::CONFIG_BROKEN, "there is no home folder to put the service's files in")
            .with_hint("set HOME")
    })
}
