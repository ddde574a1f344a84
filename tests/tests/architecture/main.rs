//! Owns the rules that a reader of the sources can check: who may name what, where `unsafe` may stand, how long a file may
//! be, what the helper may depend on, which wing may use which.
#![allow(clippy::expect_used, reason = "a test that cannot read the sources has to stop")]

mod documents;
mod messages;
mod names;
mod register;
mod sources;
mod wings;

use std::process::Command;

use sources::{offenders, root, shipped, sources};

#[test]
fn each_risky_library_has_one_door() {
    for (word, only) in [
        ("bincode", vec!["protocol/src/wire.rs", "protocol/src/view.rs"]),
        ("reqwest", vec!["daemon/src/token_endpoint/http.rs"]),
        ("argon2::", vec!["daemon/src/lock/seal.rs"]),
        ("chacha20poly1305", vec!["daemon/src/lock/seal.rs"]),
        ("zbus::", vec!["daemon/src/lock/suspend/logind.rs", "daemon/src/secrets/sources/secret_service.rs"]),
        ("CreateProcessW", vec!["protocol/src/windows/child/windows.rs"]),
        ("ImpersonateNamedPipeClient", vec!["protocol/src/windows/security/windows.rs"]),
        ("keyring::", vec!["daemon/src/secrets/sources/keyring.rs", "daemon/src/secrets/sources.rs"]),
        (
            "Command::new",
            vec![
                "daemon/src/handover/linux.rs",
                "daemon/src/secrets/program/unix.rs",
                "helper-cli/src/daemon/launch/unix.rs",
                "helper-cli/src/run/program.rs",
                "helper-cli/src/run/program/windows.rs",
                "helper-cli/src/terminal/prompt/code.rs",
            ],
        ),
    ] {
        let named =
            offenders(&shipped(), |source| source.names(word) && !only.contains(&source.path.as_str()));
        assert!(named.is_empty(), "{word} is named in {named:?}");
    }
}

#[test]
fn what_has_to_be_pure_names_no_clock_no_file_and_no_network() {
    let forbidden = [
        ("protocol/src/", vec!["tokio", "Instant::now", "SystemTime::now", "tracing", "UnixListener"]),
        ("daemon/src/lease", vec!["tokio", "async fn", "::now()", "tracing", "std::fs"]),
        ("daemon/src/lock/passphrase_delay.rs", vec!["tokio", "async fn", "::now()", "tracing"]),
        ("daemon/src/lock/seal.rs", vec!["tokio", "async fn", "::now()", "tracing", "getrandom"]),
        ("daemon/src/base/lock_flag.rs", vec!["crate::"]),
        ("daemon/src/token_endpoint/response", vec!["tokio", "async fn", "::now()", "tracing"]),
        ("daemon/src/broker", vec!["cp_token_protocol::Frame"]),
        ("helper-cli/src/", vec!["tokio", "tracing", "reqwest"]),
        ("helper-cli/src/adapters", vec!["std::env", "std::io", "std::fs", "::now()"]),
        ("helper-cli/src/adapters", vec!["print!"]),
        ("helper-cli/src/curl", vec!["std::fs", "std::env", "::now()", "Command::"]),
    ];
    for (wing, words) in forbidden {
        for word in words {
            let found = offenders(&shipped(), |source| source.path.starts_with(wing) && source.names(word));
            assert!(found.is_empty(), "{wing} names {word} in {found:?}");
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
    let elsewhere = offenders(&sources(), |source| !platform(&source.path) && source.code().any(is_unsafe));
    assert!(elsewhere.is_empty(), "unsafe outside platform files: {elsewhere:?}");
    let unexplained = offenders(&shipped(), |source| {
        let blocks = source.code().filter(|line| is_unsafe(line)).count();
        source.text.matches("SAFETY:").count() < blocks
    });
    assert!(unexplained.is_empty(), "unsafe without a SAFETY reason: {unexplained:?}");
}

#[test]
fn every_file_says_what_it_owns_and_stays_readable() {
    let unlabelled = offenders(&sources(), |source| !source.text.starts_with("//! "));
    assert!(unlabelled.is_empty(), "no first sentence: {unlabelled:?}");
    let long = offenders(&sources(), |source| source.text.lines().count() > 300);
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
    let help = std::fs::read_to_string(root().join("helper-cli/src/args/cli/help.rs")).expect("help");
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
