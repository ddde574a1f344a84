//! Owns the daemon's command line, which is short: people talk to `cp-token`.

use std::ffi::OsString;

/// What the command line asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Args {
    /// Be the daemon, in the foreground.
    Foreground,
    /// Be the daemon that the helper starts: log to a file, and say `ready` or `failed` on standard output.
    Background,
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
stops it in order.

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
        if arguments.next().is_some() {
            return None;
        }
        match first.as_ref().map(|argument| argument.to_str()) {
            None => Some(Self::Foreground),
            Some(Some("--background")) => Some(Self::Background),
            Some(Some("-h" | "--help")) => Some(Self::Help),
            Some(Some("-V" | "--version")) => Some(Self::Version),
            Some(_) => None,
        }
    }
}
