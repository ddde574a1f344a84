//! Owns the paths of the daemon's files. It reads the variables it is given and touches no file.

use std::ffi::OsString;
use std::path::PathBuf;

use cp_token_protocol::{AddressError, IpcAddress, state_folder};

use crate::base::files;

/// Every path of the daemon.
#[derive(Debug, Clone)]
pub struct Paths {
    /// The socket.
    pub address: IpcAddress,
    /// The config file.
    pub config_file: PathBuf,
    /// The state file.
    pub state_file: PathBuf,
    /// The file of used one-time codes.
    pub codes_file: PathBuf,
    /// The log file of a daemon that the helper started.
    pub log_file: PathBuf,
}

impl Paths {
    /// The paths by these variables. Fails if a variable is not an absolute path, or there is no home directory.
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
        let state = state_folder(&variable)?;
        Ok(Self {
            address: IpcAddress::from_variables(&variable)?,
            config_file: config.join("config.toml"),
            state_file: state.join("state.json"),
            codes_file: state.join("codes.json"),
            log_file: state.join("daemon.log"),
        })
    }

    /// Every file that the daemon writes by itself, with the locks beside them.
    pub fn own_files(&self) -> Vec<PathBuf> {
        let state = ["state.lock", "codes.lock", "config.lock", "journal.lock"]
            .map(|name| self.state_file.with_file_name(name));
        let socket = self.address.socket();
        let mut files = ["daemon.lock", "start.lock"].map(|name| socket.with_file_name(name)).to_vec();
        files.extend([socket.to_owned(), files::older(&self.log_file)]);
        files.extend(
            [&self.config_file, &self.state_file, &self.codes_file, &self.log_file].map(Clone::clone),
        );
        files.extend(state);
        files
    }
}
