//! The promises of the recipes for other systems: they name this version and a real archive or do not come into being,
//! and their own tools can read them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use cp_token_tests::programs;
use cp_token_tests::world::World;

use super::{MAINTAINER, root, run, script, version};

fn recipes(world: &World, source: &Path, url: &str) -> Command {
    let mut command = script("recipes");
    command
        .arg("--source")
        .arg(source)
        .args(["--url", url, "--maintainer", MAINTAINER])
        .arg(world.path("recipes"));
    command
}

#[test]
fn recipes_name_the_archive_of_a_release_and_nothing_else() {
    if !programs::present(&["python3", "ruby", "shellcheck"]) {
        return;
    }
    let world = World::new();
    let name = format!("cp-token-{}.tar.gz", version());
    let source = world.path(&name);
    fs::write(&source, "sources").expect("write an archive");
    for url in ["", "http://downloads.example/cp-token.tar.gz", "https://downloads.example/another.tar.gz"] {
        let refused = recipes(&world, &source, url).output().expect("it runs");
        assert!(!refused.status.success() && !world.path("recipes").exists(), "{url}");
    }
    let url = format!("https://downloads.example/{name}");
    run(&mut recipes(&world, &source, &url));
    let sum = run(Command::new("sha256sum").arg(&source));
    let sum = sum.split_whitespace().next().expect("a sum");
    for file in ["homebrew/cp-token.rb", "arch/PKGBUILD"] {
        let text = fs::read_to_string(world.path("recipes").join(file)).expect("a recipe");
        assert!(text.contains(&url) && text.contains(sum) && !text.contains("@U"), "{file}");
    }
    assert!(fs::read_to_string(world.path("recipes/arch/PKGBUILD")).expect("text").contains(&version()));
    run(Command::new("ruby").arg("-wc").arg(world.path("recipes/homebrew/cp-token.rb")));
    let arch = world.path("recipes/arch");
    run(Command::new("shellcheck").current_dir(arch).args(["PKGBUILD", "cp-token.install"]));
}

#[test]
fn a_template_with_a_name_that_is_not_given_is_not_filled() {
    if !programs::present(&["python3"]) {
        return;
    }
    let fill = |value: Option<&str>| {
        let mut command = script("fill");
        command.env_remove("SHA256").envs(value.map(|value| ("SHA256", value)));
        let template =
            fs::File::open(root().join("packaging/homebrew/cp-token.rb.in")).expect("the template");
        for name in ["URL", "REPOSITORY"] {
            command.env(name, "given");
        }
        command.stdin(Stdio::from(template)).output().expect("it runs").status.success()
    };
    assert!(fill(Some("given")));
    assert!(!fill(None));
    assert!(!fill(Some("")));
}

#[test]
fn the_nix_expression_can_be_read_and_takes_the_version_of_the_workspace() {
    if !programs::present(&["nix-instantiate"]) {
        return;
    }
    let world = World::new();
    let nix = || {
        let mut command = Command::new("nix-instantiate");
        // Without a store of the system: nothing is built.
        command.env("HOME", world.root()).env("NIX_STORE_DIR", world.path("nix/store"));
        command.env("NIX_STATE_DIR", world.path("nix/state")).env("NIX_LOG_DIR", world.path("nix/log"));
        command
    };
    let file = root().join("packaging/nix/default.nix");
    run(nix().arg("--parse").arg(&file));
    // Everything that it wants of nixpkgs, as far as it wants it.
    let wants = format!(
        "(import {} {{ pkgs = {{ rustPlatform.buildRustPackage = x: x; installShellFiles = 1; \
         lib = {{ cleanSource = x: x; licenses = {{ mit = 1; asl20 = 2; }}; platforms.unix = [ ]; }}; }}; }}).version",
        file.display()
    );
    let outcome = run(nix().args(["--eval", "--expr", &wants]));
    assert!(outcome.contains(&format!("\"{}\"", version())), "{outcome}");
}

#[test]
fn the_windows_archive_has_both_programs_and_their_papers_and_is_the_same_twice() {
    if !programs::present(&["python3"]) {
        return;
    }
    let world = World::new();
    let exes = world.path("exes");
    fs::create_dir(&exes).expect("make a folder");
    let zip = |to: &str| {
        let mut command = script("windows/zip");
        command.arg(&exes).arg(world.path(to)).env("SOURCE_DATE_EPOCH", "1700000000");
        command
    };
    assert!(!zip("none").output().expect("it runs").status.success(), "there is nothing to pack");
    for name in ["cp-token.exe", "cp-tokend.exe"] {
        fs::write(exes.join(name), format!("MZ {name}")).expect("write a program");
    }
    let archive = run(&mut zip("one"));
    let name = format!("cp-token-{}-x86_64-pc-windows", version());
    assert!(archive.trim().ends_with(&format!("{name}.zip")), "{archive}");
    let listed = run(Command::new("python3").args(["-m", "zipfile", "-l", archive.trim()]));
    for file in [
        "cp-token.exe",
        "cp-tokend.exe",
        "README.txt",
        "LICENSE.txt",
        "THIRD-PARTY.txt",
        "cp-token.cdx.json",
        "cp-tokend.cdx.json",
    ] {
        assert!(listed.contains(&format!("{name}/{file}")), "{file}: {listed}");
    }
    let again = run(&mut zip("two"));
    let same = fs::read(archive.trim()).expect("one") == fs::read(again.trim()).expect("the other");
    assert!(same, "two archives of the same programs differ");
}
