//! Owns the options of `cp-token profile update`. It only parses.

use cp_token_protocol::ProfileName;

use super::SettingsOptions;

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
        self.url.is_some()
            || self.client_id.is_some()
            || self.username.is_some()
            || self.settings.change_something()
            || self.no_insecure_http
            || !self.also_for.is_empty()
            || !self.not_for.is_empty()
    }
}
