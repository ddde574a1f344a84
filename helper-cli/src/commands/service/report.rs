//! Owns the report of `cp-token service status`, for people and as JSON.

use cp_token_protocol::message::StatusReport;
use cp_token_protocol::{ErrorCode, Failure};
use serde::Serialize;

use crate::commands::table::columns;
use crate::terminal::style::{Piece, TerminalStyle, Tone};

#[derive(Debug, Default, Serialize)]
pub(super) struct ServiceReport {
    /// `systemd`, `launchd` or `task`.
    pub(super) manager: &'static str,
    pub(super) installed: bool,
    pub(super) files: Vec<ReportedFile>,
    /// Whether it begins with the session.
    pub(super) enabled: bool,
    /// Whether it is at work: for systemd, whether the socket is.
    pub(super) active: bool,
    pub(super) pid: Option<u32>,
    pub(super) daemon_version: Option<String>,
    pub(super) helper_version: &'static str,
    pub(super) skew: bool,
    /// Where the service listens, if it says so.
    pub(super) socket: Option<String>,
    pub(super) reached_from_here: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct ReportedFile {
    pub(super) path: String,
    /// `current`, `older`, `edited` or `package`.
    pub(super) state: &'static str,
}

impl ServiceReport {
    pub(super) fn of(daemon: Option<StatusReport>) -> Self {
        let helper_version = env!("CARGO_PKG_VERSION");
        let skew = daemon.as_ref().is_some_and(|daemon| daemon.version != helper_version);
        let pid = daemon.as_ref().map(|daemon| daemon.pid);
        let (daemon_version, socket) = daemon.map(|daemon| (daemon.version, daemon.socket)).unzip();
        Self { pid, daemon_version, helper_version, skew, socket, ..Self::default() }
    }

    pub(super) fn lines(&self, style: &TerminalStyle) -> Vec<Vec<Piece>> {
        let word = |holds: bool, yes: &str, no: &str| match holds {
            true => Piece::new(Tone::Good, yes),
            false => Piece::new(Tone::Warning, no),
        };
        let yes = |holds| word(holds, "yes", "no");
        let mut lines = vec![("manager", Piece::plain(self.manager)), ("installed", yes(self.installed))];
        let files = self.files.iter().map(|file| format!("{} ({})", file.path, file.state));
        lines.extend(files.map(|file| ("file", Piece::plain(file))));
        lines.extend([
            ("enabled", yes(self.enabled)),
            ("active", yes(self.active)),
            ("daemon", self.daemon()),
        ]);
        if let Some(socket) = &self.socket {
            lines.push(("socket", Piece::plain(socket.as_str())));
            lines.push((
                "this shell",
                word(self.reached_from_here, "uses that socket", "uses another socket"),
            ));
        }
        columns::labelled(lines.into_iter().map(|(label, piece)| (label, vec![piece])).collect(), style)
    }

    fn daemon(&self) -> Piece {
        match (self.pid, &self.daemon_version) {
            (None, _) => Piece::plain("starts with the next caller"),
            (Some(pid), None) => Piece::new(Tone::Warning, format!("process {pid}, which does not answer")),
            (Some(pid), Some(version)) if !self.skew => {
                Piece::new(Tone::Good, format!("{version}, process {pid}"))
            }
            (Some(pid), Some(version)) => {
                let own = self.helper_version;
                let text = format!("{version}, process {pid}; cp-token is {own}: cp-token daemon restart");
                Piece::new(Tone::Warning, text)
            }
        }
    }

    /// [`ErrorCode::DAEMON_UNAVAILABLE`] unless the service is installed, enabled, active, and used by this shell.
    pub(super) fn require_active(&self) -> Result<(), Failure> {
        let message = if !self.installed {
            "the service is not installed"
        } else if !self.enabled {
            "the service is not enabled"
        } else if !self.active {
            "the service is not at work"
        } else if self.reached_from_here {
            return Ok(());
        } else {
            return Err(Failure::new(
                ErrorCode::DAEMON_UNAVAILABLE,
                "this shell uses another socket than the service",
            )
            .with_hint("unset CP_TOKEN_SOCKET, and set XDG_RUNTIME_DIR as the session has it"));
        };
        Err(Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message).with_hint("run: cp-token service install"))
    }
}
