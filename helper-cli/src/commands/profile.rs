//! Owns `cp-token profile`: it gathers what a person gives and hands it to the daemon, which decides and stores.

use std::ffi::OsStr;

use cp_token_protocol::message::{
    Identity, ProfileCreate, ProfileReport, ProfileResetSecret, ProfileUpdate, Request, Response,
};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use super::{ask, json, table};
use crate::cli::{CreateOptions, ProfileCommand, UpdateOptions};
use crate::{client, output, prompt};

/// Does it and says what came of it.
///
/// # Errors
/// Why it was not done; nothing has changed then.
pub(super) fn run(command: ProfileCommand) -> Result<(), Failure> {
    match command {
        ProfileCommand::Create(options) => create(options),
        ProfileCommand::List { json } => list(json),
        ProfileCommand::Show { name, json } => show(&name, json),
        ProfileCommand::Update(options) => update(options),
        ProfileCommand::Use { name } => super::tell(ask(&Request::ProfileUse(name))?),
        ProfileCommand::Delete { name, yes } => delete(name, yes),
        ProfileCommand::ResetSecret { name, secret_stdin, no_verify } => {
            reset_secret(name, secret_stdin, !no_verify)
        }
    }
}

fn create(options: CreateOptions) -> Result<(), Failure> {
    let ca_bundle = options.ca_bundle.as_deref().map(absolute).transpose()?;
    let secret = prompt::secret(options.secret_stdin, &question(&options.name))?;
    let request = Request::ProfileCreate(ProfileCreate {
        name: options.name,
        url: options.url,
        identity: Identity::ApiClient(options.client_id),
        secret_source: options.secret_source.into(),
        secret,
        ca_bundle,
        insecure_http: options.insecure_http,
        verify: !options.no_verify,
    });
    super::tell(ask(&request)?)
}

fn update(options: UpdateOptions) -> Result<(), Failure> {
    require_a_change(&options)?;
    let ca_bundle = options.ca_bundle.as_deref().map(absolute_or_none).transpose()?;
    let secret = match options.client_id {
        Some(_) => Some(prompt::secret(options.secret_stdin, &question(&options.name))?),
        None => None,
    };
    let insecure_http = (options.insecure_http || options.no_insecure_http).then_some(options.insecure_http);
    let request = Request::ProfileUpdate(ProfileUpdate {
        name: options.name,
        url: options.url,
        identity: options.client_id.map(Identity::ApiClient),
        secret_source: options.secret_source.map(Into::into),
        secret,
        ca_bundle,
        insecure_http,
        also_for: options.also_for,
        not_for: options.not_for,
        verify: !options.no_verify,
    });
    super::tell(ask(&request)?)
}

fn reset_secret(name: ProfileName, from_stdin: bool, verify: bool) -> Result<(), Failure> {
    let secret = prompt::secret(from_stdin, &question(&name))?;
    super::tell(ask(&Request::ProfileResetSecret(ProfileResetSecret { name, secret, verify }))?)
}

fn delete(name: ProfileName, yes: bool) -> Result<(), Failure> {
    if !yes && !prompt::agrees(&format!("Delete profile {name} and its secret?")) {
        return Err(Failure::new(ErrorCode::USAGE, "nothing is deleted"));
    }
    super::tell(ask(&Request::ProfileDelete(name))?)
}

fn list(as_json: bool) -> Result<(), Failure> {
    let profiles = profiles()?;
    if as_json {
        output::print_json(&profiles.iter().map(json::Profile::from).collect::<Vec<_>>())
    } else {
        output::print_lines(&table::profiles(&profiles))
    }
}

fn show(name: &ProfileName, as_json: bool) -> Result<(), Failure> {
    let profiles = profiles()?;
    let profile = profiles.iter().find(|profile| profile.name == *name).ok_or_else(|| unknown(name))?;
    if as_json {
        output::print_json(&json::Profile::from(profile))
    } else {
        output::print_lines(&table::profile(profile))
    }
}

fn profiles() -> Result<Vec<ProfileReport>, Failure> {
    match ask(&Request::ProfileList)? {
        Response::Profiles(profiles) => Ok(profiles),
        other @ (Response::Working
        | Response::Token(_)
        | Response::Status(_)
        | Response::Done(_)
        | Response::Failure(_)) => Err(client::unexpected(&other)),
    }
}

fn question(name: &ProfileName) -> String {
    format!("API client secret for {name}")
}

fn unknown(name: &ProfileName) -> Failure {
    Failure::new(ErrorCode::UNKNOWN_PROFILE, format!("there is no profile {name}"))
        .with_hint("see: cp-token profile list")
}

fn require_a_change(options: &UpdateOptions) -> Result<(), Failure> {
    let changes = options.url.is_some()
        || options.client_id.is_some()
        || options.secret_source.is_some()
        || options.ca_bundle.is_some()
        || options.insecure_http
        || options.no_insecure_http
        || !options.also_for.is_empty()
        || !options.not_for.is_empty();
    if changes {
        return Ok(());
    }
    Err(Failure::new(ErrorCode::USAGE, "there is nothing to change")
        .with_hint("see: cp-token profile update --help"))
}

/// The daemon has another working folder, so a path is told to it from the root.
fn absolute(path: &OsStr) -> Result<String, Failure> {
    let absolute = std::path::absolute(path).ok().and_then(|path| path.to_str().map(str::to_owned));
    absolute.ok_or_else(|| {
        Failure::new(ErrorCode::USAGE, "--ca-bundle is no path that can be stored")
            .with_hint("give the path of a PEM file, in UTF-8")
    })
}

fn absolute_or_none(path: &OsStr) -> Result<String, Failure> {
    if path.is_empty() { Ok(String::new()) } else { absolute(path) }
}
