//! Owns the daemon's process: which file it is, what it inherits, and its line about readiness.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use cp_token_protocol::{ErrorCode, Failure, IpcAddress, state_folder};

use super::{open_to_others, run_until, system};
use crate::daemon::deadline::Deadline;
use crate::terminal::sanitize::sanitize;

/// Everything of the caller's environment that the daemon is given.
const INHERITED_VARIABLES: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "XDG_DATA_HOME",
    "DBUS_SESSION_BUS_ADDRESS",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    // For the programs that print a secret: where stores keep it, and where a passphrase can be asked for.
    "CREDENTIALS_DIRECTORY",
    "GNUPGHOME",
    "PASSWORD_STORE_DIR",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "CP_TOKEN_SOCKET",
    "CP_TOKEN_CONFIG_DIR",
    "CP_TOKEN_STATE_DIR",
    "CP_TOKEN_LOG",
];

/// How the names of those begin that tell it where things lie.
const LOCATION_PREFIXES: [&str; 3] = ["HOME", "XDG_", "CP_TOKEN_"];

/// The longest line that is read from the daemon, in bytes.
const LINE_LIMIT: u64 = 8192;

/// Starts the daemon and waits until it is ready. Fails as the daemon says, or with [`ErrorCode::DAEMON_UNAVAILABLE`].
pub(super) fn start_and_wait(program: &Path, deadline: &Deadline) -> Result<(), Failure> {
    let output = system::start(program, inherited_variables().collect()).map_err(|_| not_run(program))?;
    let line = run_until(deadline, move || first_line(output))?;
    parse_readiness(&line)
}

/// The daemon beside our own file, never elsewhere; [`ErrorCode::DAEMON_UNAVAILABLE`] if there is none, and
/// [`ErrorCode::CONFIG_UNSAFE`] if others may change it.
pub(crate) fn program() -> Result<PathBuf, Failure> {
    let own = std::env::current_exe().map_err(|_| {
        Failure::new(ErrorCode::DAEMON_UNAVAILABLE, "the system does not say where cp-token lies")
            .with_hint("is /proc mounted?")
    })?;
    if own.as_os_str().as_encoded_bytes().ends_with(b" (deleted)") || !own.exists() {
        let message = "the program cp-token was replaced while it ran";
        return Err(Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message).with_hint("run it again"));
    }
    let program = own.with_file_name(format!("cp-tokend{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        return Err(not_run(&program));
    }
    let Some((at, flaw)) = system::flaw_of_program(&program) else { return Ok(program) };
    let refusal = format!("the program {} is not run", program.display());
    Err(open_to_others::failure(&refusal, &at, flaw, "chmod go-w"))
}

/// Whether nobody but root and us can change the program, or what the path leads to.
pub(crate) fn is_ours_alone(program: &Path) -> bool {
    system::flaw_of_program(program).is_none()
}

/// What the success of a start depends on: the daemon's file, and the variables that name its directories.
pub(super) fn start_conditions(program: &Path, address: &IpcAddress) -> Vec<Vec<u8>> {
    let file = format!("{:?} {}", system::identity(program), program.display());
    let places = inherited_variables()
        .filter(|(name, _)| LOCATION_PREFIXES.iter().any(|start| name.starts_with(start)));
    let places = places.map(|(name, value)| [name.as_bytes(), b"=", value.as_encoded_bytes()].concat());
    [file.into_bytes(), address.folder().as_os_str().as_encoded_bytes().to_vec()]
        .into_iter()
        .chain(places)
        .collect()
}

fn inherited_variables() -> impl Iterator<Item = (&'static str, std::ffi::OsString)> {
    INHERITED_VARIABLES
        .iter()
        .chain(system::VARIABLES)
        .filter_map(|&name| Some((name, std::env::var_os(name)?)))
}

fn first_line(output: impl Read) -> String {
    let mut line = Vec::new();
    let _ = BufReader::new(output.take(LINE_LIMIT)).read_until(b'\n', &mut line);
    String::from_utf8_lossy(&line).into_owned()
}

/// What the line says: `ready`, or `failed CODE MESSAGE` and after a tab the hint.
fn parse_readiness(line: &str) -> Result<(), Failure> {
    match line.strip_suffix('\n') {
        Some("ready") => Ok(()),
        Some(line) => Err(parse_failure(line).unwrap_or_else(exited_early)),
        None => Err(exited_early()),
    }
}

fn parse_failure(line: &str) -> Option<Failure> {
    let (code, words) = line.strip_prefix("failed ")?.split_once(' ')?;
    let (message, hint) = words.split_once('\t').unwrap_or((words, ""));
    Some(Failure::new(ErrorCode(code.parse().ok()?), sanitize(message)).with_hint(sanitize(hint)))
}

fn exited_early() -> Failure {
    let failure = Failure::new(ErrorCode::DAEMON_UNAVAILABLE, "cp-tokend ended before it was ready");
    match state_folder(|name| std::env::var_os(name)) {
        Ok(folder) => failure.with_hint(format!("see {}", folder.join("daemon.log").display())),
        Err(_) => failure,
    }
}

fn not_run(program: &Path) -> Failure {
    Failure::new(ErrorCode::DAEMON_UNAVAILABLE, format!("the daemon {} cannot be run", program.display()))
        .with_hint("install cp-tokend beside cp-token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_line_is_readiness() {
        assert_eq!(parse_readiness("ready\n"), Ok(()));
        for line in
            ["", "ready", "readyish\n", "ready \n", "\n", "failed\n", "failed x y\n", "failed 99999 y\n"]
        {
            assert_eq!(
                parse_readiness(line).unwrap_err().message,
                "cp-tokend ended before it was ready",
                "{line:?}"
            );
        }
    }

    #[test]
    fn what_the_daemon_says_is_passed_on_with_its_code_and_hint() {
        let failure =
            parse_readiness("failed 250 config.toml, line 3: a key is missing\tfix it\n").unwrap_err();
        assert_eq!(failure.code, ErrorCode::CONFIG_BROKEN);
        assert_eq!(
            (failure.message.as_str(), failure.hint.as_str()),
            ("config.toml, line 3: a key is missing", "fix it")
        );
        assert_eq!(parse_readiness("failed 599 x\x1b[0m\n").unwrap_err().message, "x?[0m");
    }

    #[test]
    fn a_line_without_end_is_cut() {
        assert_eq!(first_line(std::io::repeat(b'x')).len() as u64, LINE_LIMIT);
    }
}
