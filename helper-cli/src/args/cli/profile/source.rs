//! Owns the options that say where a secret is stored. It only parses.

use std::ffi::OsString;

use clap::ArgGroup;

/// Where the secret is stored; at most one is given.
#[derive(Debug, Default, clap::Args)]
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

impl SourceOptions {
    /// Whether a source is given.
    pub(crate) fn is_given(&self) -> bool {
        self.secret_source.is_some()
            || self.secret_command.is_some()
            || self.secret_file.is_some()
            || self.secret_credential.is_some()
    }
}

/// Where cp-token keeps a secret itself, as it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SecretSourceName {
    /// The system's keyring
    Keyring,
    /// The daemon's memory; lost when it ends
    Memory,
}
