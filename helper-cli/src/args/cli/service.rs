//! Owns the command line of `cp-token service`.

use clap::Subcommand;

/// What to do with the service.
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
