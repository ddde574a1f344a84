//! Owns the absence of notifications on Windows, which has no such service manager.

/// A notification to the service manager.
pub(super) enum ManagerNotice {
    Alive,
    Serving,
    Reloading,
    Stopping,
}

pub(super) fn notify(_: ManagerNotice) {}
