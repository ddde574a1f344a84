//! Owns `cp-token service` with systemd: which commands `systemctl --user` is given, and in which order.

use std::path::{Path, PathBuf};

use cp_token_protocol::{ErrorCode, Failure, IpcAddress};

use super::files::{State, UnitFile};
use super::report::{ReportedFile, ServiceReport};
use super::systemd::{self, SERVICE, SOCKET, Unit};
use super::{Tool, daemon_path, home, require_stoppable, show, stop_running};
use crate::commands::shared::ipc_address;
use crate::commands::status;

/// Where packages and administrators put units for every user.
const SHARED: [&str; 5] = [
    "/etc/systemd/user",
    "/run/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
    "/lib/systemd/user",
];

/// `systemctl`; [`ErrorCode::NOT_ON_THIS_MACHINE`] if no manager of this user answers it.
fn reach() -> Result<Tool, Failure> {
    let systemctl = Tool::find("systemctl")?;
    if systemctl.answer(&["--user", "show", "--property=Version"]).is_some() {
        return Ok(systemctl);
    }
    let message = "no systemd of this user answers, as in containers, or after su";
    Err(Failure::new(ErrorCode::NOT_ON_THIS_MACHINE, message).with_hint(
        "log in as this user, or run: loginctl enable-linger; without a service, cp-token starts the daemon itself",
    ))
}

fn unit(systemctl: &Tool, name: &str) -> Unit {
    let properties = format!("--property={}", systemd::PROPERTIES);
    systemd::unit(&systemctl.answer(&["--user", "show", &properties, name]).unwrap_or_default())
}

pub(super) fn install(force: bool) -> Result<Vec<String>, Failure> {
    let (systemctl, address) = (reach()?, ipc_address()?);
    let package = package_folder();
    let files = if package.is_some() { Vec::new() } else { wanted()? };
    files.iter().try_for_each(|file| file.require_replaceable(force))?;
    let socket = unit(&systemctl, SOCKET);
    if !socket.is_active() {
        require_stoppable(force)?;
    }
    let mut said: Vec<String> = package.map(|folder| of_a_package(&folder)).into_iter().collect();
    let is_news = files.iter().any(|file| file.state() != State::Current);
    for file in &files {
        said.push(file.put()?);
    }
    if is_news || !socket.is_loaded() {
        systemctl.run(&["--user", "daemon-reload"])?;
    }
    said.extend(begin(&systemctl, &socket)?);
    said.extend(afterwards(&systemctl, &address, is_news && socket.is_active()));
    Ok(said)
}

fn of_a_package(folder: &Path) -> String {
    format!("units: those of a package, in {}", show(folder))
}

/// Enables and starts the socket. A daemon that somebody starts in between is replaced: the service's daemon waits until
/// that one notices that callers no longer reach it, and ends.
fn begin(systemctl: &Tool, socket: &Unit) -> Result<Vec<String>, Failure> {
    if socket.is_active() && socket.file_state == "enabled" {
        return Ok(vec![format!("unchanged: {SOCKET} is enabled and listens")]);
    }
    let stopped = if socket.is_active() { None } else { stop_running()? };
    systemctl.run(&["--user", "reset-failed", SOCKET, SERVICE]).ok();
    systemctl.run(&["--user", "enable", "--now", SOCKET])?;
    let started = format!("enabled and started: {SOCKET}; the daemon starts with the first caller");
    Ok(stopped.into_iter().chain([started]).collect())
}

fn afterwards(systemctl: &Tool, address: &IpcAddress, is_stale: bool) -> Vec<String> {
    let mut said = Vec::new();
    if is_stale {
        said.push(format!("to do: the new units hold after: systemctl --user restart {SOCKET}"));
    }
    let (listens, ours) = (unit(systemctl, SOCKET).listens, show(address.socket()));
    if !listens.is_empty() && listens != ours {
        said.push(format!(
            "to do: this shell uses the socket {ours}, the service {listens}; unset CP_TOKEN_SOCKET, and set \
            XDG_RUNTIME_DIR as the session has it"
        ));
    }
    let own = ["CP_TOKEN_CONFIG_DIR", "CP_TOKEN_STATE_DIR", "CP_TOKEN_LOG"];
    said.extend(own.iter().filter(|name| std::env::var_os(name).is_some()).map(|name| {
        format!(
            "to do: {name} of this shell does not reach the service; see: systemctl --user edit {SERVICE}"
        )
    }));
    said
}

