//! Owns the command lines of those commands that run another program.

use std::ffi::OsString;
use std::time::Duration;

use cp_token_protocol::ProfileName;

/// What to ask with curl, and as whom.
#[derive(Debug, clap::Args)]
pub(crate) struct CurlOptions {
    /// The profile; else the one that answers for the URL's host, $CP_TOKEN_PROFILE preferred, or the default
    #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) profile: Option<ProfileName>,
    /// If the API answers 401, report the token and ask once more with a new one
    #[arg(long)]
    pub(crate) retry_rejected: bool,
    /// How long to wait for a token, with exit code 75 [default: 30s, or 15m with --retry]
    #[arg(long, value_name = "DURATION", value_parser = crate::args::duration::limit)]
    pub(crate) timeout: Option<Duration>,
    /// Wait out failures of the server and the network until there is a token
    #[arg(long)]
    pub(crate) retry: bool,
    /// curl's own options, and URLs or paths
    #[arg(last = true, required = true, value_name = "ARGS")]
    pub(crate) arguments: Vec<OsString>,
}

/// What to run with a token.
#[derive(Debug, clap::Args)]
pub(crate) struct ExecOptions {
    /// The profile; else $CP_TOKEN_PROFILE, else the default, else the only one
    #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse, conflicts_with = "url")]
    pub(crate) profile: Option<ProfileName>,
    /// The profile whose request URL has exactly this scheme, host and port
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The token must live at least this long (90s, 2m) [default: a margin from its observed life]
    #[arg(long, value_name = "DURATION", value_parser = crate::args::duration::life)]
    pub(crate) min_validity: Option<Duration>,
    /// Keep a file with a valid token instead, and name it in CP_TOKEN_FILE
    #[arg(long)]
    pub(crate) file: bool,
    /// How long to wait for the first token, with exit code 75 [default: 30s, or 15m with --retry]
    #[arg(long, value_name = "DURATION", value_parser = crate::args::duration::limit)]
    pub(crate) timeout: Option<Duration>,
    /// Wait out failures of the server and the network until there is a first token
    #[arg(long)]
    pub(crate) retry: bool,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<OsString>,
}
