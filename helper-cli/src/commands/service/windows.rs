//! Owns `cp-token service` with the task scheduler: which commands `schtasks` is given, and in which order.

use cp_token_protocol::{ErrorCode, Failure};

use super::files::{State, UnitFile, state_folder};
use super::report::{ReportedFile, ServiceReport};
use super::task::{self, NAME};
use super::{Tool, daemon_path, require_stoppable, show, stop_running};
use crate::commands::shared::not_written;
use crate::commands::status;

pub(super) fn install(force: bool) -> Result<Vec<String>, Failure> {
    let schtasks = Tool::find("schtasks.exe")?;
    let file = wanted()?;
    file.require_replaceable(force)?;
    if is_known(&schtasks) && file.state() == State::Current {
        return Ok(vec![format!("unchanged: the task {NAME}")]);
    }
    require_stoppable(force)?;
    let mut said: Vec<String> = stop_running()?.into_iter().collect();
    let handed = file.path.with_extension("utf16.xml");
    file.put()?;
    std::fs::write(&handed, task::bytes(&text()?)).map_err(|error| not_written(&error))?;
    let created = schtasks.run(&["/Create", "/TN", NAME, "/XML", &show(&handed), "/F"]);
    let _ = std::fs::remove_file(&handed);
    created?;
    said.push(format!("registered: the task {NAME}, which starts the daemon at logon"));
    schtasks.run(&["/Run", "/TN", NAME])?;
    said.push(format!("started: the task {NAME}"));
    Ok(said)
}

pub(super) fn uninstall(force: bool) -> Result<Vec<String>, Failure> {
    let schtasks = Tool::find("schtasks.exe")?;
    let mut said = Vec::new();
    if is_known(&schtasks) {
        require_stoppable(force)?;
        said.extend(stop_running()?);
        schtasks.run(&["/Delete", "/TN", NAME, "/F"])?;
        said.push(format!("removed: the task {NAME}"));
    }
    wanted()?.remove()?;
    Ok(said)
}

pub(super) fn status() -> Result<ServiceReport, Failure> {
    let schtasks = Tool::find("schtasks.exe")?;
    let (file, is_known) = (wanted()?, is_known(&schtasks));
    let state = if file.state() == State::Current { "current" } else { "older" };
    let report = status::of_running().ok().flatten();
    Ok(ServiceReport {
        manager: "task",
        installed: is_known,
        files: is_known.then(|| ReportedFile { path: format!(r"\{NAME}"), state }).into_iter().collect(),
        enabled: is_known,
        active: is_known && report.is_some(),
        reached_from_here: report.is_some(),
        ..ServiceReport::of(report)
    })
}

fn is_known(schtasks: &Tool) -> bool {
    schtasks.answer(&["/Query", "/TN", NAME]).is_some()
}

fn text() -> Result<String, Failure> {
    Ok(task::text(&daemon_path()?, &user()?))
}

/// A copy of what was registered: the scheduler keeps the task itself, in a form of its own.
fn wanted() -> Result<UnitFile, Failure> {
    UnitFile::new(&state_folder()?, "cp-tokend-task.xml", text()?)
}

/// The user as the scheduler names him.
fn user() -> Result<String, Failure> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let user = variable("USERDOMAIN").zip(variable("USERNAME"));
    user.map(|(domain, user)| format!(r"{domain}\{user}")).ok_or_else(|| {
        let message = "USERDOMAIN and USERNAME do not say whose task it would be";
        Failure::new(ErrorCode::NOT_ON_THIS_MACHINE, message).with_hint("run this in an ordinary session")
    })
}
