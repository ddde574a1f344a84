//! Owns the options of `cp-token profile import`. It only parses.

use std::ffi::OsString;

use super::SecretSourceName;

/// Whose profiles are taken over, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportOptions {
    /// Only those of this program
    #[arg(long, value_name = "PROGRAM", value_parser = ["crashplancli", "code42cli"])]
    pub(crate) from: Option<String>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print one JSON array, when all is done
    #[arg(long)]
    pub(crate) json: bool,
    /// Where the secrets are stored from now on [default: keyring]
    #[arg(long, value_name = "SOURCE", value_enum)]
    pub(crate) secret_source: Option<SecretSourceName>,
    /// A PEM file with the root certificates to trust instead of the system's
    #[arg(long, value_name = "PATH")]
    pub(crate) ca_bundle: Option<OsString>,
    /// Store them without verifying each secret with one token request first
    #[arg(long)]
    pub(crate) no_verify: bool,
}
