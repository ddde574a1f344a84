//! Owns `cp-token profile`: it gathers what a person gives and hands it to the daemon, which decides and stores.

use cp_token_protocol::message::{ProfileResetSecret, Request, SecretParts};
use cp_token_protocol::{Failure, ProfileName};

use super::fetch_token::ask_with_code;
use super::{json, table};
use crate::args::cli::profile::ProfileCommand;
use crate::commands::profiles::{find, profiles};
use crate::commands::shared::{ask, print_done};
use crate::terminal::{output, prompt};

mod edit;
mod environment;
mod import;
mod secrets;
mod settings;

pub(super) fn run(command: ProfileCommand) -> Result<(), Failure> {
    match command {
        ProfileCommand::Create(options) => edit::create(options),
        ProfileCommand::List { json } => list(json),
        ProfileCommand::Show { name, json } => show(&name, json),
        ProfileCommand::Update(options) => edit::update(options),
        ProfileCommand::Import(options) => import::run(&options),
        ProfileCommand::Use { name } => print_done(ask(&Request::ProfileUse(name))?),
        ProfileCommand::Delete { name, yes } => delete(name, yes),
        ProfileCommand::ResetSecret { name, secret_stdin, no_verify } => {
            reset_secret(name, secret_stdin, !no_verify)
        }
    }
}

/// For a secret that the daemon only reads, nothing is given: it looks at it again.
fn reset_secret(name: ProfileName, from_stdin: bool, verify: bool) -> Result<(), Failure> {
    let report = find(&name)?;
    let secret = SecretParts::default();
    let reset = ProfileResetSecret { name, secret, verify, code: None, dry_run: true };
    let mut request = Request::ProfileResetSecret(reset);
    if secrets::asks_for_reset(&report, from_stdin) {
        ask(&request)?;
    }
    secrets::fill(&mut request, secrets::of_reset(&report, from_stdin)?);
    print_done(ask_with_code(&mut request)?)
}

fn delete(name: ProfileName, yes: bool) -> Result<(), Failure> {
    if !yes {
        let question = format!("Delete profile {name} and its secret?");
        let not_done = format!("profile {name} was not deleted");
        prompt::require_confirmation(&question, &not_done, "delete it and its secret")?;
    }
    print_done(ask(&Request::ProfileDelete(name))?)
}

fn list(as_json: bool) -> Result<(), Failure> {
    let profiles = profiles()?;
    let json: Vec<_> = profiles.iter().map(json::profile).collect();
    output::print_report(as_json, &json, |style| table::profiles(&profiles, style))
}

fn show(name: &ProfileName, as_json: bool) -> Result<(), Failure> {
    let profile = find(name)?;
    output::print_report(as_json, &json::profile(&profile), |style| table::profile(&profile, style))
}
