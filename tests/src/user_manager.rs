//! Owns a `systemd --user` of a test's own, for an unprivileged user in a cgroup, a PID namespace and a mount namespace
//! that hold nothing else. Outside of these a user's manager run by root would take hold of every process of the
//! machine, so it is never run in another way.

mod cgroups;

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::programs;
use crate::world::{Call, Outcome, TIMEOUT, World, processes};
use cgroups::Cgroups;

/// The user whose manager it is.
pub const USER: u32 = 1234;

/// Makes what only root may make, then becomes the user and starts the manager. The manager wants a system that was
/// begun by systemd, and its user in the list of accounts.
const INSIDE: &str = r#"
set -e
root=$1 user=$2 manager=$3
{ cat /etc/passwd; echo "cp-token-test:x:$user:$user::$root/home:/bin/sh"; } >"$root/passwd"
chmod 644 "$root/passwd"
mount --bind "$root/passwd" /etc/passwd
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system
exec setpriv --reuid "$user" --regid "$user" --clear-groups --inh-caps=-all \
    env -i PATH="$root/bin:/usr/bin:/bin" HOME="$root/home" XDG_RUNTIME_DIR="$root/run" LC_ALL=C \
    NOTIFY_SOCKET="$root/notify" sh -c '"$0" --user --log-level=warning & wait' "$manager"
"#;

/// Enters the cgroups, then the namespaces.
const OUTSIDE: &str = r#"
inside=$1 root=$2 user=$3 manager=$4
shift 4
for group; do echo $$ >"$group/cgroup.procs" || exit 1; done
exec unshare --pid --fork --kill-child --mount-proc --mount --propagation private \
    sh -c "$inside" sh "$root" "$user" "$manager"
"#;

/// A manager that runs. Dropping it ends it and all below it.
pub struct UserManager<'w> {
    world: &'w World,
    child: Child,
    leader: u32,
    _groups: Cgroups,
}

impl<'w> UserManager<'w> {
    /// Starts the manager in a world that is given to its user; `None`, said aloud, where a program, root's rights or
    /// the right to make a cgroup is missing.
    pub fn start(world: &'w World) -> Option<Self> {
        let needed = ["systemctl", "unshare", "nsenter", "setpriv", "dbus-daemon"];
        let manager = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"].map(PathBuf::from);
        if !programs::is_root() || !programs::present(&needed) {
            return None;
        }
        let Some(manager) = manager.into_iter().find(|file| file.is_file()) else {
            programs::absent("systemd is not installed");
            return None;
        };
        let groups = Cgroups::make(USER)?;
        give(world);
        let ready = UnixDatagram::bind(world.path("notify")).expect("a socket to hear the manager");
        std::fs::set_permissions(world.path("notify"), std::fs::Permissions::from_mode(0o666))
            .expect("open it");
        let mut command = Command::new("sh");
        command.args(["-c", OUTSIDE, "sh", INSIDE]).arg(world.root()).arg(USER.to_string()).arg(manager);
        command.args(groups.folders()).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut child = child.expect("run unshare");
        if !is_ready(&ready) {
            processes::end(child.id());
            drop(child.wait());
            programs::skipped("no systemd of a user can be run in namespaces here");
            return None;
        }
        let leader = first_child(child.id()).expect("the namespace has a first process");
        Some(Self { world, child, leader, _groups: groups })
    }

    /// Any program as the user, with the variables that a session has.
    pub fn program(&self, program: impl AsRef<std::ffi::OsStr>) -> Call {
        let root = self.world.root().display();
        let leader = self.leader.to_string();
        let user = USER.to_string();
        let enter =
            ["--target", &leader, "--mount", "--pid", "--", "setpriv", "--reuid", &user, "--regid", &user];
        let call = self.world.program("nsenter").args(enter);
        call.args(["--clear-groups", "--inh-caps=-all", "--", "env", "-i", "LC_ALL=C"])
            .args([
                format!("PATH={root}/bin:/usr/bin:/bin"),
                format!("HOME={root}/home"),
                format!("XDG_RUNTIME_DIR={root}/run"),
            ])
            .args([program.as_ref()])
    }

    /// Any program as root, where the user's mounts are.
    pub fn as_root(&self, program: &str) -> Call {
        let leader = self.leader.to_string();
        self.world.program("nsenter").args(["--target", &leader, "--mount", "--pid", "--", program])
    }

    /// `cp-token` as the user.
    pub fn call(&self, arguments: &[&str]) -> Call {
        self.program(self.world.helper_file()).args(arguments)
    }

    /// Runs `cp-token` as the user.
    pub fn helper(&self, arguments: &[&str]) -> Outcome {
        self.call(arguments).run()
    }

    /// Runs `systemctl --user`.
    pub fn systemctl(&self, arguments: &[&str]) -> Outcome {
        self.program("systemctl").args(["--user", "--no-pager"]).args(arguments).run()
    }

    /// What the manager says of one property of a unit.
    pub fn property(&self, unit: &str, property: &str) -> String {
        let said = self.systemctl(&["show", "--value", &format!("--property={property}"), unit]);
        said.succeeded().stdout.trim_end().to_owned()
    }
}

impl Drop for UserManager<'_> {
    fn drop(&mut self) {
        // All that was started below it ends with the first process of the namespace.
        processes::end(self.leader);
        drop(self.child.wait());
    }
}

/// Makes the world the user's own, as if he had made it, and lets him reach what root keeps in it.
fn give(world: &World) {
    for folder in ["", "bin"] {
        let open = std::fs::Permissions::from_mode(0o711);
        std::fs::set_permissions(world.path(folder), open).expect("open the way");
    }
    for folder in ["config", "state", "home", "run", "run/cp-token"] {
        std::os::unix::fs::chown(world.path(folder), Some(USER), Some(USER)).expect("give it away");
    }
    std::fs::remove_dir(world.path("run/cp-token"))
        .expect("the folder of the socket is the manager's to make");
    let readable = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(world.ca_file(), readable).expect("let the roots be read");
}

fn is_ready(socket: &UnixDatagram) -> bool {
    socket.set_read_timeout(Some(TIMEOUT / 4)).expect("a limit");
    let mut message = [0; 4096];
    loop {
        match socket.recv(&mut message) {
            Ok(length)
                if String::from_utf8_lossy(&message[..length]).lines().any(|line| line == "READY=1") =>
            {
                return true;
            }
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

fn first_child(pid: u32) -> Option<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    children.split_whitespace().next()?.parse().ok()
}
