//! Owns the options that `profile create` and `profile update` share. It only parses.

use std::ffi::OsString;

use clap::ArgGroup;

#[derive(Debug, Default, PartialEq, Eq, clap::Args)]
pub(crate) struct SettingsOptions {
    /// Where the user's one-time codes come from; a new profile has none, and a seed is asked for
    #[arg(long, value_name = "METHOD", value_enum)]
    pub(crate) totp: Option<TotpName>,
    /// A program that prints a one-time code; split as a shell splits words, and run without one
    #[arg(long, value_name = "CMD")]
    pub(crate) totp_command: Option<String>,
    /// Read what would be asked for from standard input, a line each: secret, seed, proxy's password
    #[arg(long)]
    pub(crate) secret_stdin: bool,
    #[command(flatten)]
    pub(crate) source: SourceOptions,
    /// A PEM file with the root certificates to trust instead of the system's; "" for the system's
    #[arg(long, value_name = "PATH")]
    pub(crate) ca_bundle: Option<OsString>,
    /// The proxy, HOST:PORT or USER@HOST:PORT; its user's password is asked for; "" for none
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Hosts to reach without the proxy: hosts with all below them, addresses, networks, *; with commas between
    #[arg(long, value_name = "HOSTS", value_delimiter = ',')]
    pub(crate) no_proxy: Option<Vec<String>>,
    /// Allow http to a loopback address, for a test double
    #[arg(long)]
    pub(crate) insecure_http: bool,
    /// Store it without verifying it with one token request first
    #[arg(long)]
    pub(crate) no_verify: bool,
}

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

/// Where the secret is stored; at most one is given.
#[derive(Debug, Default, PartialEq, Eq, clap::Args)]
#[command(group = ArgGroup::new("source").multiple(false).args(
    ["secret_source", "secret_command", "secret_file", "secret_credential"]
))]
pub(crate) struct SourceOptions {
    /// Where the secret is stored [default: keyring]
    #[arg(long, value_name = "SOURCE", value_enum)]
    pub(crate) secret_source: Option<SecretSourceName>,
    /// A program that prints the secret; split as a shell splits words, and run without one
    #[arg(long, value_name = "CMD", conflicts_with = "secret_stdin")]
    pub(crate) secret_command: Option<String>,
    /// A file that holds the secret, open to you alone
    #[arg(long, value_name = "PATH", conflicts_with = "secret_stdin")]
    pub(crate) secret_file: Option<OsString>,
    /// A credential of the service manager: a name under $CREDENTIALS_DIRECTORY
    #[arg(long, value_name = "NAME", conflicts_with = "secret_stdin")]
    pub(crate) secret_credential: Option<String>,
}

/// Where cp-token keeps a secret itself, as it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SecretSourceName {
    /// The system's keyring
    Keyring,
    /// The daemon's memory; lost when it ends
    Memory,
}
