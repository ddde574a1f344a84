//! Owns the silence towards service managers on Windows, which has none that listens to us.

/// What a service manager would be told.
pub(super) enum ManagerNotice {
    Alive,
    Serving,
    Reloading,
    Stopping,
}

pub(super) fn tell(_: ManagerNotice) {}
