//! Owns the messages of systemd's notification protocol (sd_notify(3)). Without a manager nothing is sent.

use sd_notify::NotifyState;

/// A notification to the service manager.
pub(super) enum ManagerNotice {
    Alive,
    Serving,
    Reloading,
    Stopping,
}

pub(super) fn notify(notice: ManagerNotice) {
    let _ = match notice {
        ManagerNotice::Alive => sd_notify::notify(&[NotifyState::Watchdog]),
        ManagerNotice::Serving => {
            let status = concat!("cp-tokend ", env!("CARGO_PKG_VERSION"), " takes callers");
            sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(status)])
        }
        ManagerNotice::Reloading => NotifyState::monotonic_usec_now().and_then(|now| {
            sd_notify::notify(&[NotifyState::Reloading, now, NotifyState::Status("reading the config again")])
        }),
        ManagerNotice::Stopping => {
            sd_notify::notify(&[NotifyState::Stopping, NotifyState::Status("stopping")])
        }
    };
}