pub(super) fn uninstall(force: bool) -> Result<Vec<String>, Failure> {
    let files = wanted()?;
    files.iter().try_for_each(|file| file.require_replaceable(force))?;
    let systemctl = reach();
    let mut said = Vec::new();
    match &systemctl {
        Ok(systemctl) => said.extend(end(systemctl, force)?),
        // Without a manager nothing runs for it, and what would begin with the next session is a link of its own.
        Err(_) => drop(std::fs::remove_file(folder()?.join("sockets.target.wants").join(SOCKET))),
    }
    for file in &files {
        said.extend(file.remove()?);
    }
    if let Ok(systemctl) = &systemctl
        && !said.is_empty()
    {
        systemctl.run(&["--user", "daemon-reload"])?;
    }
    said.extend(package_folder().map(|folder| of_a_package(&folder) + "; they stay"));
    Ok(said)
}

fn end(systemctl: &Tool, force: bool) -> Result<Option<String>, Failure> {
    let (socket, service) = (unit(systemctl, SOCKET), unit(systemctl, SERVICE));
    if service.process != 0 {
        require_stoppable(force)?;
    }
    let is_in_use = socket.file_state == "enabled" || service.process != 0;
    if !(socket.is_active() || socket.is_loaded() && is_in_use) {
        return Ok(None);
    }
    systemctl.run(&["--user", "disable", "--now", SOCKET])?;
    systemctl.run(&["--user", "stop", SERVICE])?;
    Ok(Some(format!("stopped and disabled: {SOCKET}, {SERVICE}")))
}

pub(super) fn status() -> Result<ServiceReport, Failure> {
    let systemctl = reach()?;
    let (socket, service) = (unit(&systemctl, SOCKET), unit(&systemctl, SERVICE));
    let pid = Some(service.process).filter(|process| *process != 0);
    let reached_from_here = socket.listens == show(ipc_address()?.socket());
    // Probing a socket that nobody serves yet would start the daemon.
    let running = (pid.is_some() && reached_from_here).then(|| status::of_running().ok().flatten());
    Ok(ServiceReport {
        manager: "systemd",
        installed: socket.is_loaded() && service.is_loaded(),
        files: files(&socket, &service)?,
        enabled: ["enabled", "enabled-runtime"].contains(&socket.file_state.as_str()),
        active: socket.is_active(),
        pid,
        reached_from_here,
        socket: Some(socket.listens).filter(|listens| !listens.is_empty()),
        ..ServiceReport::of(running.flatten())
    })
}

fn files(socket: &Unit, service: &Unit) -> Result<Vec<ReportedFile>, Failure> {
    let wanted = wanted()?;
    let state = |path: &str| match wanted.iter().find(|file| show(&file.path) == path).map(UnitFile::state) {
        None | Some(State::Absent) => "package",
        Some(state) => state.name(),
    };
    let paths = [&socket.file, &service.file].into_iter().filter(|path| !path.is_empty());
    Ok(paths.map(|path| ReportedFile { path: path.clone(), state: state(path) }).collect())
}

/// The folder in which a package's units are, if there are any.
fn package_folder() -> Option<PathBuf> {
    SHARED.map(PathBuf::from).into_iter().find(|folder| folder.join(SERVICE).exists())
}

fn folder() -> Result<PathBuf, Failure> {
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    Ok(config.map_or_else(|| home().map(|home| home.join(".config")), Ok)?.join("systemd/user"))
}

fn wanted() -> Result<Vec<UnitFile>, Failure> {
    let folder = folder()?;
    let service = systemd::service_text(&daemon_path()?).ok_or_else(|| {
        let message = "systemd runs no program whose path has a quote or a backslash";
        Failure::new(ErrorCode::NOT_ON_THIS_MACHINE, message).with_hint("install cp-token in another folder")
    })?;
    Ok(vec![
        UnitFile::new(&folder, SOCKET, systemd::SOCKET_TEXT.to_owned())?,
        UnitFile::new(&folder, SERVICE, service)?,
    ])
}
