//! Owns the daemon's command line, which is short: people talk to `cp-token`.

use std::ffi::{OsStr, OsString};

/// What a program is run for that is handed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// As a child, to hold everything until the next image of its parent asks for it.
    Rehearsal,
    /// In the place of the daemon, in its process.
    Successor,
}

impl Role {
    /// The word on its command line; the descriptors follow.
    pub fn word(self) -> &'static str {
        match self {
            Self::Rehearsal => "--rehearse=",
            Self::Successor => "--take-over=",
        }
    }
}

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Args {
    /// Be the daemon, in the foreground.
    Foreground,
    /// Be the daemon that the helper starts: log to a file, and say `ready` or `failed` on standard output.
    Background,
    /// Be handed what a daemon holds: for what, the socket, the lock, the way to whoever hands over and the callers who
    /// wait for a word, by number, and whether the daemon was started by the helper.
    TakeOver(Role, Vec<i32>, bool),
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
stops it in order. At SIGUSR2 it goes on with the program that lies at its own path by then, such as a new version, in
the same process, with its socket, tokens and secrets.

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
            (Some(Some("--background")), Some(Some(word))) => handed(word, true),
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
            Some(Some(word)) => handed(word, false),
            Some(None) => None,
        }
    }
}

/// `--rehearse=SOCKET,LOCK,CHANNEL` or `--take-over=SOCKET,LOCK,CHANNEL[,CALLER...]`: different descriptors behind the
/// standard ones.
fn handed(word: &str, background: bool) -> Option<Args> {
    let of = |role: Role| Some((role, word.strip_prefix(role.word())?));
    let (role, numbers) = of(Role::Rehearsal).or_else(|| of(Role::Successor))?;
    let number = |number: &str| number.parse().ok().filter(|number| (3..=MOST).contains(number));
    let numbers: Vec<i32> = numbers.split(',').map(number).collect::<Option<_>>()?;
    let is_fit = if role == Role::Rehearsal { numbers.len() == GIVEN } else { numbers.len() >= GIVEN };
    let is_new = |(index, number): (usize, &i32)| !numbers[..index].contains(number);
    let all_differ = numbers.iter().enumerate().all(is_new);
    (is_fit && all_differ).then_some(Args::TakeOver(role, numbers, background))
}

/// Socket, lock and channel.
const GIVEN: usize = 3;
/// No descriptor is as high.
const MOST: i32 = 1 << 20;
