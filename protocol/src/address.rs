//! Owns where the socket is, and the folder of the daemon's lock. It reads the variables it is given and touches no
//! file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

#[cfg(target_os = "macos")]
#[path = "address/macos.rs"]
mod system;
#[cfg(windows)]
#[path = "address/windows.rs"]
mod system;

#[cfg(windows)]
use system::{default_socket, lock_folder};

/// The longest socket path in bytes: `sun_path` holds 108 with its closing zero on Linux, 104 elsewhere. On Windows,
/// the longest name of a pipe.
pub const ADDRESS_LIMIT: usize = if cfg!(windows) {
    256
} else if cfg!(target_os = "linux") {
    107
} else {
    103
};

/// The socket, in a folder that belongs to the user alone, or a pipe on Windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IpcAddress {
    socket: PathBuf,
    folder: PathBuf,
}

/// Why there is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the text of the error says it")]
pub enum AddressError {
    /// This variable holds a relative path.
    #[error("{0} must be an absolute path")]
    Relative(&'static str),
    #[error("the socket path {0} is longer than {ADDRESS_LIMIT} bytes")]
    TooLong(PathBuf),
    #[error("there is no home folder and no XDG_RUNTIME_DIR to meet in")]
    Nowhere,
    /// On Windows, the variable names no pipe of this machine.
    #[error(r"CP_TOKEN_SOCKET must be \\.\pipe\ and a name of letters, digits, '-', '_' and '.'")]
    NoPipe,
    #[error("the system does not say which user this is")]
    NoUser,
}

impl IpcAddress {
    /// The socket at `CP_TOKEN_SOCKET`, else `$XDG_RUNTIME_DIR/cp-token/daemon.sock`, else on macOS
    /// `cp-token/daemon.sock` in the user's own temporary folder, else `run/daemon.sock` in the state folder; on
    /// Windows the user's own pipe. Never in the shared temporary folder, and never an abstract name.
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, AddressError> {
        let socket = match absolute("CP_TOKEN_SOCKET", &variable)? {
            Some(path) => path,
            None => default_socket(&variable)?,
        };
        if socket.as_os_str().len() > ADDRESS_LIMIT {
            return Err(AddressError::TooLong(socket));
        }
        Ok(Self { folder: lock_folder(&socket, variable)?, socket })
    }

    /// The socket's path, or the pipe's.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The folder that holds the daemon's lock, and the socket if it is no pipe.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

#[cfg(not(windows))]
fn default_socket(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, AddressError> {
    #[cfg(target_os = "macos")]
    use system::runtime_folder;
    #[cfg(not(target_os = "macos"))]
    let runtime_folder = || None;
    match absolute("XDG_RUNTIME_DIR", &variable)?.or_else(runtime_folder) {
        Some(folder) => Ok(folder.join("cp-token/daemon.sock")),
        None => Ok(state_folder(variable)?.join("run/daemon.sock")),
    }
}

#[cfg(not(windows))]
fn lock_folder(socket: &Path, _: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, AddressError> {
    Ok(socket.parent().unwrap_or(Path::new("/")).to_owned())
}

/// The folder for state that is no secret: `CP_TOKEN_STATE_DIR`, else `cp-token` in the system's folder for state.
pub fn state_folder(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, AddressError> {
    if let Some(path) = absolute("CP_TOKEN_STATE_DIR", &variable)? {
        return Ok(path);
    }
    let base = directories::BaseDirs::new().ok_or(AddressError::Nowhere)?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_local_dir()).join("cp-token");
    // Helper and daemon have different working directories.
    if folder.is_absolute() { Ok(folder) } else { Err(AddressError::Relative("HOME")) }
}

fn absolute(
    name: &'static str,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<PathBuf>, AddressError> {
    match variable(name).filter(|value| !value.is_empty()).map(PathBuf::from) {
        Some(path) if !path.is_absolute() => Err(AddressError::Relative(name)),
        path => Ok(path),
    }
}

#[cfg(test)]
#[cfg(not(windows))]
mod tests {
    use super::*;

    fn resolve(variables: &[(&str, &str)]) -> Result<PathBuf, AddressError> {
        let find =
            |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, v)| OsString::from(v));
        IpcAddress::from_variables(find).map(|address| address.socket().to_owned())
    }

    #[test]
    fn the_socket_variable_wins_then_the_runtime_folder_then_the_state_folder() {
        let all = [
            ("CP_TOKEN_SOCKET", "/s/d.sock"),
            ("XDG_RUNTIME_DIR", "/run/user/1"),
            ("CP_TOKEN_STATE_DIR", "/st"),
        ];
        assert_eq!(resolve(&all), Ok("/s/d.sock".into()));
        assert_eq!(resolve(&all[1..]), Ok("/run/user/1/cp-token/daemon.sock".into()));
        assert_eq!(resolve(&all[2..]), Ok("/st/run/daemon.sock".into()));
    }

    #[test]
    fn b16_a_relative_runtime_folder_is_refused_and_an_empty_one_is_absent() {
        assert_eq!(resolve(&[("XDG_RUNTIME_DIR", "run")]), Err(AddressError::Relative("XDG_RUNTIME_DIR")));
        let empty = [("XDG_RUNTIME_DIR", ""), ("CP_TOKEN_STATE_DIR", "/st")];
        assert_eq!(resolve(&empty), Ok("/st/run/daemon.sock".into()));
    }

    #[test]
    fn a14_a_path_that_does_not_fit_is_an_error_and_is_never_cut() {
        let fits = format!("/{}", "x".repeat(ADDRESS_LIMIT - 1));
        assert_eq!(resolve(&[("CP_TOKEN_SOCKET", &fits)]), Ok(fits.clone().into()));
        let over = format!("{fits}x");
        assert_eq!(resolve(&[("CP_TOKEN_SOCKET", &over)]), Err(AddressError::TooLong(over.into())));
    }
}
