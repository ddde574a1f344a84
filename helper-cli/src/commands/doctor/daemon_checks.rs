//! Owns the findings on the connection to the daemon: the socket, the daemon itself, and whether both are of one version.

use cp_token_protocol::message::{Finding, StatusReport};
use cp_token_protocol::{ErrorCode, Failure, IpcAddress};

use super::{error, ok};
use crate::commands::shared::{REQUEST_TIMEOUT, ipc_address};
use crate::commands::status::report;
use crate::daemon::deadline::Deadline;
use crate::daemon::{client, launch};

pub(super) fn findings() -> (Vec<Finding>, Option<StatusReport>) {
    let address = match ipc_address() {
        Ok(address) => address,
        Err(failure) => return (vec![error("socket", &failure)], None),
    };
    match connect(&address) {
        Err(failure) => (vec![error(failed_check(&failure), &failure)], None),
        Ok((status, state)) => {
            let socket = ok("socket", format!("{}, in a folder of this user alone", status.socket));
            let daemon = ok("daemon", format!("cp-tokend {state}, process {}", status.pid));
            (vec![socket, daemon, version(&status.version, env!("CARGO_PKG_VERSION"))], Some(status))
        }
    }
}

fn connect(address: &IpcAddress) -> Result<(StatusReport, &'static str), Failure> {
    let deadline = Deadline::new(REQUEST_TIMEOUT);
    match client::connect(address, &deadline)? {
        Some(connection) => Ok((report(connection)?, "runs")),
        None => Ok((report(launch::start(address, &deadline)?)?, "was started")),
    }
}

fn failed_check(failure: &Failure) -> &'static str {
    match failure.code {
        ErrorCode::NOT_OUR_DAEMON => "socket",
        ErrorCode::UNSUPPORTED_VERSION => "version",
        _ => "daemon",
    }
}

/// A daemon that an upgrade left behind works, and lacks what the upgrade fixes.
fn version(daemon: &str, helper: &str) -> Finding {
    if daemon == helper {
        return ok("version", format!("{helper}, of both"));
    }
    let message = format!("the daemon is {daemon} and cp-token {helper}");
    let failure = Failure::new(ErrorCode::UNSUPPORTED_VERSION, message);
    error("version", &failure.with_hint("Run `cp-token daemon restart`, which hands over what is in memory"))
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::message::Severity;

    use super::*;

    #[test]
    fn b21_a_daemon_of_another_version_is_a_fault_with_its_mend_and_the_same_is_none() {
        assert_eq!(version("0.1.0", "0.1.0").severity, Severity::Ok);
        let other = version("0.0.9", "0.1.0");
        assert_eq!(other.severity, Severity::Error(ErrorCode::UNSUPPORTED_VERSION));
        assert!(other.fix.contains("cp-token daemon restart"));
    }
}
