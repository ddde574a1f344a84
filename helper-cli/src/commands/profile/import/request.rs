//! Owns the request that makes a profile of ours out of one of theirs. It asks nobody.

use std::path::Path;

use cp_token_protocol::message::{
    ExternalKeyringItem, Identity, ProfileCreate, Request, SecretParts, SecretSource, TotpMethod,
};
use cp_token_protocol::{Failure, ProfileName, Secret};

use crate::args::cli::{ImportOptions, SecretSourceName};
use crate::commands::profile::settings::absolute;
use crate::import::Content;

/// What all profiles that are taken over have in settings.
pub(super) struct ImportSettings {
    secret_source: SecretSource,
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

    /// Whether the secrets will be lost when the daemon ends.
    pub(super) fn is_kept_in_memory(&self) -> bool {
        self.secret_source == SecretSource::Memory
    }

    /// Whether a server's certificate may yet turn out not to be trusted.
    pub(super) fn is_unverified(&self) -> bool {
        self.ca_bundle.is_none() && (self.dry_run || !self.verify)
    }

    /// The profile with the secret that their program keeps in the keyring.
    pub(super) fn with_item(&self, name: &ProfileName, content: &Content, service: String) -> Request {
        let item = ExternalKeyringItem { service, username: content.account.clone() };
        self.request(name, content, SecretParts::default(), Some(item))
    }

    /// The profile with this secret.
    pub(super) fn with_secret(&self, name: &ProfileName, content: &Content, secret: Secret) -> Request {
        self.request(name, content, SecretParts { secret: Some(secret), ..SecretParts::default() }, None)
    }

    fn request(
        &self,
        name: &ProfileName,
        content: &Content,
        secret: SecretParts,
        external_item: Option<ExternalKeyringItem>,
    ) -> Request {
        Request::ProfileCreate(ProfileCreate {
            name: name.clone(),
            url: content.origin.clone(),
            identity: identity(content),
            secret_source: self.secret_source.clone(),
            secret,
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

/// Who the profile is to the server.
pub(super) fn identity(content: &Content) -> Identity {
    let account = content.account.clone();
    if content.is_client { Identity::ApiClient(account) } else { Identity::User(account) }
}
