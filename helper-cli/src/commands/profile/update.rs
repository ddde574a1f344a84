//! Owns `cp-token profile update`: from options and answers to a request.

use cp_token_protocol::message::{EntryParts, Identity, ProfileUpdate, Request};
use cp_token_protocol::{ErrorCode, Failure};

use super::secrets;
use super::values::{absolute_or_none, entries};
use crate::args::cli::UpdateOptions;
use crate::args::proxy_address::require_no_password;
use crate::commands::code;
use crate::commands::profiles::find;
use crate::commands::shared::{ask, print_done};

/// Changes the profile.
///
/// # Errors
/// Why it was not changed; nothing has changed then.
pub(super) fn run(options: UpdateOptions) -> Result<(), Failure> {
    if !options.change_something() {
        return Err(Failure::new(ErrorCode::USAGE, "there is nothing to change")
            .with_hint("see: cp-token profile update --help"));
    }
    require_no_password(options.proxy.as_deref())?;
    let old = find(&options.name)?;
    let identity = identity(&options, &old.identity);
    let totp = secrets::totp(options.totp, options.totp_command.as_deref())?;
    let secret_source = secrets::location(&options.source)?;
    let ca_bundle = options.ca_bundle.as_deref().map(absolute_or_none).transpose()?;
    let is_kept = secrets::is_kept(secret_source.as_ref().unwrap_or(&old.secret_source));
    let wanted = secrets::Prompts {
        secret: identity.as_ref().filter(|_| is_kept),
        seed: is_kept && totp.as_ref().is_some_and(secrets::is_stored),
        proxy_user: options.proxy.as_deref().filter(|_| is_kept),
    };
    let insecure_http = (options.insecure_http || options.no_insecure_http).then_some(options.insecure_http);
    let mut request = Request::ProfileUpdate(ProfileUpdate {
        name: options.name.clone(),
        url: options.url,
        identity: identity.clone(),
        secret_source,
        secret: EntryParts::default(),
        ca_bundle,
        insecure_http,
        also_for: options.also_for,
        not_for: options.not_for,
        verify: !options.no_verify,
        totp,
        code: None,
        proxy: options.proxy.clone(),
        no_proxy: options.no_proxy.map(entries),
        dry_run: true,
    });
    if wanted.asks(options.secret_stdin) {
        ask(&request)?;
    }
    let secret = secrets::gather(&options.name, &wanted, options.secret_stdin)?;
    if let Request::ProfileUpdate(update) = &mut request {
        (update.secret, update.dry_run) = (secret, false);
    }
    print_done(code::ask(&mut request)?)
}

/// Another user of a profile of kind `basic` stays `basic`.
fn identity(options: &UpdateOptions, old: &Identity) -> Option<Identity> {
    let was_basic = matches!(old, Identity::Basic(_));
    match (&options.client_id, &options.username) {
        (Some(id), _) => Some(Identity::ApiClient(id.clone())),
        (None, Some(name)) if options.basic || was_basic => Some(Identity::Basic(name.clone())),
        (None, Some(name)) => Some(Identity::User(name.clone())),
        (None, None) => None,
    }
}
