//! Owns the options of `cp-token profile update`. It does nothing of what is asked.

use std::ffi::OsString;

use cp_token_protocol::ProfileName;

use super::{SourceOptions, TotpName};

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
    /// Another way to one-time codes; a seed is asked for
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
    /// A PEM file with the root certificates to trust; "" for the system's
    #[arg(long, value_name = "PATH")]
    pub(crate) ca_bundle: Option<OsString>,
    /// Another proxy, HOST:PORT or USER@HOST:PORT; its user's password is asked for; "" for none
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Who is asked without the proxy: hosts with all below them, addresses, networks, *; "" for nobody
    #[arg(long, value_name = "HOSTS", value_delimiter = ',')]
    pub(crate) no_proxy: Option<Vec<String>>,
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

impl UpdateOptions {
    /// Whether any of them changes something.
    pub(crate) fn change_something(&self) -> bool {
        let source = &self.source;
        self.url.is_some()
            || self.client_id.is_some()
            || self.username.is_some()
            || self.totp.is_some()
            || self.totp_command.is_some()
            || source.secret_source.is_some()
            || source.secret_command.is_some()
            || source.secret_file.is_some()
            || source.secret_credential.is_some()
            || self.ca_bundle.is_some()
            || self.proxy.is_some()
            || self.no_proxy.is_some()
            || self.insecure_http
            || self.no_insecure_http
            || !self.also_for.is_empty()
            || !self.not_for.is_empty()
    }
}
