//! Owns `cp-token profile`: it gathers what a person gives and hands it to the daemon, which decides and stores.

use cp_token_protocol::message::{ProfileResetSecret, Request, SecretParts};
use cp_token_protocol::{Failure, ProfileName};

use super::{code, json, table};
use crate::args::cli::ProfileCommand;
use crate::commands::profiles::{find, profiles};
use crate::commands::shared::{ask, print_done};
use crate::terminal::{output, prompt};

mod create;
mod environment;
mod import;
mod secrets;
mod settings;
mod update;

pub(super) fn run(command: ProfileCommand) -> Result<(), Failure> {
    match command {
        ProfileCommand::Create(options) => create::run(options),
        ProfileCommand::List { json } => list(json),
        ProfileCommand::Show { name, json } => show(&name, json),
        ProfileCommand::Update(options) => update::run(options),
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
    let trial =
        |name| ProfileResetSecret { name, secret: SecretParts::default(), verify, code: None, dry_run: true };
    if secrets::asks_for_reset(&report, from_stdin) {
        ask(&Request::ProfileResetSecret(trial(name.clone())))?;
    }
    let secret = secrets::of_reset(&report, from_stdin)?;
    let reset = ProfileResetSecret { secret, dry_run: false, ..trial(name) };
    print_done(code::ask(&mut Request::ProfileResetSecret(reset))?)
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
