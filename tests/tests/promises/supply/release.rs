//! The promises about a release: equal programs make equal packages, each program tells its crates and no others, and a
//! download that was tampered with does not pass what SECURITY.md has people run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use cp_token_tests::programs;
use cp_token_tests::world::World;

use super::{clone, read, root, run, tried};

const MAINTAINER: &str = "A Tester <tester@example.org>";
const HOST: &str = "x86_64-unknown-linux-gnu";

/// The two programs as they are shipped but for their speed: without symbols, with the lists of their crates.
fn annotated_programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let world = World::new();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("annotated");
        fs::create_dir_all(&folder).expect("make a folder");
        for (name, file) in [("cp-token", world.helper_file()), ("cp-tokend", world.daemon_file())] {
            let bare = world.path(name);
            run(Command::new("strip").arg("-o").arg(&bare).arg(file));
            let mut annotate = Command::new(root().join("packaging/inventory/annotate"));
            run(annotate.args([name, HOST]).arg(bare).arg(folder.join(name)));
        }
        folder
    })
}

fn tools_are_present() -> bool {
    programs::present(&["python3", "objcopy", "strip", "readelf", "git"])
}

#[test]
fn m05_a_program_carries_the_list_of_its_crates_as_its_document_has_them() {
    if !tools_are_present() {
        return;
    }
    let world = World::new();
    for name in ["cp-token", "cp-tokend"] {
        let program = annotated_programs().join(name);
        let document = world.path(name).with_extension("cdx.json");
        let made = run(Command::new(root().join("packaging/inventory/sbom")).args([name, HOST]));
        fs::write(&document, &made).expect("write the document");
        let verify =
            || tried(Command::new(root().join("packaging/inventory/verify")).arg(&program).arg(&document));
        let (agreed, message) = verify();
        assert!(agreed, "{message}");
        for (from, to) in [("pkg:cargo/libc@0", "pkg:cargo/libc@9"), ("\"required\"", "\"excluded\"")] {
            fs::write(&document, made.replace(from, to)).expect("write another document");
            let (agreed, message) = verify();
            assert!(!agreed && message.contains("disagree"), "{from}: {message}");
        }
        let sections = run(Command::new("readelf").arg("-SW").arg(&program));
        let section = sections.lines().find(|line| line.contains(".dep-v0")).expect("the section");
        let flags = section.split_whitespace().rev().nth(3).expect("columns");
        assert_eq!(flags, "00", "the section is mapped: {section}");
    }
}

#[test]
fn m04_equal_programs_and_sources_make_equal_packages_in_any_folder() {
    if !tools_are_present() || !programs::present(&["dpkg-deb", "dpkg-shlibdeps", "rpmbuild"]) {
        return;
    }
    let world = World::new();
    let packed = |folder: &Path, to: &str, date: &str| {
        for kind in ["deb", "rpm"] {
            let mut pack = Command::new(folder.join("packaging").join(kind));
            pack.arg("--from").arg(annotated_programs()).args(["--maintainer", MAINTAINER]);
            run(pack
                .arg(world.path(to))
                .env("SOURCE_DATE_EPOCH", date)
                .env("DPKG_DEB_COMPRESSOR_LEVEL", "0"));
        }
        run(Command::new("sh").current_dir(world.path(to)).args(["-c", "sha256sum -- *"]))
    };
    let here = packed(root(), "here", "1700000000");
    let elsewhere = clone(&world, "a-clone-in-quite-another-folder");
    assert_eq!(packed(&elsewhere, "there", "1700000000"), here);
    assert_ne!(packed(&elsewhere, "later", "1700000001"), here, "what differs is seen");
}

#[test]
fn m04_a_program_that_differs_by_one_byte_is_told_from_an_equal_one() {
    let world = World::new();
    for (folder, daemon) in [("one", "daemon"), ("equal", "daemon"), ("other", "Daemon")] {
        fs::create_dir(world.path(folder)).expect("make a folder");
        fs::write(world.path(folder).join("cp-token"), "helper").expect("write a program");
        fs::write(world.path(folder).join("cp-tokend"), daemon).expect("write a program");
    }
    let compare = |other: &str| {
        let script = root().join("packaging/compare");
        tried(Command::new(script).arg("--only").arg(world.path("one")).arg(world.path(other)))
    };
    assert!(compare("equal").0);
    let (equal, message) = compare("other");
    assert!(
        !equal && message.contains("cp-tokend differ") && message.contains("cp-token: equal"),
        "{message}"
    );
}

