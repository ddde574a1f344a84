//! Owns the commands and those of their options that are few. It only parses.

use std::ffi::OsString;

use clap::Subcommand;
use cp_token_protocol::ProfileName;

use super::help;
use super::profile::ProfileCommand;
use super::token::{CurlOptions, ExecOptions, GetOptions};

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
    Doctor {
        /// Check this profile alone, and the daemon itself
        #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
        profile: Option<ProfileName>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Show who asked for what and when
    #[command(after_help = help::LOG)]
    Log {
        /// The most entries, the newest of them; the daemon keeps a thousand
        #[arg(short = 'n', long, value_name = "N", default_value_t = 50, value_parser = count)]
        entries: u32,
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
    /// Drop live tokens, and let a refused secret be tried once more
    #[command(after_help = help::FORGET)]
    Forget {
        /// The profile; else $CP_TOKEN_PROFILE, else the default, else the only one
        #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
        profile: Option<ProfileName>,
        /// Those of every profile
        #[arg(long, conflicts_with = "profile")]
        all: bool,
    },
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
    GitCredential {
        /// Answer for this profile alone
        #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
        profile: Option<ProfileName>,
        /// What git wants: get, store, erase or capability; it may invent more
        #[arg(value_name = "OPERATION")]
        operation: OsString,
    },
    /// Answer Bazel, as its credential helper
    #[command(after_help = help::BAZEL)]
    Bazel {
        /// Answer for this profile alone
        #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
        profile: Option<ProfileName>,
        /// What Bazel wants: headers for the URI on standard input
        #[arg(value_name = "OPERATION", value_parser = ["get"])]
        operation: String,
    },
    /// Answer docker, as its credential helper
    #[command(after_help = help::DOCKER)]
    Docker {
        /// Answer for this profile alone
        #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
        profile: Option<ProfileName>,
        /// What docker wants
        #[arg(value_name = "OPERATION", value_enum)]
        operation: DockerOperation,
    },
    /// Answer kubectl, as its credential plugin
    #[command(after_help = help::KUBECTL)]
    Kubectl {
        /// The profile; without one, the one for the cluster, else $CP_TOKEN_PROFILE or the default
        #[arg(short, long, value_name = "NAME", value_parser = ProfileName::parse)]
        profile: Option<ProfileName>,
    },
}

fn count(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "it is a whole number, as 50")
}

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(crate) enum DaemonCommand {
    /// Start it, if it does not run already
    Start,
    /// Stop it; live tokens are lost, and secrets that are in its memory alone (--secret-source memory)
    Stop {
        /// Do not ask first if a secret would be lost; needed for that where standard input or standard error is no
        /// terminal
        #[arg(short, long)]
        yes: bool,
    },
    /// Let a new one take its place, on Linux with its tokens and secrets
    Restart,
    /// Let it read its config file again
    Reload,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(crate) enum ServiceCommand {
    /// Hand the daemon to systemd, launchd or the task scheduler, for this user alone
    Install {
        /// Also over files that somebody has edited, and over a daemon that would lose a secret
        #[arg(long)]
        force: bool,
    },
    /// Take it back: stop it, and remove what install wrote
    Uninstall {
        /// Also files that somebody has edited, and a daemon that would lose a secret
        #[arg(long)]
        force: bool,
    },
    /// Show whether it is installed, enabled and at work
    Status {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum DockerOperation {
    /// User name and password for the server on standard input
    Get,
    /// Nothing: profiles are made with cp-token profile create
    Store,
    /// Nothing: a token that docker forgets is still good
    Erase,
    /// Every server that is answered for, with its user name
    List,
    /// The version
    Version,
}
