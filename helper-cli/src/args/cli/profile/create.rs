//! Owns the options of `cp-token profile create`. It does nothing of what is asked.

use std::ffi::OsString;

use clap::ArgGroup;
use cp_token_protocol::ProfileName;

use super::SourceOptions;

/// A new profile.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("identity").required(true).args(["client_id", "username"]))]
pub(crate) struct CreateOptions {
    /// Its name: a-z, 0-9, dot, underscore and hyphen
    #[arg(value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) name: ProfileName,
    #[allow(rustdoc::bare_urls, reason = "the help text shows it as it is typed")]
    /// The request URL of the tenant, such as https://console.us2.crashplan.com; asked for at a terminal
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// The API client's ID, as the console shows it
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// A user's name instead; the password is traded for a token
    #[arg(long, value_name = "USER")]
    pub(crate) username: Option<String>,
    /// Send user name and password with every request instead of a token; deprecated, and never for v3
    #[arg(long, requires = "username", conflicts_with_all = ["client_id", "totp", "totp_command"])]
    pub(crate) basic: bool,
    /// Where the user's one-time codes come from [default: none]
    #[arg(long, value_name = "METHOD", value_enum, requires = "username")]
    pub(crate) totp: Option<TotpName>,
    /// A program that prints a one-time code; split as a shell splits words, and run without one
    #[arg(long, value_name = "CMD", requires = "username")]
    pub(crate) totp_command: Option<String>,
    /// Read the secret from the first line of standard input, then the seed and the proxy's password where the
    /// profile has them, a line each
    #[arg(long)]
    pub(crate) secret_stdin: bool,
    #[command(flatten)]
    pub(crate) source: SourceOptions,
    /// A PEM file with the root certificates to trust instead of the system's; "" for the system's
    #[arg(long, value_name = "PATH")]
    pub(crate) ca_bundle: Option<OsString>,
    /// The proxy to go through, HOST:PORT or USER@HOST:PORT; its user's password is asked for; "" for none
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Who is asked without the proxy: hosts with all below them, addresses, networks, *; with commas between
    #[arg(long, value_name = "HOSTS", value_delimiter = ',')]
    pub(crate) no_proxy: Vec<String>,
    /// Allow http to a loopback address, for a test double
    #[arg(long)]
    pub(crate) insecure_http: bool,
    /// Store it without proving the secret with one token request first
    #[arg(long)]
    pub(crate) no_verify: bool,
}

/// Where one-time codes come from, as it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TotpName {
    /// The user has none
    None,
    /// A person is asked for each token
    Ask,
    /// A program prints them: --totp-command
    Command,
    /// They are computed from the seed, which is kept beside the password
    Stored,
}
