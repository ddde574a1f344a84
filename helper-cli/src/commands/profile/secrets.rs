//! Owns what a person is asked for when a profile is created or changed, and where it is stored.

use std::ffi::OsStr;

use cp_token_protocol::message::{
    Identity, ProfileCreate, ProfileReport, ProfileResetSecret, ProfileUpdate, Request, SecretParts,
    SecretSource, TotpMethod,
};
use cp_token_protocol::{ErrorCode, Failure, ProfileName, Secret};

use super::settings::absolute;
use crate::args::cli::profile::settings::{SecretSourceName, SourceOptions, TotpName};
use crate::commands::shared;
use crate::run::{home, program_line};
use crate::terminal::prompt;

#[derive(Debug, Default)]
pub(super) struct Prompts {
    pub(super) secret: Option<Identity>,
    /// The seed of stored one-time codes.
    pub(super) seed: bool,
    /// The proxy's address; the password of its user is asked for, if it has one.
    pub(super) proxy_user: Option<String>,
    /// The password of that user, if it is known already.
    pub(super) proxy_password: Option<Secret>,
}

impl Prompts {
    fn asks(&self, from_stdin: bool) -> bool {
        let is_anything = self.secret.is_some() || self.seed || self.has_proxy_user();
        !from_stdin && is_anything && prompt::has_terminal()
    }

    fn has_proxy_user(&self) -> bool {
        self.proxy_password.is_none() && self.proxy_user.as_ref().is_some_and(|address| address.contains('@'))
    }
}

/// Asks for the secrets after a dry run of the request, or reads them from standard input in the same order, and completes
/// the request with them.
pub(super) fn gather(
    request: &mut Request,
    name: &ProfileName,
    prompts: Prompts,
    from_stdin: bool,
) -> Result<(), Failure> {
    if prompts.asks(from_stdin) {
        shared::ask(request)?;
    }
    let has_user = prompts.has_proxy_user();
    let questions = [
        prompts.secret.as_ref().map(|identity| question(identity, name)),
        prompts.seed.then(|| format!("Seed of the one-time codes for {name}, base32 or otpauth://")),
        has_user.then(|| format!("Password of the proxy's user for {name}")),
    ];
    let mut answers = answers(&questions.into_iter().flatten().collect::<Vec<_>>(), from_stdin)?.into_iter();
    let mut take = |is_wanted: bool| if is_wanted { answers.next() } else { None };
    let parts = SecretParts {
        secret: take(prompts.secret.is_some()),
        totp_seed: take(prompts.seed),
        proxy_password: take(has_user).or(prompts.proxy_password),
    };
    fill(request, parts);
    Ok(())
}

fn answers(questions: &[String], from_stdin: bool) -> Result<Vec<Secret>, Failure> {
    match (from_stdin, questions.len()) {
        (true, 0) => Err(Failure::new(ErrorCode::USAGE, "nothing of this is read from standard input")
            .with_hint("leave --secret-stdin out")),
        (true, count) => prompt::lines(count..=count),
        (false, _) => questions.iter().map(|question| prompt::ask(question)).collect(),
    }
}

pub(super) fn fill(request: &mut Request, parts: SecretParts) {
    if let Request::ProfileCreate(ProfileCreate { secret, dry_run, .. })
    | Request::ProfileUpdate(ProfileUpdate { secret, dry_run, .. })
    | Request::ProfileResetSecret(ProfileResetSecret { secret, dry_run, .. }) = request
    {
        (*secret, *dry_run) = (parts, false);
    }
}

/// Whether a person at the terminal is asked for the new secret of a profile.
pub(super) fn asks_for_reset(report: &ProfileReport, from_stdin: bool) -> bool {
    report.secret_source.is_writable() && !from_stdin && prompt::has_terminal()
}

/// The new secret, and the new seed from a second line of standard input; nothing if the daemon only reads the secret.
pub(super) fn of_reset(report: &ProfileReport, from_stdin: bool) -> Result<SecretParts, Failure> {
    if !report.secret_source.is_writable() {
        return match from_stdin {
            true => Err(Failure::new(ErrorCode::USAGE, "the secret of this profile is not kept by cp-token")
                .with_hint("change it where it is kept, then run this without --secret-stdin")),
            false => Ok(SecretParts::default()),
        };
    }
    if !from_stdin {
        let secret = prompt::ask(&question(&report.identity, &report.name))?;
        return Ok(SecretParts { secret: Some(secret), ..SecretParts::default() });
    }
    let most = if report.totp == TotpMethod::Stored { 2 } else { 1 };
    let mut lines = prompt::lines(1..=most)?.into_iter();
    Ok(SecretParts { secret: lines.next(), totp_seed: lines.next(), proxy_password: None })
}

/// The source of one-time codes from the options; [`ErrorCode::USAGE`] if they contradict each other.
pub(super) fn totp(name: Option<TotpName>, line: Option<&str>) -> Result<Option<TotpMethod>, Failure> {
    match (name, line) {
        (None, None) => Ok(None),
        (Some(TotpName::None), None) => Ok(Some(TotpMethod::None)),
        (Some(TotpName::Ask), None) => Ok(Some(TotpMethod::Ask)),
        (Some(TotpName::Stored), None) => Ok(Some(TotpMethod::Stored)),
        (None | Some(TotpName::Command), Some(line)) => Ok(Some(TotpMethod::Command(program(line)?))),
        (Some(TotpName::Command), None) => {
            Err(Failure::new(ErrorCode::USAGE, "--totp command needs --totp-command CMD"))
        }
        (Some(_), Some(_)) => {
            Err(Failure::new(ErrorCode::USAGE, "--totp-command goes with --totp command alone"))
        }
    }
}

/// The secret source from the options; [`ErrorCode::USAGE`] if a program or path cannot be stored.
pub(super) fn source(options: &SourceOptions) -> Result<Option<SecretSource>, Failure> {
    if let Some(line) = &options.secret_command {
        return program(line).map(SecretSource::Command).map(Some);
    }
    if let Some(path) = &options.secret_file {
        return secret_file(path).map(SecretSource::File).map(Some);
    }
    if let Some(name) = &options.secret_credential {
        return Ok(Some(SecretSource::Credential(name.clone())));
    }
    Ok(options.secret_source.map(|name| match name {
        SecretSourceName::Keyring => SecretSource::Keyring,
        SecretSourceName::Memory => SecretSource::Memory,
    }))
}

/// The whole path of the file. A word that is no path and names nothing may be the secret itself, and is not repeated.
fn secret_file(path: &OsStr) -> Result<String, Failure> {
    let is_path = path.to_string_lossy().contains(std::path::is_separator);
    if is_path || home::expand(path).symlink_metadata().is_ok() {
        return absolute(path, "--secret-file");
    }
    let message = "there is no file of the name given to --secret-file in this folder";
    let hint = "give the path of a file that holds the secret; one in this folder can be written as ./NAME";
    Err(Failure::new(ErrorCode::USAGE, message).with_hint(hint))
}

fn program(line: &str) -> Result<Vec<String>, Failure> {
    program_line::parse(line, std::env::var_os("PATH").as_deref())
}

fn question(identity: &Identity, name: &ProfileName) -> String {
    match identity {
        Identity::ApiClient(_) => format!("API client secret for {name}"),
        Identity::User(user) | Identity::Basic(user) => format!("Password of {user} for {name}"),
    }
}
