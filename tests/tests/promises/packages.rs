//! The promise: a package puts everything in its place, an upgrade tells the daemons that run and nobody else, and a
//! removal leaves the person's own files alone.

mod debian;
mod formats;
mod rpm;
mod system;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use cp_token_tests::world::World;

/// Whom the packages of the tests name.
const MAINTAINER: &str = "A Tester <tester@example.org>";

/// The repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

/// What a command printed, without what it complained of. Panics where it fails.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("run {command:?}: {error}"));
    let outcome = [output.stdout.as_slice(), &output.stderr].concat();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&outcome));
    String::from_utf8(output.stdout).expect("text")
}

/// A script of `packaging/`.
fn script(name: &str) -> Command {
    Command::new(root().join("packaging").join(name))
}

/// The two programs without what only a debugger reads, as shipped ones are: stripped once for all tests.
fn programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let world = World::new();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs");
        std::fs::create_dir_all(&folder).expect("a folder for the programs");
        for file in [world.helper_file(), world.daemon_file()] {
            let name = file.file_name().expect("a program has a name");
            run(Command::new("strip").arg("-o").arg(folder.join(name)).arg(&file));
        }
        folder
    })
}

/// A package of these programs by the script of this name, made in the folder that the tests share.
fn packed(kind: &str, revision: &str) -> PathBuf {
    let mut pack = script(kind);
    pack.arg("--from").arg(programs()).args(["--maintainer", MAINTAINER, "--revision", revision]);
    // A small file matters to nobody here, and making one takes most of the time.
    pack.env("DPKG_DEB_COMPRESSOR_LEVEL", "0");
    let outcome = run(pack.arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages")));
    PathBuf::from(outcome.trim())
}

/// The version that everything is labelled with.
fn version() -> String {
    run(&mut script("version")).trim().to_owned()
}
