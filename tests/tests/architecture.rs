//! Owns the rules of the house that a reader of the sources can check: who may name what, where `unsafe` may
//! stand, how long a file may be, what the helper may depend on.
#![allow(clippy::expect_used, reason = "a test that cannot read the sources has to stop")]

use std::path::{Path, PathBuf};
use std::process::Command;

struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The lines of code, without comments: prose may name anything.
    fn code(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter(|line| !line.trim_start().starts_with("//"))
    }

    fn names(&self, word: &str) -> bool {
        self.code().any(|line| line.contains(word))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn sources() -> Vec<Source> {
    let listed = Command::new("find")
        .args(["protocol", "daemon", "helper-cli", "tests", "-name", "*.rs", "-not", "-path", "*/target/*"])
        .current_dir(root())
        .output()
        .expect("find runs");
    let paths = String::from_utf8(listed.stdout).expect("paths");
    let sources: Vec<Source> = paths
        .lines()
        .map(|path| Source {
            path: path.to_owned(),
            text: std::fs::read_to_string(root().join(path)).expect("a source"),
        })
        .collect();
    assert!(sources.len() > 50, "the sources were found");
    sources
}

fn shipped() -> impl Iterator<Item = Source> {
    sources().into_iter().filter(|source| {
        let in_product = ["protocol/src/", "daemon/src/", "helper-cli/src/"];
        in_product.iter().any(|folder| source.path.starts_with(folder)) && !source.path.ends_with("tests.rs")
    })
}

fn offenders(sources: impl Iterator<Item = Source>, offends: impl Fn(&Source) -> bool) -> Vec<String> {
    sources.filter(|source| offends(source)).map(|source| source.path).collect()
}

#[test]
fn each_risky_library_has_one_door() {
    for (word, only) in [
        ("bincode", vec!["protocol/src/wire.rs", "protocol/src/view.rs"]),
        ("reqwest", vec!["daemon/src/authority/http.rs"]),
        ("argon2::", vec!["daemon/src/lock/seal.rs"]),
        ("chacha20poly1305", vec!["daemon/src/lock/seal.rs"]),
        ("zbus::", vec!["daemon/src/suspend/logind.rs", "daemon/src/vault/secret_service.rs"]),
        ("CreateProcessW", vec!["protocol/src/child/windows.rs"]),
        ("ImpersonateNamedPipeClient", vec!["protocol/src/security/windows.rs"]),
        ("keyring::", vec!["daemon/src/vault/keyring.rs", "daemon/src/vault.rs"]),
        (
            "Command::new",
            vec![
                "daemon/src/handover/linux.rs",
                "daemon/src/program/unix.rs",
                "helper-cli/src/launch/unix.rs",
                "helper-cli/src/program.rs",
                "helper-cli/src/program/windows.rs",
                "helper-cli/src/prompt/code.rs",
            ],
        ),
    ] {
        let named =
            offenders(shipped(), |source| source.names(word) && !only.contains(&source.path.as_str()));
        assert!(named.is_empty(), "{word} is named in {named:?}");
    }
}

#[test]
fn rooms_keep_to_their_floors() {
    let forbidden = [
        ("protocol/src/", vec!["tokio", "Instant::now", "SystemTime::now", "tracing", "UnixListener"]),
        ("daemon/src/lease", vec!["tokio", "async fn", "::now()", "tracing", "crate::broker", "std::fs"]),
        ("daemon/src/lock/delay.rs", vec!["tokio", "async fn", "::now()", "tracing"]),
        ("daemon/src/lock/seal.rs", vec!["tokio", "async fn", "::now()", "tracing", "getrandom"]),
        ("daemon/src/lock", vec!["crate::ipc", "crate::service", "crate::authority", "zbus"]),
        ("daemon/src/gate.rs", vec!["crate::"]),
        ("daemon/src/suspend", vec!["crate::"]),
        ("daemon/src/authority/response", vec!["tokio", "async fn", "::now()", "tracing"]),
        (
            "daemon/src/broker",
            vec!["crate::vault", "crate::authority", "crate::ipc", "cp_token_protocol::Frame"],
        ),
        ("daemon/src/service.rs", vec!["crate::vault", "crate::authority", "crate::ipc"]),
        ("daemon/src/ipc/", vec!["crate::vault", "crate::authority", "crate::broker", "crate::registry"]),
        ("helper-cli/src/", vec!["tokio", "tracing", "reqwest"]),
        (
            "helper-cli/src/adapters",
            vec![
                "std::env",
                "std::io",
                "std::fs",
                "::now()",
                "crate::client",
                "crate::prompt",
                "crate::output",
            ],
        ),
        ("helper-cli/src/adapters", vec!["crate::commands", "crate::launch", "crate::cli", "print!"]),
        (
            "helper-cli/src/curl",
            vec!["std::fs", "std::env", "::now()", "crate::client", "crate::commands", "Command::"],
        ),
    ];
    for (room, words) in forbidden {
        for word in words {
            let in_room = shipped().filter(|source| source.path.starts_with(room));
            let found = offenders(in_room, |source| source.names(word));
            assert!(found.is_empty(), "{room} names {word} in {found:?}");
        }
    }
}

#[test]
fn unsafe_stands_in_platform_files_with_its_reason() {
    let platform = |path: &str| {
        ["linux.rs", "unix.rs", "macos.rs", "windows.rs"].iter().any(|file| path.ends_with(file))
    };
    let is_unsafe = |line: &str| {
        ["unsafe {", "unsafe impl"].iter().any(|form| line.contains(form)) && !line.contains('"')
    };
    let elsewhere =
        offenders(sources().into_iter(), |source| !platform(&source.path) && source.code().any(is_unsafe));
    assert!(elsewhere.is_empty(), "unsafe outside platform files: {elsewhere:?}");
    let unexplained = offenders(shipped(), |source| {
        let blocks = source.code().filter(|line| is_unsafe(line)).count();
        source.text.matches("SAFETY:").count() < blocks
    });
    assert!(unexplained.is_empty(), "unsafe without a SAFETY reason: {unexplained:?}");
}

#[test]
fn every_file_says_what_it_owns_and_stays_readable() {
    let unlabelled = offenders(sources().into_iter(), |source| !source.text.starts_with("//! "));
    assert!(unlabelled.is_empty(), "no first sentence: {unlabelled:?}");
    let long = offenders(sources().into_iter(), |source| source.text.lines().count() > 300);
    assert!(long.is_empty(), "past 300 lines: {long:?}");
}

#[test]
fn the_helper_depends_on_no_runtime_network_or_keyring() {
    let tree = |package: &str| {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--package", package])
            .current_dir(root())
            .output()
            .expect("cargo tree runs");
        String::from_utf8(output.stdout).expect("names")
    };
    let depends = |tree: &str, name: &str| tree.lines().any(|line| line.starts_with(&format!("{name} ")));
    let helper = tree("cp-token-helper");
    for name in ["tokio", "reqwest", "rustls", "keyring", "keyring-core", "zbus", "tracing"] {
        assert!(!depends(&helper, name), "the helper depends on {name}");
    }
    assert!(depends(&tree("cp-token-daemon"), "reqwest"), "the same look finds what is there");
}

#[test]
fn the_readme_has_the_exit_codes_of_the_help_text() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("README");
    let help = std::fs::read_to_string(root().join("helper-cli/src/cli/help.rs")).expect("help");
    let of_readme: Vec<&str> = readme
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| ")?.split(' ').next().filter(|code| code.parse::<u8>().is_ok())
        })
        .collect();
    let section =
        help.split("Exit codes:").nth(1).expect("exit codes").split("Variables:").next().expect("a section");
    let of_help: Vec<&str> = section
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|code| code.parse::<u8>().is_ok())
        .collect();
    assert_eq!(of_readme, of_help);
    assert_eq!(of_readme.len(), 10);
}
