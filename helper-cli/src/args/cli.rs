//! Owns the command line: sub-commands, options, help, and the messages about mistakes in it. It only parses.

mod adapter;
mod daemon;
pub(crate) mod get;
mod help;
mod layout;
mod profile;
mod programs;
mod service;
mod suggestion;
mod usage_error;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use cp_token_protocol::{ErrorCode, Failure, ProfileName};

use crate::args::cli::get::GetOptions;
use crate::terminal::exit::ErrorFormat;

pub(crate) use adapter::{
    BazelOperation, BazelOptions, DockerOperation, DockerOptions, GitCredentialOptions, KubectlOptions,
};
pub(crate) use daemon::DaemonCommand;
pub(crate) use profile::{
    CreateOptions, ImportOptions, ProfileCommand, SecretSourceName, SettingsOptions, SourceOptions, TotpName,
    UpdateOptions,
};
pub(crate) use programs::{CurlOptions, ExecOptions};
pub(crate) use service::ServiceCommand;

/// A whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "cp-token",
    version,
    about = "Prints a valid CrashPlan access token",
    long_about = help::ABOUT,
    after_help = "More, with examples, exit codes and files: cp-token --help",
    after_long_help = help::AFTER,
    args_conflicts_with_subcommands = true
)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub(crate) get: GetOptions,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    // Read by `error_format` before everything else, so that it holds for faults of the command line too.
    /// The format of failures on standard error: text or json
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    error_format: String,
}

/// What to do, other than the main job.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print a valid access token (the same as cp-token alone)
    #[command(after_help = help::GET)]
    Get(GetOptions),
    /// Create, change, list and delete profiles: one for each API client
    #[command(subcommand, after_help = help::PROFILE)]
    Profile(Box<ProfileCommand>),
    /// Run curl with a token that nobody else sees
    #[command(after_help = help::CURL)]
    Curl(CurlOptions),
    /// Run a program with a token in its environment, or in a file that is kept fresh
    #[command(after_help = help::EXEC)]
    Exec(ExecOptions),
    /// Start, stop and reload the daemon
    #[command(subcommand, after_help = help::DAEMON)]
    Daemon(DaemonCommand),
    /// Run the daemon as a service of systemd, launchd or the task scheduler
    #[command(subcommand, after_help = help::SERVICE)]
    Service(ServiceCommand),
    /// Show the daemon, its protections and every profile's token
    #[command(after_help = help::STATUS)]
    Status {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Check everything between this shell and a token, and say what is wrong and how to fix it
    #[command(after_help = help::DOCTOR)]
    Doctor(DoctorOptions),
    /// Show who asked for what and when
    #[command(after_help = help::LOG)]
    Log(LogOptions),
    /// Drop live tokens, and let a refused secret be tried once more
    #[command(after_help = help::FORGET)]
    Forget(ForgetOptions),
    /// Erase tokens and secrets from memory, and answer nobody until unlock
    #[command(after_help = help::LOCK)]
    Lock(LockOptions),
    /// Answer again after lock
    #[command(after_help = help::UNLOCK)]
    Unlock {
        /// Read the passphrase from the first line of standard input
        #[arg(long)]
        passphrase_stdin: bool,
    },
    /// Print the script that completes commands, options and profile names in a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// Which shell
        #[arg(value_name = "SHELL", value_parser = ["bash", "zsh", "fish", "powershell", "elvish"])]
        shell: String,
    },
    /// Print a page of the manual
    #[command(after_help = help::MANUAL)]
    Manual {
        /// Which page, as cp-token-get or cp-token-config
        #[arg(value_name = "PAGE", default_value = "cp-token")]
        page: String,
        /// Print the names of all pages
        #[arg(long, conflicts_with = "page")]
        list: bool,
    },
    /// Answer git, as one of its credential helpers
    #[command(after_help = help::GIT_CREDENTIAL)]
    GitCredential(GitCredentialOptions),
    /// Answer Bazel, as its credential helper
    #[command(after_help = help::BAZEL)]
    Bazel(BazelOptions),
    /// Answer docker, as its credential helper
    #[command(after_help = help::DOCKER)]
    Docker(DockerOptions),
    /// Answer kubectl, as its credential plugin
    #[command(after_help = help::KUBECTL)]
    Kubectl(KubectlOptions),
}

