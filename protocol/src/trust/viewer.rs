//! Owns who looks, as the kernel says it: the user, the group, and what the user namespace maps.

use std::os::fd::AsFd;

use super::{OVERFLOW_USER, Viewer};

impl Viewer {
    /// This process as it is now.
    pub fn now() -> Self {
        let [user, group] = [rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw()];
        let maps_root = maps_root();
        // A user whom the namespace does not map is shown as this number, which then tells nothing.
        Self { user, group, maps_root, maps_us: maps_root || user != OVERFLOW_USER }
    }

    /// Whether the open file is this very user's, where numbers do not tell: only an owner may ask for this flag.
    pub(super) fn is_really_ours(&self, file: impl AsFd) -> bool {
        !self.maps_us && may_set_noatime(file)
    }
}

#[cfg(target_os = "linux")]
fn may_set_noatime(file: impl AsFd) -> bool {
    let flags = rustix::fs::fcntl_getfl(&file);
    flags.and_then(|flags| rustix::fs::fcntl_setfl(&file, flags | rustix::fs::OFlags::NOATIME)).is_ok()
}

#[cfg(not(target_os = "linux"))]
fn may_set_noatime(_: impl AsFd) -> bool {
    false
}

/// Whether the user namespace maps root. What is asked is a file of the kernel's own, which is root's on every machine
/// and in every namespace; the table of mappings speaks of the namespace around ours, where 0 may be anybody.
#[cfg(target_os = "linux")]
fn maps_root() -> bool {
    let stat = rustix::fs::stat("/proc/sys/kernel/overflowuid").or_else(|_| rustix::fs::stat("/"));
    stat.map_or(true, |stat| stat.st_uid != OVERFLOW_USER)
}

#[cfg(not(target_os = "linux"))]
fn maps_root() -> bool {
    true
}
