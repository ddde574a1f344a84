//! Owns the report of `cp-token service status`, for people and as JSON.

use cp_token_protocol::{ErrorCode, Failure};
use serde::Serialize;

use crate::commands::table::columns;
use crate::terminal::style::{Piece, TerminalStyle, Tone};

#[derive(Debug, Default, Serialize)]
pub(super) struct ServiceReport {
    /// `systemd`, `launchd` or `task`.
    pub(super) manager: &'static str,
    /// Whether the manager knows the service.
    pub(super) installed: bool,
    pub(super) files: Vec<ReportedFile>,
    /// Whether it begins with the session.
    pub(super) enabled: bool,
    /// Whether it is at work: for systemd, whether the socket is.
    pub(super) active: bool,
    /// The daemon's process, if one runs for the service.
    pub(super) pid: Option<u32>,
    pub(super) daemon_version: Option<String>,
    pub(super) helper_version: &'static str,
    /// Whether the versions differ.
    pub(super) skew: bool,
    /// Where the service listens, if it says so.
    pub(super) socket: Option<String>,
    /// Whether this shell uses the same socket.
    pub(super) reached_from_here: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct ReportedFile {
    pub(super) path: String,
    /// `current`, `older`, `edited` or `package`.
    pub(super) state: &'static str,
}

impl ServiceReport {
    /// An empty report about a daemon of that version.
    pub(super) fn of_version(daemon_version: Option<String>) -> Self {
        let helper_version = env!("CARGO_PKG_VERSION");
        let skew = daemon_version.as_deref().is_some_and(|version| version != helper_version);
        Self { daemon_version, helper_version, skew, ..Self::default() }
    }

    pub(super) fn lines(&self, style: &TerminalStyle) -> Vec<Vec<Piece>> {
        let tone = |good: bool| if good { Tone::Good } else { Tone::Warning };
        let word =
            |holds: bool, yes: &str, no: &str| vec![Piece::new(tone(holds), if holds { yes } else { no })];
        let mut lines = vec![
            ("manager", vec![Piece::plain(self.manager)]),
            ("installed", word(self.installed, "yes", "no")),
        ];
        let files = self.files.iter().map(|file| format!("{} ({})", file.path, file.state));
        lines.extend(files.map(|file| ("file", vec![Piece::plain(file)])));
        lines.push(("enabled", word(self.enabled, "yes", "no")));
        lines.push(("active", word(self.active, "yes", "no")));
        lines.push(("daemon", vec![self.daemon()]));
        if let Some(socket) = &self.socket {
            lines.push(("socket", vec![Piece::plain(socket.as_str())]));
            lines.push((
                "this shell",
                word(self.reached_from_here, "uses that socket", "uses another socket"),
            ));
        }
        columns::labelled(lines, style)
    }

    fn daemon(&self) -> Piece {
        match (self.pid, &self.daemon_version) {
            (None, _) => Piece::plain("starts with the next caller"),
            (Some(pid), None) => Piece::new(Tone::Warning, format!("process {pid}, which does not answer")),
            (Some(pid), Some(version)) if self.skew => {
                let own = self.helper_version;
                let text = format!("{version}, process {pid}; cp-token is {own}: cp-token daemon restart");
                Piece::new(Tone::Warning, text)
            }
            (Some(pid), Some(version)) => Piece::new(Tone::Good, format!("{version}, process {pid}")),
        }
    }

    /// [`ErrorCode::DAEMON_UNAVAILABLE`] unless the service is installed, enabled, active, and used by this shell.
    pub(super) fn verdict(&self) -> Result<(), Failure> {
        let message = if !self.installed {
            "the service is not installed"
        } else if !self.enabled {
            "the service is not enabled"
        } else if !self.active {
            "the service is not at work"
        } else if !self.reached_from_here {
            return Err(Failure::new(
                ErrorCode::DAEMON_UNAVAILABLE,
                "this shell uses another socket than the service",
            )
            .with_hint("unset CP_TOKEN_SOCKET, and set XDG_RUNTIME_DIR as the session has it"));
        } else {
            return Ok(());
        };
        Err(Failure::new(ErrorCode::DAEMON_UNAVAILABLE, message).with_hint("run: cp-token service install"))
    }
}
