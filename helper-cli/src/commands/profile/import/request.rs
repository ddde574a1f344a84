//! Owns the request that creates a profile from one of an official CLI.

use std::path::Path;

use cp_token_protocol::message::{
    ExternalKeyringItem, Identity, ProfileCreate, Request, SecretParts, SecretSource, TotpMethod,
};
use cp_token_protocol::{Failure, ProfileName, Secret};

use crate::args::cli::profile::options::ImportOptions;
use crate::args::cli::profile::settings::SecretSourceName;
use crate::commands::profile::settings::absolute;
use crate::import::Content;

/// What all profiles that are taken over have in settings.
pub(super) struct ImportSettings {
    pub(super) secret_source: SecretSource,
    ca_bundle: Option<String>,
    verify: bool,
    pub(super) dry_run: bool,
}

impl ImportSettings {
    /// Reads the options; [`cp_token_protocol::ErrorCode::USAGE`] if a path cannot be stored.
    pub(super) fn of(options: &ImportOptions) -> Result<Self, Failure> {
        let bundle = options.ca_bundle.as_deref().map(Path::new);
        Ok(Self {
            secret_source: match options.secret_source {
                None | Some(SecretSourceName::Keyring) => SecretSource::Keyring,
                Some(SecretSourceName::Memory) => SecretSource::Memory,
            },
            ca_bundle: bundle.map(|path| absolute(path.as_os_str(), "--ca-bundle")).transpose()?,
            verify: !options.no_verify,
            dry_run: options.dry_run,
        })
    }

    /// Whether a server's certificate may yet turn out not to be trusted.
    pub(super) fn is_unverified(&self) -> bool {
        self.ca_bundle.is_none() && (self.dry_run || !self.verify)
    }

    /// The request to create the profile with this secret, or with the one in an item of the keyring.
    pub(super) fn request(
        &self,
        name: &ProfileName,
        content: &Content,
        secret: Option<Secret>,
        external_item: Option<ExternalKeyringItem>,
    ) -> Request {
        Request::ProfileCreate(ProfileCreate {
            name: name.clone(),
            url: content.origin.clone(),
            identity: identity(content),
            secret_source: self.secret_source.clone(),
            secret: SecretParts { secret, ..SecretParts::default() },
            ca_bundle: self.ca_bundle.clone(),
            insecure_http: false,
            verify: self.verify,
            totp: TotpMethod::None,
            code: None,
            proxy: None,
            no_proxy: Vec::new(),
            external_item,
            dry_run: self.dry_run,
        })
    }
}

pub(super) fn identity(content: &Content) -> Identity {
    let account = content.account.clone();
    if content.is_client { Identity::ApiClient(account) } else { Identity::User(account) }
}
