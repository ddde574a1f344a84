//! Owns `cp-token profile create`: from options and answers to a request.

use cp_token_protocol::message::{Identity, ProfileCreate, Request, SecretParts, SecretSource, TotpMethod};
use cp_token_protocol::{ErrorCode, Failure, Secret};

use super::settings::Settings;
use super::{environment, secrets};
use crate::args::cli::CreateOptions;
use crate::commands::code;
use crate::commands::shared::print_done;
use crate::terminal::{output, prompt};

const CLOUDS: [&str; 3] = [
    "https://console.us1.crashplan.com",
    "https://console.us2.crashplan.com",
    "https://console.eu5.cpg.crashplan.com",
];

/// Creates the profile; on failure nothing has changed.
pub(super) fn run(mut options: CreateOptions) -> Result<(), Failure> {
    let mut settings = Settings::of(&options.settings)?;
    let secret_source = settings.secret_source.take().unwrap_or(SecretSource::Keyring);
    let url = url(options.url.take())?;
    let mut suggestion = environment::offer(&mut options.settings, secret_source.is_writable());
    settings.update_network(&options.settings)?;
    let mut request = request(&options, url, settings, secret_source, suggestion.password.take())?;
    let response = suggestion.report(code::ask(&mut request))?;
    if options.basic {
        output::print_error(DEPRECATED);
    }
    print_done(response)
}

/// The request. A person is asked for secrets after the daemon has checked the rest. `proxy_password` is from an address.
fn request(
    options: &CreateOptions,
    url: String,
    settings: Settings,
    secret_source: SecretSource,
    proxy_password: Option<Secret>,
) -> Result<Request, Failure> {
    let (identity, totp) = (identity(options)?, settings.totp.unwrap_or_default());
    let is_kept = secret_source.is_writable();
    let proxy = options.settings.proxy.clone();
    let prompts = secrets::Prompts {
        secret: Some(&identity).filter(|_| is_kept),
        seed: totp == TotpMethod::Stored && is_kept,
        proxy_user: proxy.as_deref().filter(|_| is_kept && proxy_password.is_none()),
    };
    let mut request = Request::ProfileCreate(ProfileCreate {
        name: options.name.clone(),
        url,
        identity: identity.clone(),
        secret_source,
        secret: SecretParts::default(),
        ca_bundle: settings.ca_bundle,
        insecure_http: options.settings.insecure_http,
        verify: !options.settings.no_verify,
        totp,
        code: None,
        proxy: proxy.clone(),
        no_proxy: settings.no_proxy.unwrap_or_default(),
        external_item: None,
        dry_run: true,
    });
    let mut secret = secrets::gather(&request, &options.name, &prompts, options.settings.secret_stdin)?;
    secret.proxy_password = secret.proxy_password.or(proxy_password);
    if let Request::ProfileCreate(create) = &mut request {
        (create.secret, create.dry_run) = (secret, false);
    }
    Ok(request)
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

const DEPRECATED: &str = "cp-token: warning: the vendor has deprecated user name and password on each request; \
     v3 resources refuse them. Use an API client or a user's token where you can\n";
