//! Owns the commands of `cp-token profile` and their options. It only parses.

use clap::Subcommand;
use cp_token_protocol::ProfileName;

use self::options::{CreateOptions, ImportOptions, UpdateOptions};
use super::help;

pub(crate) mod options;
pub(crate) mod settings;

#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    /// Create a profile for an API client or a user; the secret is asked for
    #[command(after_help = help::CREATE, override_usage = help::CREATE_USAGE)]
    Create(CreateOptions),
    /// List all profiles
    #[command(after_help = help::LIST)]
    List {
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
    /// Show one profile
    Show {
        /// Which
        #[arg(value_name = "NAME", value_parser = ProfileName::parse)]
        name: ProfileName,
        /// Print one JSON object, as in the array of list --json
        #[arg(long)]
        json: bool,
    },
    /// Change a profile; what is not named stays
    #[command(after_help = help::UPDATE)]
    Update(UpdateOptions),
    /// Take over the profiles of crashplancli and code42cli, in which nothing is changed
    #[command(after_help = help::IMPORT)]
    Import(ImportOptions),
    /// Make a profile the default
    Use {
        /// Which
        #[arg(value_name = "NAME", value_parser = ProfileName::parse)]
        name: ProfileName,
    },
    /// Delete a profile and its secret; the API client itself stays in the console
    Delete {
        /// Which
        #[arg(value_name = "NAME", value_parser = ProfileName::parse)]
        name: ProfileName,
        /// Do not ask first; needed where standard input or standard error is no terminal
        #[arg(short, long)]
        yes: bool,
    },
    /// Replace a profile's secret, after "Reset API secret" in the console or a new password
    #[command(after_help = help::RESET_SECRET)]
    ResetSecret {
        /// Which
        #[arg(value_name = "NAME", value_parser = ProfileName::parse)]
        name: ProfileName,
        /// Read the secret from the first line of standard input; a second line is the seed of stored codes
        #[arg(long)]
        secret_stdin: bool,
        /// Store it without verifying it with one token request first
        #[arg(long)]
        no_verify: bool,
    },
}
