//! Owns `cp-token service` with launchd: which commands `launchctl` is given, and in which order.

use cp_token_protocol::{ErrorCode, Failure};

use super::files::{State, UnitFile};
use super::launchd::{self, LABEL};
use super::report::{ReportedFile, ServiceReport};
use super::{Tool, daemon_path, home, require_stoppable, show, stop_running};
use crate::commands::status;

pub(super) fn install(force: bool) -> Result<Vec<String>, Failure> {
    let launchctl = reach()?;
    let agent = wanted()?;
    agent.require_replaceable(force)?;
    let runs = is_known(&launchctl);
    if runs && agent.state() == State::Current {
        return Ok(vec![agent.put()?, format!("unchanged: {LABEL} is known to launchd")]);
    }
    require_stoppable(force)?;
    let mut said = vec![agent.put()?];
    if runs {
        launchctl.run(&["bootout", &target()])?;
    }
    said.extend(stop_running()?);
    launchctl.run(&["enable", &target()])?;
    launchctl.run(&["bootstrap", &domain(), &show(&agent.path)])?;
    said.push(format!("enabled and started: {LABEL}"));
    Ok(said)
}

pub(super) fn uninstall(force: bool) -> Result<Vec<String>, Failure> {
    let agent = wanted()?;
    agent.require_replaceable(force)?;
    let mut said = Vec::new();
    if let Ok(launchctl) = reach()
        && is_known(&launchctl)
    {
        require_stoppable(force)?;
        launchctl.run(&["bootout", &target()])?;
        said.push(format!("stopped: {LABEL}"));
    }
    said.extend(agent.remove()?);
    Ok(said)
}

pub(super) fn status() -> Result<ServiceReport, Failure> {
    let launchctl = reach()?;
    let agent = wanted()?;
    let state = Some(agent.state()).filter(|state| *state != State::Absent).map(State::name);
    let known = launchctl.answer(&["print", &target()]);
    let report = status::of_running().ok().flatten();
    let pid = known.as_deref().and_then(launchd::process);
    Ok(ServiceReport {
        manager: "launchd",
        installed: state.is_some(),
        files: state.map(|state| ReportedFile { path: show(&agent.path), state }).into_iter().collect(),
        enabled: known.is_some(),
        active: pid.is_some(),
        pid,
        reached_from_here: report.as_ref().is_some_and(|report| Some(report.pid) == pid),
        ..ServiceReport::of(report)
    })
}

/// `launchctl`, if it reaches the session of this user.
fn reach() -> Result<Tool, Failure> {
    let launchctl = Tool::find("launchctl")?;
    if launchctl.answer(&["print", &domain()]).is_some() {
        return Ok(launchctl);
    }
    let message = "no launchd session of this user answers, as over ssh without a login";
    Err(Failure::new(ErrorCode::NOT_ON_THIS_MACHINE, message)
        .with_hint("log in at the screen, and run this again"))
}

fn is_known(launchctl: &Tool) -> bool {
    launchctl.answer(&["print", &target()]).is_some()
}

fn domain() -> String {
    format!("gui/{}", rustix::process::getuid().as_raw())
}

fn target() -> String {
    format!("{}/{LABEL}", domain())
}

fn wanted() -> Result<UnitFile, Failure> {
    let folder = home()?.join("Library/LaunchAgents");
    UnitFile::new(&folder, &format!("{LABEL}.plist"), launchd::text(&daemon_path()?))
}
