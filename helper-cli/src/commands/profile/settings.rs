//! Owns the values of the options that creation and update of a profile share.

use std::ffi::OsStr;

use cp_token_protocol::message::{SecretSource, TotpMethod};
use cp_token_protocol::{ErrorCode, Failure};

use super::secrets;
use crate::args::cli::SettingsOptions;
use crate::args::proxy_address::require_no_password;
use crate::run::home;

pub(super) struct Settings {
    pub(super) totp: Option<TotpMethod>,
    pub(super) secret_source: Option<SecretSource>,
    /// Absolute; empty for the system's own roots.
    pub(super) ca_bundle: Option<String>,
    pub(super) no_proxy: Option<Vec<String>>,
}

impl Settings {
    /// Reads the options; [`ErrorCode::USAGE`] if a value cannot be stored, or the proxy's address holds a password.
    pub(super) fn of(options: &SettingsOptions) -> Result<Self, Failure> {
        require_no_password(options.proxy.as_deref())?;
        let totp = secrets::totp(options.totp, options.totp_command.as_deref())?;
        let secret_source = secrets::source(&options.source)?;
        let mut settings = Self { totp, secret_source, ca_bundle: None, no_proxy: None };
        settings.update_network(options)?;
        Ok(settings)
    }

    /// Reads CA bundle and `no_proxy` again.
    pub(super) fn update_network(&mut self, options: &SettingsOptions) -> Result<(), Failure> {
        let bundle = |path: &OsStr| match path.is_empty() {
            true => Ok(String::new()),
            false => absolute(path, "--ca-bundle"),
        };
        self.ca_bundle = options.ca_bundle.as_deref().map(bundle).transpose()?;
        self.no_proxy = options.no_proxy.as_deref().map(entries);
        Ok(())
    }
}

/// The path made absolute: the daemon has another working directory.
pub(super) fn absolute(path: &OsStr, option: &str) -> Result<String, Failure> {
    let absolute =
        std::path::absolute(home::expand(path)).ok().and_then(|path| path.to_str().map(str::to_owned));
    absolute.ok_or_else(|| {
        Failure::new(ErrorCode::USAGE, format!("{option} is no path that can be stored"))
            .with_hint("give the path of a file, in UTF-8")
    })
}

fn entries(list: &[String]) -> Vec<String> {
    list.iter().map(|entry| entry.trim().to_owned()).filter(|entry| !entry.is_empty()).collect()
}
