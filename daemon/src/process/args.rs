//! Owns the daemon's command line, which is short: people talk to `cp-token`.

use std::ffi::OsString;

/// What a program does with the state that it is handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// As a child, it holds the state until the new program in its parent asks for it.
    Rehearse,
    /// As the new program in the daemon's own process, it becomes the daemon.
    TakeOver,
}

impl Role {
    /// The option on the command line, which the descriptors follow.
    pub fn option(self) -> &'static str {
        match self {
            Self::Rehearse => "--rehearse=",
            Self::TakeOver => "--take-over=",
        }
    }
}

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Args {
    /// Run the daemon in the foreground.
    Foreground,
    /// Run the daemon as the helper starts it: log to a file, and print `ready` or `failed`.
    Background,
    /// Take over from a running daemon: the role, the descriptors of the socket, the lock, the channel and the callers who
    /// wait, and whether the helper started the daemon.
    TakeOver(Role, Vec<i32>, bool),
    /// Print the help text.
    Help,
    /// Print the version.
    Version,
}

/// The text of `--help`.
pub const HELP: &str = "\
cp-tokend holds CrashPlan API secrets and live tokens in memory, and fetches and renews them once for everyone.

Usage: cp-tokend [--background]

Nobody needs to run it by hand: `cp-token` starts it when it is needed, or a service manager runs it in the
foreground (`cp-token service install`). It prints `ready` when it listens. SIGHUP reads the config again; SIGTERM
stops it cleanly. At SIGUSR2 it runs the program that is at its own path by then, such as a new version, in the same
process, with its socket, tokens and secrets.

Options:
      --background  as started by cp-token: log to daemon.log in the state directory
  -h, --help        this text
  -V, --version     the version

Variables: CP_TOKEN_SOCKET, CP_TOKEN_CONFIG_DIR, CP_TOKEN_STATE_DIR (absolute paths), CP_TOKEN_LOG (a level:
error, warn, info, debug, trace).
";

impl Args {
    /// Parses the arguments; none if one is not understood.
    pub fn parse(arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let arguments: Vec<String> = arguments.map(|word| word.into_string().ok()).collect::<Option<_>>()?;
        match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [] => Some(Self::Foreground),
            ["--background"] => Some(Self::Background),
            ["-h" | "--help"] => Some(Self::Help),
            ["-V" | "--version"] => Some(Self::Version),
            ["--background", option] => take_over(option, true),
            [option] => take_over(option, false),
            _ => None,
        }
    }
}

/// `--rehearse=SOCKET,LOCK,CHANNEL` or `--take-over=SOCKET,LOCK,CHANNEL[,CALLER...]`: distinct descriptors above 2.
fn take_over(option: &str, background: bool) -> Option<Args> {
    let parse = |role: Role| Some((role, option.strip_prefix(role.option())?));
    let (role, numbers) = parse(Role::Rehearse).or_else(|| parse(Role::TakeOver))?;
    let number = |number: &str| number.parse().ok().filter(|number| (3..=MAX_DESCRIPTOR).contains(number));
    let numbers: Vec<i32> = numbers.split(',').map(number).collect::<Option<_>>()?;
    let callers = numbers.len().checked_sub(MIN_DESCRIPTORS)?;
    let is_complete = role == Role::TakeOver || callers == 0;
    let is_new = |(index, number): (usize, &i32)| !numbers[..index].contains(number);
    let all_differ = numbers.iter().enumerate().all(is_new);
    (is_complete && all_differ).then_some(Args::TakeOver(role, numbers, background))
}

/// Socket, lock and channel.
const MIN_DESCRIPTORS: usize = 3;
/// No descriptor is as high.
const MAX_DESCRIPTOR: i32 = 1 << 20;
