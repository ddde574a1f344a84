//! Owns a system to install into: this machine's own files below a layer that only some processes see and that goes
//! away with it. Processes, network and the world's folder are this machine's.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use cp_token_tests::programs;
use cp_token_tests::world::{Call, World, processes};

/// Makes the layers below `$1`, with the folder `$2` shared, and stays in them until its standard input ends.
const LAYERS: &str = r#"
    set -e
    mount -t tmpfs none "$1"
    mkdir "$1/upper" "$1/work" "$1/root"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
    mkdir -p "$1/root/$2" "$1/root/layer" "$1/root/machine"
    mount --rbind /proc "$1/root/proc"
    mount --rbind /dev "$1/root/dev"
    mount --bind "$2" "$1/root/$2"
    mount --bind "$1/upper" "$1/root/layer"
    cd "$1/root"
    # As in a container: the names of its programs begin at its own root, for everybody who asks.
    pivot_root . machine
    exec chroot . sh -c 'umount -l /machine && echo ready; read end'
"#;

/// The system. Dropping it ends every process in it.
pub(super) struct System {
    keeper: Child,
    namespace: PathBuf,
}

impl System {
    /// `None`, said aloud, where this machine lets nobody make one.
    pub(super) fn new(world: &World, name: &str) -> Option<Self> {
        if !programs::is_root() || !programs::present(&["unshare", "nsenter", "chroot", "pivot_root"]) {
            return None;
        }
        let folder = world.path(name);
        fs::create_dir(&folder).expect("a folder for the layers");
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "sh", "-c", LAYERS, "sh"]);
        command.arg(&folder).arg(world.root()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = command.spawn().expect("run unshare");
        let mut line = String::new();
        let said = keeper.stdout.as_mut().expect("standard output is a pipe");
        BufReader::new(said).read_line(&mut line).expect("read what it says");
        if line != "ready\n" {
            keeper.wait().expect("its end");
            programs::skipped("no right to lay an overlay over this system");
            return None;
        }
        let namespace = namespace(keeper.id()).expect("the keeper is in a namespace");
        Some(Self { keeper, namespace })
    }

    /// The words that have a program run in this system.
    fn entering(&self) -> [String; 5] {
        let target = format!("--target={}", self.keeper.id());
        ["nsenter".to_owned(), target, "--mount".to_owned(), "--root".to_owned(), "--wd=/".to_owned()]
    }

    /// A program of this system in the world's environment.
    pub(super) fn call(&self, world: &World, program: &str, arguments: &[&str]) -> Call {
        let [first, rest @ ..] = self.entering();
        world.program(first).args(rest).args([program]).args(arguments)
    }

    /// A program of this system in an ordinary environment.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let [first, rest @ ..] = self.entering();
        let mut command = Command::new(first);
        command.args(rest).arg(program).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        command
    }

    /// What was laid over the machine's own files whose name is about cp-token.
    pub(super) fn left(&self) -> String {
        super::run(self.command("find").args(["/layer", "-name", "*cp[-_]token*"]))
    }

    /// The processes in it that run the program of this name.
    pub(super) fn running(&self, program: &str) -> Vec<u32> {
        let inside = processes::running(&[PathBuf::from(program)]);
        inside.into_iter().filter(|pid| namespace(*pid).as_ref() == Some(&self.namespace)).collect()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Ok(pid) = entry.file_name().to_string_lossy().parse() else { continue };
            if namespace(pid).as_ref() == Some(&self.namespace) {
                processes::end(pid);
            }
        }
        drop(self.keeper.wait());
    }
}

fn namespace(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/mnt")).ok()
}