/// What to look at.
#[derive(Debug, clap::Args)]
pub(crate) struct DoctorOptions {
    /// Check this profile alone, and the daemon itself
    #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) profile: Option<ProfileName>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// How much of the log to show.
#[derive(Debug, clap::Args)]
pub(crate) struct LogOptions {
    /// The most entries, the newest of them; the daemon keeps a thousand
    #[arg(short = 'n', long = "entries", value_name = "N", default_value_t = 50, value_parser = count)]
    pub(crate) entries: u32,
    /// Print one JSON array
    #[arg(long)]
    pub(crate) json: bool,
}

fn count(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "it is a whole number, as 50")
}

/// Whose live tokens to drop.
#[derive(Debug, clap::Args)]
pub(crate) struct ForgetOptions {
    /// The profile; else $CP_TOKEN_PROFILE, else the default, else the only one
    #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
    pub(crate) profile: Option<ProfileName>,
    /// Those of every profile
    #[arg(long, conflicts_with = "profile")]
    pub(crate) all: bool,
}

/// How to lock.
#[derive(Debug, clap::Args)]
pub(crate) struct LockOptions {
    /// Not now, but whenever the machine is about to sleep
    #[arg(long)]
    pub(crate) on_suspend: bool,
    /// No longer when the machine is about to sleep; asks for no passphrase
    #[arg(long, conflicts_with_all = ["on_suspend", "passphrase_stdin"])]
    pub(crate) no_on_suspend: bool,
    /// Read the passphrase from the first line of standard input
    #[arg(long)]
    pub(crate) passphrase_stdin: bool,
}

/// What a command line comes to.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// Something to do.
    Line(Box<CommandLine>),
    /// Something to read: help or the version.
    Text(String),
}

/// Parses the arguments after the program's name; [`ErrorCode::USAGE`] with a one-line message.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Parsed, Failure> {
    let line = std::iter::once(OsString::from("cp-token")).chain(arguments.iter().cloned());
    match CommandLine::try_parse_from(line.clone()) {
        Ok(line) => Ok(Parsed::Line(Box::new(line))),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(Parsed::Text(layout::help(line, &error))),
        Err(error) if is_help_or_version(error.kind()) => Ok(Parsed::Text(error.render().to_string())),
        Err(_) if lacks_dashes(arguments) => Err(dashes_missing(arguments)),
        Err(error) => Err(usage_error::of(error, arguments)),
    }
}

/// Removes `--error-format` from the arguments; [`ErrorCode::USAGE`] if its value is neither `text` nor `json`.
pub(crate) fn error_format(arguments: &mut Vec<OsString>) -> Result<ErrorFormat, Failure> {
    const NAME: &str = "--error-format";
    let mut format = ErrorFormat::Text;
    // What stands behind -- belongs to the program that is to be run.
    while let Some(place) =
        before_dashes(arguments).iter().position(|word| word.to_str().is_some_and(|w| is_option(w, NAME)))
    {
        let word = arguments.remove(place);
        let attached = word.to_str().and_then(|word| word.split_once('=')).map(|(_, value)| value.into());
        let value = match attached {
            Some(value) => value,
            None if place < before_dashes(arguments).len() => arguments.remove(place),
            None => OsString::new(),
        };
        format = match value.to_str() {
            Some("text") => ErrorFormat::Text,
            Some("json") => ErrorFormat::Json,
            _ => return Err(Failure::new(ErrorCode::USAGE, "--error-format is text or json")),
        };
    }
    Ok(format)
}

/// The arguments before `--`.
fn before_dashes(arguments: &[OsString]) -> &[OsString] {
    arguments.split(|word| word == "--").next().unwrap_or_default()
}

/// Whether another program is to be run, and nothing says where its words begin.
fn lacks_dashes(arguments: &[OsString]) -> bool {
    matches!(arguments.first().and_then(|word| word.to_str()), Some("curl" | "exec"))
        && before_dashes(arguments).len() == arguments.len()
}

fn dashes_missing(arguments: &[OsString]) -> Failure {
    let is_curl = arguments.first().is_some_and(|word| word == "curl");
    let hint = if is_curl {
        "write: cp-token curl -- CURL-OPTIONS URL-OR-PATH"
    } else {
        "write: cp-token exec -- CMD ARGUMENTS"
    };
    Failure::new(ErrorCode::USAGE, "missing `--` before the command to run").with_hint(hint)
}

fn is_option(word: &str, name: &str) -> bool {
    word.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
}

fn is_help_or_version(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}

#[cfg(test)]
mod tests;
