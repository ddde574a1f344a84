//! The promises about dependencies: what `deny.toml` and the list of agreed crates refuse. Each refusal is planted, and
//! the same check passes without it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cp_token_tests::programs;
use cp_token_tests::world::World;

use super::{clone, commit, edit, read, root, run, tried};

/// A project with one dependency that lies beside it.
fn project(world: &World, folder: &str, dependency: &str, licence: &str) -> PathBuf {
    let project = world.path(folder);
    for (name, licence, more) in [
        ("project", "MIT", format!("[dependencies]\n{dependency} = {{ path = \"../{dependency}\" }}\n")),
        (dependency, licence, String::new()),
    ] {
        let place = project.join(name);
        fs::create_dir_all(place.join("src")).expect("make a folder");
        fs::write(place.join("src/lib.rs"), "").expect("write a source");
        let head = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n"
        );
        fs::write(place.join("Cargo.toml"), format!("{head}license = \"{licence}\"\n{more}"))
            .expect("write a manifest");
    }
    project.join("project")
}

/// What cargo-deny with our own settings says of a project.
fn checked(project: &Path, checks: &[&str]) -> (bool, String) {
    let settings = root().join("deny.toml");
    let mut deny = Command::new("cargo");
    deny.current_dir(project).args(["deny", "--offline", "--config"]).arg(settings);
    tried(deny.arg("check").args(checks))
}

fn deny_is_present() -> bool {
    programs::present(&["cargo-deny"])
}

/// What shipped programs do at a bug is what their tests have seen: a daemon that goes on.
#[test]
fn the_profile_that_daemons_are_shipped_with_unwinds_and_only_the_helpers_own_does_not() {
    let manifest = read("Cargo.toml");
    let section = |name: &str| {
        let rest = manifest.split_once(&format!("\n[profile.{name}]\n")).expect("the profile").1;
        rest.split("\n[").next().expect("its lines").to_owned()
    };
    assert!(!section("release").contains("panic") && section("helper").contains("panic = \"abort\""));
    let build = read("packaging/build");
    assert!(build.contains("build cargo cp-token-daemon release \"$host\""), "{build}");
    assert!(build.contains("unset RUSTC RUSTC_WRAPPER RUSTFLAGS"), "nobody's own flags");
}

#[test]
fn m01_a_crate_that_is_known_to_be_bad_fails_the_check() {
    if !deny_is_present() {
        return;
    }
    let world = World::new();
    let (accepted, message) =
        checked(&project(&world, "good", "harmless", "MIT"), &["bans", "licenses", "sources"]);
    assert!(accepted, "{message}");
    for bad in ["openssl-sys", "daemonize", "users", "atty"] {
        let (accepted, message) = checked(&project(&world, bad, bad, "MIT"), &["bans"]);
        assert!(
            !accepted && message.contains(&format!("crate '{bad} = 0.1.0' is explicitly banned")),
            "{message}"
        );
    }
}

#[test]
fn m02_a_licence_or_a_source_that_nobody_agreed_to_fails_the_check() {
    if !deny_is_present() || !programs::present(&["git"]) {
        return;
    }
    let world = World::new();
    let (accepted, message) =
        checked(&project(&world, "copyleft", "copyleft", "GPL-3.0-only"), &["licenses"]);
    assert!(!accepted && message.contains("GPL-3.0"), "{message}");

    let foreign = project(&world, "foreign", "foreign", "MIT");
    let origin = foreign.with_file_name("foreign");
    commit(&origin);
    assert!(checked(&foreign, &["sources"]).0, "the same crate from beside the project");
    let elsewhere = format!("git = \"file://{}\"", origin.display());
    edit(&foreign.join("Cargo.toml"), "path = \"../foreign\"", &elsewhere);
    let home = world.path("cargo");
    run(Command::new("cargo").current_dir(&foreign).arg("generate-lockfile").env("CARGO_HOME", &home));
    let settings = root().join("deny.toml");
    let mut deny = Command::new("cargo-deny");
    deny.current_dir(&foreign).args(["--offline", "--config"]).arg(settings).args(["check", "sources"]);
    let (accepted, message) = tried(deny.env("CARGO_HOME", &home));
    assert!(!accepted && message.contains("not explicitly allowed"), "{message}");
}

