//! Owns the question whether a program is installed, and what its absence means for a test. It runs none.

use std::io::{Write, stderr};
use std::path::PathBuf;

/// Makes the absence of a program a failure instead of a skipped test.
const REQUIRE_ALL: &str = "CP_TOKEN_TESTS_REQUIRE_ALL";

/// Whether all of these programs are in `PATH`. Where one is not, that is said on standard error, and a failure
/// if `CP_TOKEN_TESTS_REQUIRE_ALL` is set.
pub fn present(programs: &[&str]) -> bool {
    let missing: Vec<_> = programs.iter().filter(|program| find(program).is_none()).collect();
    if missing.is_empty() {
        return true;
    }
    absent(&format!("{missing:?} not installed"));
    false
}

/// Whether this process has root's rights. Where it has not, that is said as above.
#[cfg(target_os = "linux")]
pub fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        absent("not root");
    }
    is_root
}

/// Says that a test is skipped and why; fails it if `CP_TOKEN_TESTS_REQUIRE_ALL` is set.
pub fn absent(reason: &str) {
    assert!(std::env::var_os(REQUIRE_ALL).is_none(), "{reason}, and {REQUIRE_ALL} is set");
    skipped(reason);
}

/// Says that a test is skipped and why.
pub fn skipped(reason: &str) {
    note(&format!("skipped, {reason}"));
}

/// Says what is worth reading of a test that passes.
pub fn note(what: &str) {
    // `eprintln` would be swallowed with the output of a test that passes.
    drop(writeln!(stderr(), "{}: {what}", std::thread::current().name().unwrap_or("a test")));
}

/// The program's path, if `PATH` leads to it.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Every program of that name that `PATH` leads to, each file once, and those that the variable lists, between colons.
pub fn find_all(program: &str, variable: &str) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let named = std::env::var_os(variable).unwrap_or_default();
    let candidates = std::env::split_paths(&path).map(|folder| folder.join(program));
    let mut found: Vec<PathBuf> = Vec::new();
    for file in candidates.chain(std::env::split_paths(&named)).filter_map(|file| file.canonicalize().ok()) {
        if file.is_file() && !found.contains(&file) {
            found.push(file);
        }
    }
    found
}
