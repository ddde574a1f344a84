//! The promises about what reaches a person who installs cp-token: which crates are in it, that nobody slips one in,
//! that a release is what its signature says, and that the workflows which make it cannot be turned against it.

mod crates;
mod lockfile;
mod release;
mod scripts;
mod workflows;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cp_token_tests::world::World;

/// The repository.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("read {file}: {error}"))
}

/// Whether a command succeeds, and all that it printed.
fn tried(command: &mut Command) -> (bool, String) {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("run {command:?}: {error}"));
    let message = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&message).into_owned())
}

/// What a command printed, without what it complained of. Panics where it fails.
fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("run {command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The files that belong to the repository.
fn files() -> Vec<String> {
    let mut list = Command::new("git");
    list.current_dir(root()).args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let listed = run(&mut list);
    let existing = listed.lines().filter(|file| root().join(file).is_file());
    existing.map(str::to_owned).collect()
}

/// A copy of the repository's files in a folder of this world, with one commit, like a clone.
fn clone(world: &World, name: &str) -> PathBuf {
    let folder = world.path(name);
    for file in files() {
        let to = folder.join(&file);
        fs::create_dir_all(to.parent().expect("a folder")).expect("make a folder");
        fs::copy(root().join(&file), to).expect("copy a file");
    }
    commit(&folder);
    folder
}

/// Makes the folder a repository with one commit of everything in it.
fn commit(folder: &Path) {
    let identity = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.org"];
    for line in [
        ["init", "--quiet", "--initial-branch=main", "."].as_slice(),
        &["add", "."],
        &["commit", "--quiet", "-m", "All"],
    ] {
        run(Command::new("git").current_dir(folder).args(identity).args(line));
    }
}

/// Replaces text in a file, which must be there once at least.
fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).expect("read the file");
    assert!(text.contains(from), "{from:?} is in {}", file.display());
    fs::write(file, text.replacen(from, to, 1)).expect("write the file");
}
