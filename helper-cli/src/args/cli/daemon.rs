//! Owns the command line of `cp-token daemon`.

use clap::Subcommand;

/// What to do with the daemon.
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
