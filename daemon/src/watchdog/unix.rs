//! Owns the words of systemd's notification protocol (sd_notify(3)). Nothing is said where no manager listens.

use sd_notify::{NotifyState, notify};

/// What a service manager is told.
pub(super) enum Sign {
    Alive,
    Serving,
    Reloading,
    Stopping,
}

pub(super) fn tell(sign: Sign) {
    let _ = match sign {
        Sign::Alive => notify(&[NotifyState::Watchdog]),
        Sign::Serving => {
            let status = concat!("cp-tokend ", env!("CARGO_PKG_VERSION"), " takes callers");
            notify(&[NotifyState::Ready, NotifyState::Status(status)])
        }
        Sign::Reloading => NotifyState::monotonic_usec_now().and_then(|now| {
            notify(&[NotifyState::Reloading, now, NotifyState::Status("reading the config again")])
        }),
        Sign::Stopping => notify(&[NotifyState::Stopping, NotifyState::Status("stopping")]),
    };
}
