//! Owns `cp-token service` with the task scheduler: which commands `schtasks` is given, and in which order.

use cp_token_protocol::{ErrorCode, Failure, state_folder};

use super::files::{State, UnitFile};
use super::report::{ReportedFile, ServiceReport};
use super::task::{self, NAME};
use super::{Tool, daemon_path, running, show};
use crate::commands::shared::{ipc_address, not_written};

pub(super) fn install(force: bool) -> Result<Vec<String>, Failure> {
    let schtasks = Tool::find("schtasks.exe")?;
    let (file, address) = (wanted()?, ipc_address()?);
    file.require_replaceable(force)?;
    let is_known = is_known(&schtasks);
    if is_known && file.state() == State::Current {
        return Ok(vec![format!("unchanged: the task {NAME}")]);
    }
    running::require_stoppable(&address, force)?;
    let mut said: Vec<String> = running::stop(&address)?.into_iter().collect();
    let handed = file.path.with_extension("utf16.xml");
    file.put()?;
    std::fs::write(&handed, task::bytes(&text()?)).map_err(|error| not_written(&error))?;
    let created = schtasks.tell(&["/Create", "/TN", NAME, "/XML", &show(&handed), "/F"]);
    let _ = std::fs::remove_file(&handed);
    created?;
    said.push(format!("registered: the task {NAME}, which starts the daemon at logon"));
    schtasks.tell(&["/Run", "/TN", NAME])?;
    said.push(format!("started: the task {NAME}"));
    Ok(said)
}

pub(super) fn uninstall(force: bool) -> Result<Vec<String>, Failure> {
    let schtasks = Tool::find("schtasks.exe")?;
    let mut said = Vec::new();
    if is_known(&schtasks) {
        let address = ipc_address()?;
        running::require_stoppable(&address, force)?;
        said.extend(running::stop(&address)?);
        schtasks.tell(&["/Delete", "/TN", NAME, "/F"])?;
        said.push(format!("removed: the task {NAME}"));
    }
    wanted()?.remove()?;
    if said.is_empty() {
        said.push("nothing was installed".to_owned());
    }
    Ok(said)
}

pub(super) fn status() -> Result<ServiceReport, Failure> {
    let schtasks = Tool::find("schtasks.exe")?;
    let (file, is_known) = (wanted()?, is_known(&schtasks));
    let state = if file.state() == State::Current { "current" } else { "older" };
    let report = running::report(&ipc_address()?).ok().flatten();
    Ok(ServiceReport {
        manager: "task",
        installed: is_known,
        files: is_known.then(|| ReportedFile { path: format!(r"\{NAME}"), state }).into_iter().collect(),
        enabled: is_known,
        active: is_known && report.is_some(),
        pid: report.as_ref().map(|report| report.pid),
        reached_from_here: report.is_some(),
        socket: report.as_ref().map(|report| report.socket.clone()),
        ..ServiceReport::of_version(report.map(|report| report.version))
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
    let state = state_folder(|name| std::env::var_os(name));
    let state = state.map_err(|error| Failure::new(ErrorCode::CONFIG_BROKEN, error.to_string()))?;
    UnitFile::new(&state, "cp-tokend-task.xml", text()?)
}

/// The user as the scheduler names him.
fn user() -> Result<String, Failure> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let user = variable("USERDOMAIN").zip(variable("USERNAME"));
    user.map(|(domain, user)| format!(r"{domain}\{user}")).ok_or_else(|| {
        Failure::new(
            ErrorCode::NOT_ON_THIS_MACHINE,
            "USERDOMAIN and USERNAME do not say whose task it would be",
        )
        .with_hint("run this in an ordinary session")
    })
}
