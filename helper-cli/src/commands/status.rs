//! Owns `cp-token status`. It starts no daemon, because it is asked what is, not what could be.

use cp_token_protocol::Failure;
use cp_token_protocol::message::{
    KeyringReport, ProfileReport, ProtectionReport, ProtectionState, Request, SecretSource, StatusReport,
};

use super::profiles::profiles;
use super::shared::{ask_running, not_running};
use super::table::columns;
use super::{json, labels, table};
use crate::daemon::client::{self, Connection, content_of};
use crate::terminal::{Piece, TerminalStyle, Tone, date, output, sanitize};

/// Shows the daemon and its profiles; [`cp_token_protocol::ErrorCode::DAEMON_UNAVAILABLE`] if none runs.
pub(super) fn run(as_json: bool) -> Result<(), Failure> {
    let ask = || of_running()?.ok_or_else(not_running);
    let report = match ask() {
        Err(failure) if client::is_retryable(&failure) => ask()?,
        outcome => outcome?,
    };
    let (report, profiles) = with_profiles(report, ask)?;
    output::print_report(as_json, &json::status(&report, &profiles), |style| lines(&report, &profiles, style))
}

/// The profiles; none if locked or the config is broken. The list reloads the config, so the status is requested after it.
fn with_profiles(
    report: StatusReport,
    ask: impl Fn() -> Result<StatusReport, Failure>,
) -> Result<(StatusReport, Vec<ProfileReport>), Failure> {
    if report.locked {
        return Ok((report, Vec::new()));
    }
    let profiles = profiles();
    let report = ask()?;
    match profiles {
        Ok(profiles) => Ok((report, profiles)),
        Err(failure) if report.config_problem.as_ref() == Some(&failure.message) => Ok((report, Vec::new())),
        Err(failure) => Err(failure),
    }
}

pub(super) fn of_running() -> Result<Option<StatusReport>, Failure> {
    ask_running(&Request::Status)?.map(|response| content_of!(response, Status)).transpose()
}

pub(super) fn report(connection: Connection<'_>) -> Result<StatusReport, Failure> {
    content_of!(connection.ask(&Request::Status)?, Status)
}

fn lines(report: &StatusReport, profiles: &[ProfileReport], style: &TerminalStyle) -> Vec<Vec<Piece>> {
    let up = date::span(report.uptime_s.saturating_mul(1000));
    let head = format!("cp-tokend {}, process {}, up {up}", report.version, report.pid);
    let mut lines = vec![vec![Piece::new(Tone::Head, head)]];
    lines.extend(columns::labelled(account(report, profiles), style));
    if !report.locked && profiles.is_empty() && report.config_problem.is_some() {
        lines.extend([Vec::new(), vec![Piece::plain("no profile is in force")]]);
    } else if !report.locked {
        lines.push(Vec::new());
        lines.extend(table::profiles(profiles, style));
    }
    lines
}

fn account(report: &StatusReport, profiles: &[ProfileReport]) -> Vec<(&'static str, Vec<Piece>)> {
    let skew = skew(&report.version, env!("CARGO_PKG_VERSION"));
    let mut account: Vec<_> = skew.map(|piece| ("version", vec![piece])).into_iter().collect();
    account.extend([
        ("protocol", vec![Piece::plain(report.protocol.to_string())]),
        ("socket", vec![Piece::plain(report.socket.as_str())]),
        ("config", config(report)),
        ("keyring", vec![keyring(report.keyring)]),
        ("lock", vec![Piece::plain(labels::lock(report.locked, report.locks_on_suspend))]),
    ]);
    account.extend(protections(&report.protections));
    let ways = table::routes(profiles);
    account.extend(ways.into_iter().map(|way| ("network", vec![Piece::plain(way)])));
    account
}

/// A daemon that an upgrade left behind works, and lacks what the upgrade fixes.
fn skew(daemon: &str, helper: &str) -> Option<Piece> {
    let message = || format!("cp-token is {helper}; run: cp-token daemon restart");
    (daemon != helper).then(|| Piece::new(Tone::Warning, message()))
}

fn config(report: &StatusReport) -> Vec<Piece> {
    let problem = report.config_problem.iter();
    let problem = problem.map(|problem| Piece::new(Tone::Bad, format!(" (not in force: {problem})")));
    std::iter::once(Piece::plain(report.config_file.as_str())).chain(problem).collect()
}

fn keyring(report: KeyringReport) -> Piece {
    let problem = if report == KeyringReport::Untried { Tone::Plain } else { Tone::Warning };
    let tone = if report == KeyringReport::Working { Tone::Good } else { problem };
    Piece::new(tone, labels::keyring(report))
}

/// Those that are on are one line; each other has its own.
fn protections(all: &[ProtectionReport]) -> Vec<(&'static str, Vec<Piece>)> {
    let (on, others): (Vec<_>, Vec<_>) = all.iter().partition(|each| each.state == ProtectionState::On);
    let count = match others.len() {
        0 => Piece::new(Tone::Good, format!("all {} on", on.len())),
        _ => Piece::plain(format!("{} of {} on", on.len(), all.len())),
    };
    let detailed = on.iter().filter(|each| !each.detail.is_empty());
    let details = detailed.map(|each| Piece::plain(format!(" ({}: {})", each.name, sanitize(&each.detail))));
    let summary = (!all.is_empty()).then(|| std::iter::once(count).chain(details).collect());
    summary.into_iter().chain(others.into_iter().map(protection)).map(|line| ("protections", line)).collect()
}

fn protection(report: &ProtectionReport) -> Vec<Piece> {
    let tone = match report.state {
        ProtectionState::On => Tone::Good,
        ProtectionState::Off => Tone::Bad,
        ProtectionState::Unsupported => Tone::Faint,
    };
    let detail = Some(sanitize(&report.detail)).filter(|detail| !detail.is_empty());
    let mut pieces =
        vec![Piece::plain(format!("{}: ", report.name)), Piece::new(tone, labels::protection(report.state))];
    pieces.extend(detail.map(|detail| Piece::plain(format!(" ({detail})"))));
    pieces
}

/// The secrets that nothing but the daemon's memory holds; nothing if there is none.
pub(super) fn secrets_lost(report: &StatusReport) -> Option<String> {
    if report.locked {
        return Some("it is locked, and secrets that only its memory holds would be lost".to_owned());
    }
    if report.secrets_in_memory == 0 {
        return None;
    }
    // A broken config file must not prevent the stop.
    let profiles = profiles().unwrap_or_default();
    let is_in_memory = |profile: &&ProfileReport| profile.secret_source == SecretSource::Memory;
    let names = labels::names(profiles.iter().filter(is_in_memory));
    Some(match names.as_str() {
        "" => "the secret of a profile is in its memory alone".to_owned(),
        several if several.contains(", ") => format!("the secrets of {several} are in its memory alone"),
        one => format!("the secret of {one} is in its memory alone"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b21_a_daemon_of_another_version_is_shown_with_its_fix_and_the_same_is_not() {
        let shown = |daemon| skew(daemon, "0.2.0").map(|piece| format!("{piece:?}"));
        assert!(shown("0.1.0").is_some_and(|line| line.contains("run: cp-token daemon restart")));
        assert_eq!(shown("0.2.0"), None);
    }
}