#[test]
fn m02_a_new_crate_in_the_programs_fails_until_somebody_agrees_to_it() {
    if !programs::present(&["python3", "git"]) {
        return;
    }
    let world = World::new();
    let folder = clone(&world, "clone");
    let check = || tried(&mut Command::new(folder.join("packaging/inventory/check")));
    let (agreed, message) = check();
    assert!(agreed, "{message}");
    // It is in the lock file already, for the tests alone, so nothing has to be fetched.
    edit(&folder.join("daemon/Cargo.toml"), "[dependencies]\n", "[dependencies]\nrcgen.workspace = true\n");
    run(Command::new("cargo").current_dir(&folder).args(["metadata", "--offline", "--format-version", "1"]));
    let (agreed, message) = check();
    assert!(!agreed && message.contains("rcgen is new"), "{message}");
}

#[test]
fn m07_unsafe_code_does_not_compile_where_it_is_not_allowed_by_name() {
    let world = World::new();
    let manifest = read("Cargo.toml");
    let lints = manifest.split("[workspace.lints.rust]").nth(1).and_then(|rest| rest.split("\n\n").next());
    let planted = project(&world, "planted", "beside", "MIT");
    let head = fs::read_to_string(planted.join("Cargo.toml")).expect("read the manifest");
    let lints = lints.expect("the workspace has lints").replace("missing_docs = \"warn\"", "");
    fs::write(planted.join("Cargo.toml"), format!("{head}[lints.rust]{lints}\n"))
        .expect("write the manifest");
    let check = |source: &str| {
        fs::write(planted.join("src/lib.rs"), source).expect("write the source");
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(&planted)
            .args(["check", "--offline"])
            .env("CARGO_TARGET_DIR", world.path("target"));
        tried(&mut cargo)
    };
    assert!(check("pub fn read(place: &u8) -> u8 { *place }").0);
    let (accepted, message) = check("pub fn read(place: *const u8) -> u8 { unsafe { *place } }");
    assert!(!accepted && message.contains("unsafe"), "{message}");
    for member in ["protocol", "daemon", "helper-cli", "tests"] {
        assert!(read(&format!("{member}/Cargo.toml")).contains("[lints]\nworkspace = true"), "{member}");
    }
}

/// A database of advisories with one, against this crate, and our own settings with that database in their place.
fn advisory_against(world: &World, name: &str) -> PathBuf {
    let place = world.path("database/crates").join(name);
    fs::create_dir_all(&place).expect("make a folder");
    let advisory = format!(
        "```toml\n[advisory]\nid = \"RUSTSEC-2099-0001\"\npackage = \"{name}\"\ndate = \"2099-01-01\"\n\
         informational = \"unmaintained\"\n\n[versions]\npatched = []\n```\n\n# Planted\n\nPlanted.\n"
    );
    fs::write(place.join("RUSTSEC-2099-0001.md"), advisory).expect("write an advisory");
    commit(&world.path("database"));
    let ours = "[advisories]\n";
    let theirs = format!(
        "{ours}db-path = {:?}\ndb-urls = [\"https://advisories.example/db\"]\ngit-fetch-with-cli = true\n",
        world.path("databases")
    );
    let settings = world.path("deny.toml");
    fs::write(&settings, read("deny.toml").replacen(ours, &theirs, 1)).expect("write the settings");
    settings
}

#[test]
fn m01_a_crate_with_an_advisory_fails_the_check() {
    if !deny_is_present() || !programs::present(&["git"]) {
        return;
    }
    for (against, is_bad) in [("zeroizing-alloc", true), ("another", false)] {
        let world = World::new();
        let settings = advisory_against(&world, against);
        let project = project(&world, "advised", "beside", "MIT");
        // A crate that our own build has fetched, so nothing has to be.
        edit(&project.join("Cargo.toml"), "[dependencies]\n", "[dependencies]\nzeroizing-alloc = \"0.1\"\n");
        run(Command::new("cargo").current_dir(&project).args(["generate-lockfile", "--offline"]));
        let deny = |words: &[&str]| {
            let mut deny = Command::new("cargo-deny");
            deny.current_dir(&project).args(["--config", settings.to_str().expect("a path")]).args(words);
            let instead = format!("url.file://{}.insteadOf", world.path("database").display());
            deny.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", instead);
            tried(deny.env("GIT_CONFIG_VALUE_0", "https://advisories.example/db"))
        };
        let (fetched, message) = deny(&["fetch", "db"]);
        assert!(fetched, "{message}");
        let (accepted, message) = deny(&["--offline", "check", "advisories"]);
        assert!(
            accepted != is_bad && message.contains("RUSTSEC-2099-0001") == is_bad,
            "{against}: {message}"
        );
    }
}
