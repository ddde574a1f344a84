//! Owns the words of systemd's notification protocol (sd_notify(3)). Nothing is said where no manager listens.

use sd_notify::{NotifyState, notify};

/// What a service manager is told.
pub(super) enum ManagerNotice {
    Alive,
    Serving,
    Reloading,
    Stopping,
}

pub(super) fn tell(sign: ManagerNotice) {
    let _ = match sign {
        ManagerNotice::Alive => notify(&[NotifyState::Watchdog]),
        ManagerNotice::Serving => {
            let status = concat!("cp-tokend ", env!("CARGO_PKG_VERSION"), " takes callers");
            notify(&[NotifyState::Ready, NotifyState::Status(status)])
        }
        ManagerNotice::Reloading => NotifyState::monotonic_usec_now().and_then(|now| {
            notify(&[NotifyState::Reloading, now, NotifyState::Status("reading the config again")])
        }),
        ManagerNotice::Stopping => notify(&[NotifyState::Stopping, NotifyState::Status("stopping")]),
    };
}
