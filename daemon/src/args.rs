//! Owns the daemon's command line, which is short: people talk to `cp-token`.

use std::ffi::{OsStr, OsString};

/// What the command line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Args {
    /// Be the daemon, in the foreground.
    Foreground,
    /// Be the daemon that the helper starts: log to a file, and say `ready` or `failed` on standard output.
    Background,
    /// Be the daemon in the place of the one that has started us: its socket, its lock and the way to it, by number, and
    /// whether it was started by the helper.
    TakeOver([i32; 3], bool),
    /// Say what this is.
    Help,
    /// Say which version this is.
    Version,
}

/// The text of `--help`.
pub const HELP: &str = "\
cp-tokend holds CrashPlan API secrets and live tokens in memory, and fetches and renews them once for everyone.

Usage: cp-tokend [--background]

Nobody needs to run it by hand: `cp-token` starts it when it is needed, or a service manager runs it in the
foreground (`cp-token service install`). It prints `ready` when it listens. SIGHUP reads the config again; SIGTERM
stops it in order. At SIGUSR2 it hands socket, tokens and secrets over to the program that lies at its own path by then,
such as a new version.

Options:
      --background  as started by cp-token: log to daemon.log in the state folder
  -h, --help        this text
  -V, --version     the version

Variables: CP_TOKEN_SOCKET, CP_TOKEN_CONFIG_DIR, CP_TOKEN_STATE_DIR (absolute paths), CP_TOKEN_LOG (a level:
error, warn, info, debug, trace).
";

impl Args {
    /// What these arguments ask for; nothing, where one is not understood.
    pub fn parse(mut arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let first = arguments.next();
        let second = arguments.next();
        if arguments.next().is_some() {
            return None;
        }
        match (first.as_deref().map(OsStr::to_str), second.as_deref().map(OsStr::to_str)) {
            (Some(Some("--background")), Some(Some(word))) => Some(Self::TakeOver(take_over(word)?, true)),
            (_, Some(_)) => None,
            (first, None) => Self::of_one(first),
        }
    }

    fn of_one(argument: Option<Option<&str>>) -> Option<Self> {
        match argument {
            None => Some(Self::Foreground),
            Some(Some("--background")) => Some(Self::Background),
            Some(Some("-h" | "--help")) => Some(Self::Help),
            Some(Some("-V" | "--version")) => Some(Self::Version),
            Some(Some(word)) => Some(Self::TakeOver(take_over(word)?, false)),
            Some(None) => None,
        }
    }
}

/// `--take-over=SOCKET,LOCK,CHANNEL`: three different descriptors behind the standard ones.
fn take_over(word: &str) -> Option<[i32; 3]> {
    let numbers: Vec<i32> = word
        .strip_prefix("--take-over=")?
        .split(',')
        .map(|number| number.parse().ok().filter(|number| (3..=MOST).contains(number)))
        .collect::<Option<_>>()?;
    let [socket, lock, channel] = numbers.try_into().ok()?;
    (socket != lock && lock != channel && channel != socket).then_some([socket, lock, channel])
}

/// No descriptor is as high.
const MOST: i32 = 1 << 20;
