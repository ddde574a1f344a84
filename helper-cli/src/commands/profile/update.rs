//! Owns `cp-token profile update`: from options and answers to a request.

use cp_token_protocol::message::{Identity, ProfileUpdate, Request, SecretParts, TotpMethod};
use cp_token_protocol::{ErrorCode, Failure};

use super::secrets;
use super::settings::Settings;
use crate::args::cli::UpdateOptions;
use crate::commands::code;
use crate::commands::profiles::find;
use crate::commands::shared::print_done;

/// Changes the profile; on failure nothing has changed.
pub(super) fn run(options: UpdateOptions) -> Result<(), Failure> {
    if !options.change_something() {
        return Err(Failure::new(ErrorCode::USAGE, "there is nothing to change")
            .with_hint("see: cp-token profile update --help"));
    }
    let settings = Settings::of(&options.settings)?;
    let old = find(&options.name)?;
    let identity = identity(&options, &old.identity);
    let is_kept = settings.secret_source.as_ref().unwrap_or(&old.secret_source).is_writable();
    let given = options.settings;
    let prompts = secrets::Prompts {
        secret: identity.as_ref().filter(|_| is_kept),
        seed: is_kept && settings.totp == Some(TotpMethod::Stored),
        proxy_user: given.proxy.as_deref().filter(|_| is_kept),
    };
    let mut request = Request::ProfileUpdate(ProfileUpdate {
        name: options.name.clone(),
        url: options.url,
        identity: identity.clone(),
        secret_source: settings.secret_source,
        secret: SecretParts::default(),
        ca_bundle: settings.ca_bundle,
        insecure_http: (given.insecure_http || options.no_insecure_http).then_some(given.insecure_http),
        also_for: options.also_for,
        not_for: options.not_for,
        verify: !given.no_verify,
        totp: settings.totp,
        code: None,
        proxy: given.proxy.clone(),
        no_proxy: settings.no_proxy,
        dry_run: true,
    });
    let secret = secrets::gather(&request, &options.name, &prompts, given.secret_stdin)?;
    if let Request::ProfileUpdate(update) = &mut request {
        (update.secret, update.dry_run) = (secret, false);
    }
    print_done(code::ask(&mut request)?)
}

/// A new user name leaves a profile of kind `basic` as it is.
fn identity(options: &UpdateOptions, old: &Identity) -> Option<Identity> {
    let was_basic = matches!(old, Identity::Basic(_));
    match (&options.client_id, &options.username) {
        (Some(id), _) => Some(Identity::ApiClient(id.clone())),
        (None, Some(name)) if options.basic || was_basic => Some(Identity::Basic(name.clone())),
        (None, Some(name)) => Some(Identity::User(name.clone())),
        (None, None) => None,
    }
}
