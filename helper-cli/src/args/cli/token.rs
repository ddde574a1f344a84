//! Owns the options of the commands that get a token: `get`, `curl` and `exec`. It only parses.

use std::ffi::OsString;
use std::time::Duration;

use cp_token_protocol::ProfileName;

use crate::terminal::output::Format;

/// The longest that `--timeout` may be.
const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct TokenArgs {
    /// The profile; else $CP_TOKEN_PROFILE, else the default, else the only one
    #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse, conflicts_with = "url")]
    pub(crate) profile: Option<ProfileName>,
    /// The profile whose request URL has exactly this scheme, host and port
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The token must live at least this long (90s, 2m) [default: a margin from its observed life]
    #[arg(long, value_name = "DURATION", value_parser = life)]
    pub(crate) min_validity: Option<Duration>,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
}

impl TokenArgs {
    /// Whether an option, and not a variable or a default, names the profile.
    pub(crate) fn is_named(&self) -> bool {
        self.profile.is_some() || self.url.is_some()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct WaitArgs {
    /// How long to wait for a token, with exit code 75 [default: 30s, or 15m with --retry]
    #[arg(long, value_name = "DURATION", value_parser = limit)]
    pub(crate) timeout: Option<Duration>,
    /// Wait out failures of the server and the network, and pauses that the server asks for
    #[arg(long)]
    pub(crate) retry: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct GetOptions {
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// What to print
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "token")]
    pub(crate) format: Format,
    /// Standard input holds a token that the API answered 401 to: print another one
    #[arg(long, conflicts_with = "fresh")]
    pub(crate) rejected: bool,
    /// Drop the current token and fetch a new one
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Do not start a daemon if none runs
    #[arg(long)]
    pub(crate) no_start: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct CurlOptions {
    /// The profile; else the one that answers for the URL's host, $CP_TOKEN_PROFILE preferred, or the default
    #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) profile: Option<ProfileName>,
    /// If the API answers 401, report the token and ask once more with a new one
    #[arg(long)]
    pub(crate) retry_rejected: bool,
    #[command(flatten)]
    pub(crate) wait: WaitArgs,
    /// curl's own options, and URLs or paths
    #[arg(last = true, required = true, value_name = "ARGS")]
    pub(crate) arguments: Vec<OsString>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExecOptions {
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// Keep a file with a valid token instead, and name it in CP_TOKEN_FILE
    #[arg(long)]
    pub(crate) file: bool,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}

/// A life that a token can be asked to have left.
pub(crate) fn life(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "a duration is written 90s, 2m or 1h30m".to_owned())
}

/// A limit on the time that a command may take.
pub(crate) fn limit(text: &str) -> Result<Duration, String> {
    let limit = life(text)?;
    if limit.is_zero() || limit > MAX_TIMEOUT {
        return Err("it must be more than nothing and at most 24h".to_owned());
    }
    Ok(limit)
}
