//! Owns where the two real binaries come from: a folder that is named, or a build of the sources beside this
//! crate. It starts neither of them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

/// Names the folder with both binaries. Without it they are built where the test itself was.
const BIN_DIR: &str = "CP_TOKEN_BIN_DIR";
const NAMES: [&str; 2] = ["cp-token", "cp-tokend"];
/// What the binaries are made of.
const SOURCES: [&str; 6] = ["Cargo.lock", "Cargo.toml", "daemon", "helper-cli", "packaging", "protocol"];

/// The two programs of one build.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// `cp-token`.
    pub helper: PathBuf,
    /// `cp-tokend`.
    pub daemon: PathBuf,
}

impl Binaries {
    /// Those in `$CP_TOKEN_BIN_DIR`; else those beside the running test, built first where they are missing or
    /// older than their sources. Panics where neither way leads to both.
    pub fn find() -> &'static Self {
        static FOUND: OnceLock<Binaries> = OnceLock::new();
        FOUND.get_or_init(|| match std::env::var_os(BIN_DIR) {
            Some(folder) => Self::named(Path::new(&folder)),
            None => Self::built(&build_folder()),
        })
    }

    fn named(folder: &Path) -> Self {
        let found = Self::inside(folder);
        found.unwrap_or_else(|| panic!("{BIN_DIR} is {} and must hold {NAMES:?}", folder.display()))
    }

    fn built(folder: &Path) -> Self {
        if !Self::inside(folder).is_some_and(|found| found.is_newer_than(newest_source())) {
            build(folder);
        }
        let found = Self::inside(folder);
        found.unwrap_or_else(|| {
            panic!("{} does not hold {NAMES:?}; name a folder that does in {BIN_DIR}", folder.display())
        })
    }

    fn inside(folder: &Path) -> Option<Self> {
        // A hard link must lead to the file and not to a symbolic link.
        let [helper, daemon] = NAMES.map(|name| folder.join(name).canonicalize().ok());
        Some(Self { helper: helper?, daemon: daemon? })
    }

    fn is_newer_than(&self, source: Option<SystemTime>) -> bool {
        [&self.helper, &self.daemon].into_iter().all(|binary| changed(binary) > source)
    }
}

/// `target/debug` for `target/debug/deps/test-1234` and for `target/debug/program`.
pub(crate) fn build_folder() -> PathBuf {
    let own = std::env::current_exe().expect("the system says where this program lies");
    let folder = own.parent().expect("a program lies in a folder");
    match folder.file_name() {
        Some(name) if name == "deps" => folder.parent().expect("deps lies in a folder").to_owned(),
        _ => folder.to_owned(),
    }
}

fn build(folder: &Path) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from(env!("CARGO")));
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--locked", "-p", "cp-token-helper", "-p", "cp-token-daemon"]);
    if folder.file_name().is_some_and(|name| name == "release") {
        command.arg("--release");
    }
    if let Some(target) = folder.parent() {
        command.arg("--target-dir").arg(target);
    }
    let built = command.current_dir(workspace()).stdin(Stdio::null()).status();
    let built = built.unwrap_or_else(|error| {
        panic!(
            "the binaries are missing or old and cargo cannot be run ({error}); build them and set {BIN_DIR}"
        )
    });
    assert!(built.success(), "the binaries cannot be built; see above, or set {BIN_DIR}");
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate lies in the workspace")
}

fn newest_source() -> Option<SystemTime> {
    SOURCES.iter().filter_map(|name| newest(&workspace().join(name))).max()
}

fn newest(path: &Path) -> Option<SystemTime> {
    let Ok(entries) = std::fs::read_dir(path) else { return changed(path) };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| !is_no_source(path))
        .filter_map(|path| newest(&path))
        .max()
}

/// Tests of the product's own crates and fuzz targets are no part of its binaries.
fn is_no_source(path: &Path) -> bool {
    path.file_name().is_some_and(|name| ["tests", "target", "fuzz"].iter().any(|other| name == *other))
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}
