//! Owns `cp-token profile`: it gathers what a person gives and hands it to the daemon, which decides and stores.

use std::ffi::OsStr;
use std::time::Duration;

use cp_token_protocol::message::{
    EntryParts, ProfileListRequest, ProfilePage, ProfileReport, ProfileResetSecret, ProfileSelector, Request,
    Response,
};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use super::{ask, code, json, table};
use crate::cli::ProfileCommand;
use crate::look::Look;
use crate::{client, home, output, prompt};

mod create;
mod environment;
mod import;
mod secrets;
mod update;

/// Does it and says what came of it.
///
/// # Errors
/// Why it was not done; nothing has changed then.
pub(super) fn run(command: ProfileCommand) -> Result<(), Failure> {
    match command {
        ProfileCommand::Create(options) => create::run(options),
        ProfileCommand::List { json } => list(json),
        ProfileCommand::Show { name, json } => show(&name, json),
        ProfileCommand::Update(options) => update::run(options),
        ProfileCommand::Import(options) => import::run(&options),
        ProfileCommand::Use { name } => super::tell(ask(&Request::ProfileUse(name))?),
        ProfileCommand::Delete { name, yes } => delete(name, yes),
        ProfileCommand::ResetSecret { name, secret_stdin, no_verify } => {
            reset_secret(name, secret_stdin, !no_verify)
        }
    }
}

/// For a secret that the daemon only reads, nothing is given: it looks at it anew.
fn reset_secret(name: ProfileName, from_stdin: bool, verify: bool) -> Result<(), Failure> {
    let report = find(&name)?;
    let trial =
        |name| ProfileResetSecret { name, secret: EntryParts::default(), verify, code: None, dry_run: true };
    if secrets::asks_for_reset(&report, from_stdin) {
        ask(&Request::ProfileResetSecret(trial(name.clone())))?;
    }
    let secret = secrets::of_reset(&report, from_stdin)?;
    let reset = ProfileResetSecret { secret, dry_run: false, ..trial(name) };
    super::tell(code::ask(&mut Request::ProfileResetSecret(reset))?)
}

fn delete(name: ProfileName, yes: bool) -> Result<(), Failure> {
    if !yes {
        let question = format!("Delete profile {name} and its secret?");
        let not_done = format!("profile {name} was not deleted");
        prompt::require_consent(&question, &not_done, "delete it and its secret")?;
    }
    super::tell(ask(&Request::ProfileDelete(name))?)
}

fn list(as_json: bool) -> Result<(), Failure> {
    let profiles = profiles()?;
    if as_json {
        output::print_json(&profiles.iter().map(json::Profile::from).collect::<Vec<_>>())
    } else {
        let look = Look::of_stdout();
        output::print_pieces(&table::profiles(&profiles, &look), &look)
    }
}

fn show(name: &ProfileName, as_json: bool) -> Result<(), Failure> {
    let profile = find(name)?;
    if as_json {
        output::print_json(&json::Profile::from(&profile))
    } else {
        let look = Look::of_stdout();
        output::print_pieces(&table::profile(&profile, &look), &look)
    }
}

/// Every profile, as the daemon has it.
///
/// # Errors
/// Why they cannot be told.
pub(super) fn profiles() -> Result<Vec<ProfileReport>, Failure> {
    profiles_within(super::PATIENCE)
}

/// As [`profiles`], with another limit on the time that it may take.
///
/// # Errors
/// Why they cannot be told.
pub(super) fn profiles_within(limit: Duration) -> Result<Vec<ProfileReport>, Failure> {
    let mut profiles = Vec::new();
    let mut after = None;
    loop {
        let page = page(&Request::ProfileList(ProfileListRequest { after: after.clone() }), limit)?;
        profiles.extend(page.profiles);
        match page.next {
            None => return Ok(profiles),
            next if next > after => after = next,
            Some(_) => return Err(client::no_end()),
        }
    }
}

fn page(request: &Request, limit: Duration) -> Result<ProfilePage, Failure> {
    match super::ask_within(request, limit)? {
        Response::Profiles(page) => Ok(page),
        other @ (Response::Working
        | Response::Token(_)
        | Response::Status(_)
        | Response::Profile(_)
        | Response::Done(_)
        | Response::Failure(_)
        | Response::Log(_)
        | Response::Findings(_)) => Err(client::unexpected(&other)),
    }
}

/// The profile of that name, as the daemon has it.
pub(super) fn find(name: &ProfileName) -> Result<ProfileReport, Failure> {
    match ask(&Request::ProfileShow(ProfileSelector::Named(name.clone())))? {
        Response::Profile(report) => Ok(*report),
        other @ (Response::Working
        | Response::Token(_)
        | Response::Status(_)
        | Response::Profiles(_)
        | Response::Done(_)
        | Response::Failure(_)
        | Response::Log(_)
        | Response::Findings(_)) => Err(client::unexpected(&other)),
    }
}

/// The daemon has another working folder, so a path is told to it from the root.
fn absolute(path: &OsStr, option: &str) -> Result<String, Failure> {
    let absolute =
        std::path::absolute(home::expanded(path)).ok().and_then(|path| path.to_str().map(str::to_owned));
    absolute.ok_or_else(|| {
        Failure::new(ErrorCode::USAGE, format!("{option} is no path that can be stored"))
            .with_hint("give the path of a file, in UTF-8")
    })
}

/// The path of a CA bundle from the root; nothing for the system's own roots.
fn absolute_or_none(path: &OsStr) -> Result<String, Failure> {
    if path.is_empty() { Ok(String::new()) } else { absolute(path, "--ca-bundle") }
}

/// The entries of a list that was split at its commas.
fn entries(list: Vec<String>) -> Vec<String> {
    list.iter().map(|entry| entry.trim().to_owned()).filter(|entry| !entry.is_empty()).collect()
}
