//! Owns the cgroups of one manager, in each hierarchy that systemd knows, and their removal.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::programs;

const MOUNTS: &str = "/sys/fs/cgroup";

/// Cgroups that belong to an unprivileged user. Dropping them removes them and all below them.
pub(super) struct Cgroups(Vec<PathBuf>);

impl Cgroups {
    /// One in each hierarchy; `None`, said aloud, where the system does not let us.
    pub(super) fn make(user: u32) -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("cp-token-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let mut groups = Self(Vec::new());
        for hierarchy in hierarchies() {
            let folder = hierarchy.join(&name);
            if std::fs::create_dir(&folder).is_err() {
                programs::skipped("no right to make a cgroup");
                return None;
            }
            groups.0.push(folder);
        }
        if groups.0.is_empty() || groups.0.iter().any(|folder| give(folder, user).is_err()) {
            programs::skipped("no cgroup can be given to a user");
            return None;
        }
        Some(groups)
    }

    /// Where they are.
    pub(super) fn folders(&self) -> &[PathBuf] {
        &self.0
    }
}

impl Drop for Cgroups {
    fn drop(&mut self) {
        self.0.iter().for_each(|folder| remove(folder));
    }
}

/// The one of version 2; beside version 1, that and systemd's own.
fn hierarchies() -> Vec<PathBuf> {
    let mounts = Path::new(MOUNTS);
    if mounts.join("cgroup.controllers").exists() {
        return vec![mounts.to_owned()];
    }
    let both = ["unified", "systemd"].map(|name| mounts.join(name));
    both.into_iter().filter(|folder| folder.join("cgroup.procs").exists()).collect()
}

fn give(folder: &Path, user: u32) -> std::io::Result<()> {
    let entries = std::fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    for path in entries.chain([folder.to_owned()]) {
        std::os::unix::fs::chown(path, Some(user), Some(user))?;
    }
    Ok(())
}

fn remove(folder: &Path) {
    let below = std::fs::read_dir(folder).into_iter().flatten().flatten();
    below
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .for_each(|entry| remove(&entry.path()));
    // What is still held is held by nobody of ours.
    drop(std::fs::remove_dir(folder));
}
