//! Owns the way from a parsed command line to the command that does it.

mod adapter;
pub(crate) mod complete;
#[cfg_attr(windows, path = "commands/curl/windows.rs")]
mod curl;
mod daemon;
mod doctor;
mod exec;
mod fetch_token;
pub(crate) mod get;
mod json;
mod labels;
mod lock;
mod log;
mod manual;
mod profile;
mod profiles;
mod retry;
mod service;
mod shared;
mod status;
mod table;

use cp_token_protocol::Failure;

use crate::args::cli::CommandLine;
use crate::args::cli::command::Command;
use crate::commands::shared::mention_variable;

/// Does what the command line asks for, and gives the exit code.
pub(crate) fn run(line: CommandLine) -> Result<u8, Failure> {
    let done = match line.command {
        None => get::run(&line.get),
        Some(Command::Get(options)) => get::run(&options),
        Some(Command::Profile(command)) => profile::run(*command),
        Some(Command::Curl(options)) => mention_variable(curl::run(&options), options.profile.is_some()),
        Some(Command::Exec(options)) => mention_variable(exec::run(&options), options.token.is_named()),
        Some(Command::Daemon(command)) => daemon::run(command),
        Some(Command::Service(command)) => service::run(command),
        Some(Command::Status { json }) => status::run(json),
        Some(Command::Doctor { profile, json }) => doctor::run(profile.as_ref(), json),
        Some(Command::Log { entries, json }) => log::run(entries, json),
        Some(Command::Forget { profile, all }) => {
            mention_variable(lock::forget(profile.as_ref(), all), profile.is_some() || all)
        }
        Some(Command::Lock(options)) => lock::lock(options),
        Some(Command::Unlock { passphrase_stdin }) => lock::unlock(passphrase_stdin),
        Some(Command::Completions { shell }) => complete::run(&shell),
        Some(Command::Manual { page, list }) => manual::run(&page, list),
        Some(Command::GitCredential { profile, operation }) => adapter::git::run(profile, &operation),
        Some(Command::Bazel { profile, .. }) => adapter::bazel(profile),
        Some(Command::Docker { profile, operation }) => return adapter::docker::run(profile, operation),
        Some(Command::Kubectl { profile }) => {
            let is_named = profile.is_some();
            mention_variable(adapter::kubectl(profile), is_named)
        }
    };
    done.map(|()| 0)
}
