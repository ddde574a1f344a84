//! Owns who looks, as the kernel says: the user, the group, and what the user namespace maps.

use std::os::fd::AsFd;

use super::{OVERFLOW_USER, Viewer};

impl Viewer {
    /// This process as it is now.
    pub(super) fn now() -> Self {
        let [user, group] = [rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw()];
        // This file of the kernel's own is root's on every machine and in every namespace. The table of mappings is no
        // substitute: it is about the namespace around ours, where 0 may be anybody.
        let stat = rustix::fs::stat("/proc/sys/kernel/overflowuid").or_else(|_| rustix::fs::stat("/"));
        let maps_root = stat.map_or(true, |stat| stat.st_uid != OVERFLOW_USER);
        // A user whom the namespace does not map is shown as the overflow user too.
        Self { user, group, maps_root, maps_us: maps_root || user != OVERFLOW_USER }
    }

    /// Whether the open file belongs to this very user, if the namespace does not map the user: only an owner may set
    /// this flag.
    #[cfg(target_os = "linux")]
    pub(super) fn is_really_ours(&self, file: impl AsFd) -> bool {
        use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
        let set = || fcntl_getfl(&file).and_then(|flags| fcntl_setfl(&file, flags | OFlags::NOATIME));
        !self.maps_us && set().is_ok()
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn is_really_ours(&self, _: impl AsFd) -> bool {
        false
    }
}
