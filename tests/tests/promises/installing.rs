//! The promise: what is installed is found where a person looks for it, and taking it away leaves nothing.

use std::path::Path;
use std::process::Command;

use cp_token_tests::programs;
use cp_token_tests::world::World;

fn install(world: &World, arguments: &[&str]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/install");
    let from = world.helper_file().parent().expect("a folder").to_owned();
    let outcome = Command::new(script).arg("--from").arg(from).args(arguments).output().expect("it runs");
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stderr));
    String::from_utf8(outcome.stdout).expect("text")
}

fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| if path.is_dir() { files(&path) } else { 1 })
        .sum()
}

#[test]
fn programs_manual_and_completions_are_found_and_removed() {
    let world = World::new();
    let prefix = world.path("prefix");
    let shown = prefix.to_str().expect("a path");
    assert!(install(&world, &[shown]).contains(&format!("put {shown}/bin into your PATH")));
    let version = Command::new(prefix.join("bin/cp-token")).arg("--version").output().expect("it runs");
    assert!(version.stdout.starts_with(b"cp-token "));
    for name in ["git-credential-cp-token", "docker-credential-cp-token", "bazel-credential-cp-token"] {
        let called = Command::new(prefix.join("bin").join(name)).arg("--help").output().expect("it runs");
        let shown = String::from_utf8(called.stdout).expect("text");
        let command = name.replace("-credential-cp-token", "").replace("git", "git-credential");
        assert!(shown.contains(&format!("cp-token {command} ")), "{name}: {shown}");
    }
    if programs::present(&["man"]) {
        let mut man = Command::new("man");
        man.args(["-w", "cp-token-get", "cp-token-config"]).env("MANPATH", prefix.join("share/man"));
        let found = man.output().expect("man runs");
        let places = String::from_utf8(found.stdout).expect("text");
        assert!(
            places.contains("man1/cp-token-get.1") && places.contains("man5/cp-token-config.5"),
            "{places}"
        );
    }
    for file in [
        "bash-completion/completions/cp-token",
        "zsh/site-functions/_cp-token",
        "fish/vendor_completions.d/cp-token.fish",
    ] {
        let script = std::fs::read_to_string(prefix.join("share").join(file)).expect("a script");
        assert!(script.contains("CP_TOKEN_COMPLETE"), "{file}");
    }
    assert!(files(&prefix) > 25);
    install(&world, &["--remove", shown]);
    assert_eq!(files(&prefix), 0);
}
