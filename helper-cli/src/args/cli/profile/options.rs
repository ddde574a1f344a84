//! Owns the options of `cp-token profile create`, `update` and `import`. It only parses.

use std::ffi::OsString;

use clap::ArgGroup;
use cp_token_protocol::ProfileName;

use super::settings::{SecretSourceName, SettingsOptions};

#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("identity").required(true).args(["client_id", "username"]))]
#[command(mut_arg("totp", |arg| arg.requires("username")))]
#[command(mut_arg("totp_command", |arg| arg.requires("username")))]
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
    /// A user's name instead; the password is exchanged for a token
    #[arg(long, value_name = "USER")]
    pub(crate) username: Option<String>,
    /// Send user name and password with every request instead of a token; deprecated, and never for v3
    #[arg(long, requires = "username", conflicts_with_all = ["client_id", "totp", "totp_command"])]
    pub(crate) basic: bool,
    #[command(flatten)]
    pub(crate) settings: SettingsOptions,
}

#[derive(Debug, clap::Args)]
pub(crate) struct UpdateOptions {
    /// Which
    #[arg(value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) name: ProfileName,
    /// Another request URL
    #[arg(long)]
    pub(crate) url: Option<String>,
    /// Another API client, by its ID; its secret is asked for
    #[arg(long, value_name = "ID", conflicts_with = "username")]
    pub(crate) client_id: Option<String>,
    /// Another user, by name; the password is asked for
    #[arg(long, value_name = "USER")]
    pub(crate) username: Option<String>,
    /// Send that user's name and password with every request instead of a token; deprecated
    #[arg(long, requires = "username")]
    pub(crate) basic: bool,
    #[command(flatten)]
    pub(crate) settings: SettingsOptions,
    /// One more origin that may be given this profile's token (may be repeated)
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) also_for: Vec<String>,
    /// An origin that may no longer be given it (may be repeated)
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) not_for: Vec<String>,
    /// Allow https alone
    #[arg(long, conflicts_with = "insecure_http")]
    pub(crate) no_insecure_http: bool,
}

impl UpdateOptions {
    /// Whether any of them changes something.
    pub(crate) fn change_something(&self) -> bool {
        let SettingsOptions { secret_stdin, no_verify, .. } = self.settings;
        let changes_nothing = SettingsOptions { secret_stdin, no_verify, ..SettingsOptions::default() };
        let has_identity = self.client_id.is_some() || self.username.is_some();
        let has_origins = !self.also_for.is_empty() || !self.not_for.is_empty();
        let has_own = self.url.is_some() || has_identity || has_origins || self.no_insecure_http;
        has_own || self.settings != changes_nothing
    }
}

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
