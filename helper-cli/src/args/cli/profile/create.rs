//! Owns the options of `cp-token profile create`. It only parses.

use clap::ArgGroup;
use cp_token_protocol::ProfileName;

use super::SettingsOptions;

/// A new profile.
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
