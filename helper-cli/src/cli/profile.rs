//! Owns the options of `cp-token profile`. It does nothing of what is asked.

use std::ffi::OsString;

use clap::Subcommand;
use cp_token_protocol::ProfileName;
use cp_token_protocol::message::SecretSourceKind;

use super::help;

/// What to do with profiles.
#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    /// Create a profile for an API client; the secret is asked for
    #[command(after_help = help::CREATE)]
    Create(CreateOptions),
    /// List all profiles
    #[command(after_help = help::LIST)]
    List {
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
    /// Show one profile
    Show {
        /// Which
        #[arg(value_name = "NAME", value_parser = ProfileName::parse)]
        name: ProfileName,
        /// Print one JSON object, as in the array of list --json
        #[arg(long)]
        json: bool,
    },
    /// Change a profile; what is not named stays
    #[command(after_help = help::UPDATE)]
    Update(UpdateOptions),
    /// Make a profile the default
    Use {
        /// Which
        #[arg(value_name = "NAME", value_parser = ProfileName::parse)]
        name: ProfileName,
    },
    /// Delete a profile and its secret; the API client itself stays in the console
    Delete {
        /// Which
        #[arg(value_name = "NAME", value_parser = ProfileName::parse)]
        name: ProfileName,
        /// Do not ask first
        #[arg(short, long)]
        yes: bool,
    },
    /// Replace a profile's secret, after "Reset API secret" in the console
    #[command(after_help = help::RESET_SECRET)]
    ResetSecret {
        /// Which
        #[arg(value_name = "NAME", value_parser = ProfileName::parse)]
        name: ProfileName,
        /// Read the secret from the first line of standard input
        #[arg(long)]
        secret_stdin: bool,
        /// Store it without proving it with one token request first
        #[arg(long)]
        no_verify: bool,
    },
}

/// A new profile.
#[derive(Debug, clap::Args)]
pub(crate) struct CreateOptions {
    /// Its name: a-z, 0-9, dot, underscore and hyphen
    #[arg(value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) name: ProfileName,
    #[allow(rustdoc::bare_urls, reason = "the help text shows it as it is typed")]
    /// The request URL of the tenant, such as https://console.us2.crashplan.com
    #[arg(long)]
    pub(crate) url: String,
    /// The API client's ID, as the console shows it
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,
    /// Read the secret from the first line of standard input
    #[arg(long)]
    pub(crate) secret_stdin: bool,
    /// Where the secret rests: in the system's keyring, or in the daemon's memory until it ends
    #[arg(long, value_name = "SOURCE", value_enum, default_value = "keyring")]
    pub(crate) secret_source: SecretSourceName,
    /// A PEM file with the root certificates to trust instead of the system's
    #[arg(long, value_name = "PATH")]
    pub(crate) ca_bundle: Option<OsString>,
    /// Allow http to a loopback address, for a test double
    #[arg(long)]
    pub(crate) insecure_http: bool,
    /// Store it without proving the secret with one token request first
    #[arg(long)]
    pub(crate) no_verify: bool,
}

/// Changes to a profile.
#[derive(Debug, clap::Args)]
pub(crate) struct UpdateOptions {
    /// Which
    #[arg(value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) name: ProfileName,
    /// Another request URL
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// Another API client, by its ID; its secret is asked for
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: Option<String>,
    /// Read the new API client's secret from the first line of standard input
    #[arg(long, requires = "client_id")]
    pub(crate) secret_stdin: bool,
    /// Where the secret is to rest from now on
    #[arg(long, value_name = "SOURCE", value_enum)]
    pub(crate) secret_source: Option<SecretSourceName>,
    /// A PEM file with the root certificates to trust; "" for the system's
    #[arg(long, value_name = "PATH")]
    pub(crate) ca_bundle: Option<OsString>,
    /// One more origin that may be given this profile's token (may be repeated)
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) also_for: Vec<String>,
    /// An origin that may no longer be given it (may be repeated)
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) not_for: Vec<String>,
    /// Allow http to a loopback address, for a test double
    #[arg(long)]
    pub(crate) insecure_http: bool,
    /// Allow https alone
    #[arg(long, conflicts_with = "insecure_http")]
    pub(crate) no_insecure_http: bool,
    /// Store it without proving the outcome with one token request first
    #[arg(long)]
    pub(crate) no_verify: bool,
}

/// Where a secret rests, as it is written on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum SecretSourceName {
    /// The system's keyring
    Keyring,
    /// The daemon's memory; lost when it ends
    Memory,
}

impl From<SecretSourceName> for SecretSourceKind {
    fn from(name: SecretSourceName) -> Self {
        match name {
            SecretSourceName::Keyring => Self::Keyring,
            SecretSourceName::Memory => Self::Memory,
        }
    }
}
