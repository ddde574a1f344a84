//! Owns the options of `cp-token get`.

use std::time::Duration;

use cp_token_protocol::ProfileName;

use crate::terminal::output::Format;

/// What to get, and how.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct GetOptions {
    /// The profile; else $CP_TOKEN_PROFILE, else the default, else the only one
    #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse, conflicts_with = "url")]
    pub(crate) profile: Option<ProfileName>,
    /// The profile whose request URL has exactly this scheme, host and port
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// What to print
    #[arg(short, long, value_name = "FORMAT", value_enum, default_value = "token")]
    pub(crate) format: Format,
    /// The token must live at least this long (90s, 2m) [default: a margin from its observed life]
    #[arg(long, value_name = "DURATION", value_parser = crate::args::duration::life)]
    pub(crate) min_validity: Option<Duration>,
    /// Standard input holds a token that the API answered 401 to: print another one
    #[arg(long, conflicts_with = "fresh")]
    pub(crate) rejected: bool,
    /// Drop the current token and fetch a new one
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Give up after this long in all, with exit code 75 [default: 30s, or 15m with --retry]
    #[arg(long, value_name = "DURATION", value_parser = crate::args::duration::limit)]
    pub(crate) timeout: Option<Duration>,
    /// Wait out failures of the server and the network, and pauses that the server asks for
    #[arg(long)]
    pub(crate) retry: bool,
    /// Do not start a daemon if none runs
    #[arg(long)]
    pub(crate) no_start: bool,
}
