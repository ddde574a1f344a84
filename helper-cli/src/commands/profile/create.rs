//! Owns `cp-token profile create`: from options and answers to a request.

use cp_token_protocol::message::{EntryParts, Identity, ProfileCreate, Request, SecretSource};
use cp_token_protocol::{ErrorCode, Failure, Secret};

use super::values::{absolute_or_none, entries};
use super::{environment, secrets};
use crate::args::cli::CreateOptions;
use crate::args::proxy_address::require_no_password;
use crate::commands::code;
use crate::commands::shared::{ask, print_done};
use crate::terminal::output;
use crate::terminal::prompt;

/// The vendor's clouds.
const CLOUDS: [&str; 3] = [
    "https://console.us1.crashplan.com",
    "https://console.us2.crashplan.com",
    "https://console.eu5.cpg.crashplan.com",
];

/// Creates the profile.
///
/// # Errors
/// Why it was not created; nothing has changed then.
pub(super) fn run(mut options: CreateOptions) -> Result<(), Failure> {
    require_no_password(options.proxy.as_deref())?;
    let identity = identity(&options)?;
    let secret_source = secrets::location(&options.source)?.unwrap_or(SecretSource::Keyring);
    let url = url(options.url.take())?;
    let mut offered = environment::offer(&mut options, secrets::is_kept(&secret_source));
    let is_basic = matches!(identity, Identity::Basic(_));
    let mut create = request(options, url, identity, secret_source, offered.password.take())?;
    let response = offered.tell(code::ask(&mut create))?;
    if is_basic {
        output::print_error(DEPRECATED);
    }
    print_done(response)
}

/// The request, with what a person still has to be asked for: after the daemon has found nothing wrong with the rest.
/// `proxy_password` is known where it was in an address.
fn request(
    options: CreateOptions,
    url: String,
    identity: Identity,
    secret_source: SecretSource,
    proxy_password: Option<Secret>,
) -> Result<Request, Failure> {
    let totp = secrets::totp(options.totp, options.totp_command.as_deref())?.unwrap_or_default();
    let ca_bundle = options.ca_bundle.as_deref().map(absolute_or_none).transpose()?;
    let is_kept = secrets::is_kept(&secret_source);
    let wanted = secrets::Prompts {
        secret: Some(&identity).filter(|_| is_kept),
        seed: secrets::is_stored(&totp) && is_kept,
        proxy_user: options.proxy.as_deref().filter(|_| is_kept && proxy_password.is_none()),
    };
    let mut request = Request::ProfileCreate(ProfileCreate {
        name: options.name.clone(),
        url,
        identity: identity.clone(),
        secret_source,
        secret: EntryParts::default(),
        ca_bundle,
        insecure_http: options.insecure_http,
        verify: !options.no_verify,
        totp,
        code: None,
        proxy: options.proxy.clone(),
        no_proxy: entries(options.no_proxy),
        foreign: None,
        dry_run: true,
    });
    if wanted.asks(options.secret_stdin) {
        ask(&request)?;
    }
    let mut secret = secrets::gather(&options.name, &wanted, options.secret_stdin)?;
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
