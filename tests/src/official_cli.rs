//! Owns the vendor's own CLIs, and other programs from Python's package index: installed once from pinned and hashed
//! packages, and run in a test's world. What the vendor's own are given and print is their business, so the oracle
//! does not hear of it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::binaries;
use crate::programs;
use crate::python_session::{PythonSession, modules};
use crate::world::{Call, World};

/// Set by `tests/run`, aloud, where Python's package index cannot be reached.
const NO_PACKAGE_INDEX: &str = "CP_TOKEN_TESTS_NO_PACKAGE_INDEX";

/// One of the vendor's CLIs, ready to run.
pub struct OfficialCli {
    program: PathBuf,
}

impl OfficialCli {
    /// The CLI for CrashPlan, or `None`, said aloud, where it cannot be installed.
    pub fn crashplan() -> Option<Self> {
        Self::of("crashplancli", "crashplan")
    }

    /// The CLI for Code42, as above.
    pub fn code42() -> Option<Self> {
        Self::of("code42cli", "code42")
    }

    /// Ansible's `ansible-playbook`, as above.
    pub fn ansible() -> Option<Self> {
        Self::of("ansible-core", "ansible-playbook")
    }

    /// zizmor, which looks for weaknesses in workflows, as above.
    pub fn zizmor() -> Option<Self> {
        Self::of("zizmor", "zizmor")
    }

    fn of(package: &str, command: &str) -> Option<Self> {
        if std::env::var_os(NO_PACKAGE_INDEX).is_some() {
            programs::skipped(&format!("{NO_PACKAGE_INDEX} is set"));
            return None;
        }
        let folder = installed(package)
            .inspect_err(|reason| programs::absent(&format!("{package} cannot be installed: {reason}")));
        Some(Self { program: folder.ok()?.join("bin").join(command) })
    }

    /// Where it is.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The interpreter that it is installed for.
    pub fn python(&self) -> PathBuf {
        self.program.with_file_name("python")
    }

    /// A Python program that has its packages.
    pub fn session(&self, world: &World) -> PythonSession {
        PythonSession::start(world, &self.python())
    }

    /// The project's wrapper with these arguments, on any Python, with this CLI first in `PATH`.
    pub fn wrapped(&self, world: &World, arguments: &[&str]) -> Call {
        let folders = [self.program.parent().unwrap_or(Path::new("/")).to_owned(), world.path("bin")];
        let system = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&system)));
        let call =
            world.program("/usr/bin/env").args(["python3"]).args([modules().join("crashplan-cp-token")]);
        let call = call.args(arguments).env("PATH", path.expect("names without a colon"));
        call.env("PYTHONDONTWRITEBYTECODE", "1")
    }

    /// Runs it to its end with nothing on standard input; what it printed. Panics where it fails.
    pub fn run(&self, world: &World, arguments: &[&str]) -> String {
        let mut command = world.unwatched(&self.program);
        let output = command.args(arguments).stdin(Stdio::null()).output().expect("run the official CLI");
        let message = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{} {arguments:?}: {message}", self.program.display());
        message
    }
}

/// The folder of a virtual environment with the package, made at the first call and kept beside the test's binary.
fn installed(package: &str) -> Result<PathBuf, String> {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("official-clis/{package}.txt"));
    let wanted = std::fs::read(&requirements).map_err(said("its list of packages"))?;
    let folder = binaries::build_folder().join("official-clis").join(package);
    let mark = folder.join("complete");
    std::fs::create_dir_all(folder.parent().unwrap_or(&folder)).map_err(said("its folder"))?;
    let lock = File::create(folder.with_extension("lock")).map_err(said("its lock"))?;
    lock.lock().map_err(said("its lock"))?;
    if std::fs::read(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    // What is left of an attempt that was broken off.
    drop(std::fs::remove_dir_all(&folder));
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"];
    run(Command::new(folder.join("bin/python")).args(pip).arg(&requirements))?;
    std::fs::write(&mark, wanted).map_err(said("its mark"))?;
    Ok(folder)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(said("python3"))?;
    if output.status.success() {
        return Ok(());
    }
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(message.lines().last().unwrap_or("python3 failed").to_owned())
}

fn said(what: &str) -> impl Fn(std::io::Error) -> String {
    move |error| format!("{what}: {error}")
}
