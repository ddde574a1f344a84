//! Owns `cp-token profile create` and `update`: from options and answers to a request.

use cp_token_protocol::message::{
    Identity, ProfileCreate, ProfileUpdate, Request, SecretParts, SecretSource, TotpMethod,
};
use cp_token_protocol::{ErrorCode, Failure};

use super::settings::Settings;
use super::{environment, secrets};
use crate::args::cli::profile::options::{CreateOptions, UpdateOptions};
use crate::commands::fetch_token::ask_with_code;
use crate::commands::profiles::find;
use crate::commands::shared::print_done;
use crate::terminal::{exit, prompt};

const CLOUDS: [&str; 3] = [
    "https://console.us1.crashplan.com",
    "https://console.us2.crashplan.com",
    "https://console.eu5.cpg.crashplan.com",
];

/// Creates the profile; on failure nothing has changed. A person is asked for secrets after the daemon has checked the rest.
pub(super) fn create(mut options: CreateOptions) -> Result<(), Failure> {
    let secret_source = Settings::of(&options.settings)?.secret_source.unwrap_or(SecretSource::Keyring);
    let is_kept = secret_source.is_writable();
    let url = url(options.url.take())?;
    let mut suggestion = environment::offer(&mut options.settings, is_kept);
    let (settings, identity) = (Settings::of(&options.settings)?, identity(&options)?);
    let (given, totp) = (options.settings, settings.totp.unwrap_or_default());
    let prompts = secrets::Prompts {
        secret: Some(identity.clone()).filter(|_| is_kept),
        seed: totp == TotpMethod::Stored && is_kept,
        proxy_user: given.proxy.clone().filter(|_| is_kept),
        proxy_password: suggestion.password.take(),
    };
    let mut request = Request::ProfileCreate(ProfileCreate {
        name: options.name.clone(),
        url,
        identity,
        secret_source,
        secret: SecretParts::default(),
        ca_bundle: settings.ca_bundle,
        insecure_http: given.insecure_http,
        verify: !given.no_verify,
        totp,
        code: None,
        proxy: given.proxy,
        no_proxy: settings.no_proxy.unwrap_or_default(),
        external_item: None,
        dry_run: true,
    });
    secrets::gather(&mut request, &options.name, prompts, given.secret_stdin)?;
    let response = suggestion.report(ask_with_code(&mut request))?;
    if options.basic {
        exit::warn(
            "user name and password with each request are deprecated by the vendor, and v3 resources refuse them",
            "use an API client or a user's token where you can",
        );
    }
    print_done(response)
}

fn identity(options: &CreateOptions) -> Result<Identity, Failure> {
    match (&options.client_id, &options.username) {
        (Some(id), _) => Ok(Identity::ApiClient(id.clone())),
        (None, Some(name)) if options.basic => Ok(Identity::Basic(name.clone())),
        (None, Some(name)) => Ok(Identity::User(name.clone())),
        (None, None) => Err(Failure::new(ErrorCode::USAGE, "--client-id or --username is needed")),
    }
}

fn url(given: Option<String>) -> Result<String, Failure> {
    given.or_else(|| prompt::choose("Which server does it belong to?", &CLOUDS)).ok_or_else(|| {
        Failure::new(ErrorCode::USAGE, "--url is needed")
            .with_hint(format!("the vendor's clouds are {}", CLOUDS.join(", ")))
    })
}

/// Changes the profile; on failure nothing has changed.
pub(super) fn update(options: UpdateOptions) -> Result<(), Failure> {
    if !options.change_something() {
        return Err(Failure::new(ErrorCode::USAGE, "there is nothing to change")
            .with_hint("see: cp-token profile update --help"));
    }
    let settings = Settings::of(&options.settings)?;
    let old = find(&options.name)?;
    let identity = new_identity(&options, &old.identity);
    let is_kept = settings.secret_source.as_ref().unwrap_or(&old.secret_source).is_writable();
    let given = options.settings;
    let prompts = secrets::Prompts {
        secret: identity.clone().filter(|_| is_kept),
        seed: is_kept && settings.totp == Some(TotpMethod::Stored),
        proxy_user: given.proxy.clone().filter(|_| is_kept),
        proxy_password: None,
    };
    let mut request = Request::ProfileUpdate(ProfileUpdate {
        name: options.name.clone(),
        url: options.url,
        identity,
        secret_source: settings.secret_source,
        secret: SecretParts::default(),
        ca_bundle: settings.ca_bundle,
        insecure_http: (given.insecure_http || options.no_insecure_http).then_some(given.insecure_http),
        also_for: options.also_for,
        not_for: options.not_for,
        verify: !given.no_verify,
        totp: settings.totp,
        code: None,
        proxy: given.proxy,
        no_proxy: settings.no_proxy,
        dry_run: true,
    });
    secrets::gather(&mut request, &options.name, prompts, given.secret_stdin)?;
    print_done(ask_with_code(&mut request)?)
}

/// A new user name leaves a profile of kind `basic` as it is.
fn new_identity(options: &UpdateOptions, old: &Identity) -> Option<Identity> {
    let was_basic = matches!(old, Identity::Basic(_));
    match (&options.client_id, &options.username) {
        (Some(id), _) => Some(Identity::ApiClient(id.clone())),
        (None, Some(name)) if options.basic || was_basic => Some(Identity::Basic(name.clone())),
        (None, Some(name)) => Some(Identity::User(name.clone())),
        (None, None) => None,
    }
}
