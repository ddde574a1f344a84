//! Owns the paths of the daemon's files. It reads the variables it is given and touches no file.

use std::ffi::OsString;
use std::path::PathBuf;

use cp_token_protocol::{AddressError, IpcAddress, state_folder};

/// Every path of the daemon.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The socket.
    pub address: IpcAddress,
    /// The directory of `config.toml`.
    pub config: PathBuf,
    /// The directory of `state.json`, `codes.json` and `daemon.log`.
    pub state: PathBuf,
}

impl Paths {
    /// The paths by these variables.
    ///
    /// # Errors
    /// [`AddressError`] if a variable is not an absolute path, or there is no home directory.
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, AddressError> {
        let own = variable("CP_TOKEN_CONFIG_DIR").filter(|value| !value.is_empty()).map(PathBuf::from);
        let config = match own {
            Some(path) if !path.is_absolute() => return Err(AddressError::Relative("CP_TOKEN_CONFIG_DIR")),
            Some(path) => path,
            None => directories::BaseDirs::new().ok_or(AddressError::Nowhere)?.config_dir().join("cp-token"),
        };
        if config.is_relative() {
            return Err(AddressError::Relative("HOME"));
        }
        Ok(Self { address: IpcAddress::from_variables(&variable)?, config, state: state_folder(&variable)? })
    }

    /// The config file.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The state file.
    pub fn state_file(&self) -> PathBuf {
        self.state.join("state.json")
    }

    /// The file of used one-time codes.
    pub fn codes_file(&self) -> PathBuf {
        self.state.join("codes.json")
    }

    /// The log file of a daemon that the helper started.
    pub fn log_file(&self) -> PathBuf {
        self.state.join("daemon.log")
    }
}
