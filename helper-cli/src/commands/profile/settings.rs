//! Owns the values of the options that creation and update of a profile share.

use std::ffi::OsStr;

use cp_token_protocol::message::{SecretSource, TotpMethod};
use cp_token_protocol::{ErrorCode, Failure};

use super::secrets;
use crate::args::cli::profile::settings::SettingsOptions;
use crate::args::proxy::require_no_password;
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
        let bundle = |path: &OsStr| match path.is_empty() {
            true => Ok(String::new()),
            false => absolute(path, "--ca-bundle"),
        };
        Ok(Self {
            totp: secrets::totp(options.totp, options.totp_command.as_deref())?,
            secret_source: secrets::source(&options.source)?,
            ca_bundle: options.ca_bundle.as_deref().map(bundle).transpose()?,
            no_proxy: options.no_proxy.as_deref().map(entries),
        })
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