/// The lines of SECURITY.md with which people check a download.
fn documented_check() -> String {
    let page = read("SECURITY.md");
    let section = page.split("## Checking a download").nth(1).expect("the section");
    let block = section.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next());
    block.expect("a block of shell").to_owned()
}

/// A release of these programs, signed with this key.
fn release(world: &World, key: &Path) -> PathBuf {
    let out = world.path("release");
    let mut release = Command::new(clone(world, "clone").join("packaging/release"));
    release
        .args(["--maintainer", MAINTAINER, "--url", &source_address()])
        .arg("--from")
        .arg(annotated_programs());
    release.env("DPKG_DEB_COMPRESSOR_LEVEL", "0").env("CARGO_TARGET_DIR", world.path("target"));
    run(release.arg("--out").arg(&out));
    sign(&out, key);
    out
}

fn source_address() -> String {
    let version = run(&mut Command::new(root().join("packaging/version")));
    format!("https://downloads.example/cp-token-{}.tar.gz", version.trim())
}

fn new_key(world: &World, name: &str) -> PathBuf {
    let key = world.path(name);
    run(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(&key));
    key
}

fn sign(folder: &Path, key: &Path) {
    drop(fs::remove_file(folder.join("SHA256SUMS.sig")));
    let mut sign = Command::new("ssh-keygen");
    run(sign
        .current_dir(folder)
        .args(["-q", "-Y", "sign", "-n", "cp-token", "-f"])
        .arg(key)
        .arg("SHA256SUMS"));
}

#[test]
fn m06_a_release_that_was_tampered_with_fails_the_check_of_the_documents() {
    if !tools_are_present() || !programs::present(&["ssh-keygen", "dpkg-deb", "dpkg-shlibdeps", "rpmbuild"]) {
        return;
    }
    let world = World::new();
    let (key, other) = (new_key(&world, "key"), new_key(&world, "other"));
    let folder = release(&world, &key);
    let public = fs::read_to_string(key.with_extension("pub")).expect("the public key");
    fs::write(folder.join("allowed_signers"), format!("cp-token {public}")).expect("write the signers");
    let check = || tried(Command::new("bash").current_dir(&folder).args(["-e", "-c", &documented_check()]));
    let (passed, message) = check();
    assert!(passed && message.contains("Good \"cp-token\" signature"), "{message}");

    let entries = fs::read_dir(&folder).expect("the release").map(|entry| entry.expect("an entry").path());
    let signed: Vec<_> = entries.filter(|file| !file.ends_with("allowed_signers")).collect();
    assert!(signed.len() >= 9, "{signed:?}");
    for file in signed {
        let whole = fs::read(&file).expect("an artefact");
        let mut tampered = whole.clone();
        let middle = tampered.len() / 2;
        tampered[middle] ^= 1;
        fs::write(&file, &tampered).expect("tamper");
        let (passed, message) = check();
        assert!(!passed, "{}: {message}", file.display());
        fs::write(&file, &whole).expect("put it back");
    }
    sign(&folder, &other);
    let (passed, message) = check();
    assert!(!passed, "another key: {message}");
    sign(&folder, &key);
    assert!(check().0);
}

#[test]
fn each_crate_in_a_program_brings_its_licence_into_the_packages() {
    if !tools_are_present() {
        return;
    }
    let licences = root().join("packaging/inventory/licences");
    let pairs = [format!("cp-token={HOST}"), format!("cp-tokend={HOST}")];
    let text = run(Command::new(&licences).args(&pairs));
    for (package, program) in [("cp-token-helper", "cp-token"), ("cp-token-daemon", "cp-tokend")] {
        let mut tree = Command::new("cargo");
        tree.current_dir(root()).args([
            "tree",
            "--locked",
            "--offline",
            "-p",
            package,
            "-e",
            "normal,no-proc-macro",
        ]);
        let crates = run(tree.args(["--prefix", "none", "--target", HOST, "--format", "{p}"]));
        let foreign = |line: &&str| line.contains(" v") && !line.contains("(/");
        for line in crates.lines().filter(foreign) {
            let mut words = line.split(" v");
            let (name, version) = (words.next().expect("a name"), words.next().expect("a version"));
            let head = format!("{name} {} (", version.split_whitespace().next().expect("a version"));
            assert!(text.lines().any(|line| line.starts_with(&head)), "{head} of {program}");
        }
    }
    let world = World::new();
    let folder = clone(&world, "clone");
    super::edit(&folder.join("packaging/inventory/licences"), "\"LICEN\", ", "");
    let (made, message) = tried(Command::new(folder.join("packaging/inventory/licences")).args(pairs));
    assert!(!made && message.contains("brings no licence"), "{message}");
}
