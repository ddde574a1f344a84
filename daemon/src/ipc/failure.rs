//! Owns the failures of binding or adopting the socket.

use cp_token_protocol::ErrorCode;

use crate::failure::StartError;
#[cfg(unix)]
use crate::ipc::activation::ActivationError;
use crate::ipc::socket::BindError;
use crate::process::instance::InstanceError;

#[cfg(unix)]
impl StartError for ActivationError {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        (ErrorCode::CONFIG_UNSAFE, "fix the service manager's socket unit")
    }
}

impl StartError for BindError {
    fn meaning(&self) -> (ErrorCode, &'static str) {
        match self {
            BindError::Directory(..) => (
                ErrorCode::CONFIG_UNSAFE,
                "fix the folder, or set XDG_RUNTIME_DIR, CP_TOKEN_STATE_DIR or CP_TOKEN_SOCKET to a place of your own",
            ),
            BindError::Instance(InstanceError::Taken) => {
                (ErrorCode::DAEMON_UNAVAILABLE, "use it, or stop it with `cp-token daemon stop`")
            }
            #[cfg(unix)]
            BindError::ServiceManaged(_) => (
                ErrorCode::DAEMON_UNAVAILABLE,
                "use its daemon, or end the service with `cp-token service uninstall`",
            ),
            #[cfg(unix)]
            BindError::OtherName(_) => (
                ErrorCode::DAEMON_UNAVAILABLE,
                "there is one daemon for each folder: set CP_TOKEN_SOCKET to that, or to a name in another folder",
            ),
            #[cfg(unix)]
            BindError::NameCovered(_) => {
                (ErrorCode::DAEMON_UNAVAILABLE, "remove that: the daemon then makes its socket again")
            }
            BindError::NameTaken(_) => (ErrorCode::DAEMON_UNAVAILABLE, "then ask again"),
            BindError::Instance(InstanceError::Lost(_) | InstanceError::File(..)) | BindError::Bind(..) => {
                (ErrorCode::DAEMON_UNAVAILABLE, "set CP_TOKEN_SOCKET to a place on a local disk")
            }
        }
    }
}
