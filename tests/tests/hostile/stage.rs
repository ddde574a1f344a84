//! Owns what the attacks share: other users, who is let in, and waiting for what the system settles in its own
//! time. It attacks nothing.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cp_token_tests::programs;
use cp_token_tests::world::{Call, Daemon, World, eventually};

/// A user that is not the one of the tests.
pub(crate) const OTHER: u32 = 1234;

/// What turns the program behind it into one of [`OTHER`].
pub(crate) const AS_OTHER: [&str; 6] =
    ["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups", "--inh-caps=-all", "--"];

/// Whether other users can be played; said aloud where not.
pub(crate) fn can_be_others() -> bool {
    programs::is_root() && programs::present(&["setpriv", "python3"])
}

/// Sets the mode of a file or folder.
pub(crate) fn chmod(path: impl AsRef<Path>, mode: u32) {
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(path, permissions).expect("change a mode");
}

/// Gives a file or folder to this user and his group.
pub(crate) fn give_to(path: impl AsRef<Path>, user: u32) {
    std::os::unix::fs::lchown(path, Some(user), Some(user)).expect("give it away");
}

/// Lets every user reach what lies in the world's folders, but not read them.
pub(crate) fn open_the_way(world: &World) {
    for folder in ["", "bin", "run"] {
        chmod(world.path(folder), 0o711);
    }
}

/// Makes the whole world that of [`OTHER`], as if he had made it.
pub(crate) fn give_world_to_other(world: &World) {
    open_the_way(world);
    for folder in ["config", "state", "home", "run", "run/cp-token"] {
        give_to(world.path(folder), OTHER);
    }
    chmod(world.ca_file(), 0o644);
}

/// A program run by [`OTHER`].
pub(crate) fn by_other(world: &World, program: impl AsRef<std::ffi::OsStr>) -> Call {
    world.program(AS_OTHER[0]).args(&AS_OTHER[1..]).args([program.as_ref()])
}

/// What a daemon costs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Costs {
    descriptors: usize,
    threads: usize,
    rss_kib: usize,
}

impl Costs {
    /// What it costs now, after it has done each kind of thing once.
    pub(crate) fn of(daemon: &Daemon) -> Self {
        Self { descriptors: daemon.descriptors(), threads: daemon.threads(), rss_kib: daemon.rss_kib() }
    }

    /// Waits until the daemon costs no more than this, but for `kib` of memory.
    pub(crate) fn come_back(self, daemon: &Daemon, kib: usize) {
        eventually("descriptors, threads and memory come back", || {
            let now = Self::of(daemon);
            now.descriptors <= self.descriptors
                && now.threads <= self.threads
                && now.rss_kib <= self.rss_kib + kib
        });
    }
}

/// A world whose profile has a token, its daemon, and what that costs once no work is left in the background;
/// none where only root could look.
pub(crate) fn serving() -> Option<(World, Daemon, Costs)> {
    if !programs::is_root() {
        return None;
    }
    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    world.helper(&[]).token();
    let costs = idle_costs(&daemon);
    Some((world, daemon, costs))
}

/// What the daemon costs once its threads are the two that it always has.
pub(crate) fn idle_costs(daemon: &Daemon) -> Costs {
    eventually("the work in the background is done", || daemon.threads() <= 2);
    Costs::of(daemon)
}

/// Lets this process open that many descriptors. Panics where the system does not allow it.
pub(crate) fn allow_descriptors(count: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < count) {
        let maximum = limit.maximum.map(|most| most.max(count));
        setrlimit(Resource::Nofile, Rlimit { current: Some(count), maximum }).expect("raise the limit");
    }
}
