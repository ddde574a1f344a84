//! Owns the way from a parsed command line to the command that does it.

mod adapter;
mod code;
pub(crate) mod complete;
#[cfg_attr(windows, path = "commands/curl/windows.rs")]
mod curl;
mod daemon;
mod doctor;
mod exec;
mod fetch_token;
mod forget;
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

use crate::args::cli::{Command, CommandLine};
use crate::commands::shared::mention_variable;

/// Does what the command line asks for, and gives the exit code.
pub(crate) fn run(line: CommandLine) -> Result<u8, Failure> {
    let done = match line.command {
        None => get::run(&line.get),
        Some(Command::Get(options)) => get::run(&options),
        Some(Command::Profile(command)) => profile::run(*command),
        Some(Command::Curl(options)) => {
            curl::run(&options).map_err(|failure| mention_variable(failure, options.profile.is_some()))
        }
        Some(Command::Exec(options)) => {
            let is_named = options.profile.is_some() || options.url.is_some();
            exec::run(&options).map_err(|failure| mention_variable(failure, is_named))
        }
        Some(Command::Daemon(command)) => daemon::run(command),
        Some(Command::Service(command)) => service::run(command),
        Some(Command::Status { json }) => status::run(json),
        Some(Command::Doctor(options)) => doctor::run(&options),
        Some(Command::Log(options)) => log::run(&options),
        Some(Command::Forget(options)) => {
            let is_named = options.profile.is_some() || options.all;
            forget::run(options).map_err(|failure| mention_variable(failure, is_named))
        }
        Some(Command::Lock(options)) => lock::lock(options),
        Some(Command::Unlock { passphrase_stdin }) => lock::unlock(passphrase_stdin),
        Some(Command::Completions { shell }) => complete::run(&shell),
        Some(Command::Manual { page, list }) => manual::run(&page, list),
        Some(Command::GitCredential(options)) => adapter::git::run(&options),
        Some(Command::Bazel(options)) => adapter::bazel::run(options),
        Some(Command::Docker(options)) => return adapter::docker::run(options),
        Some(Command::Kubectl(options)) => {
            let is_named = options.profile.is_some();
            adapter::kubectl::run(options).map_err(|failure| mention_variable(failure, is_named))
        }
    };
    done.map(|()| 0)
}
