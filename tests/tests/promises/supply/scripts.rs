//! The promise that every script of the project is one that its language's checker has no doubt about.

use std::process::Command;

use cp_token_tests::programs;

use super::{files, read, root, run};

/// Files in whose first line one of these stands.
fn with_interpreter(names: &[&str]) -> Vec<String> {
    let of_them = |file: &String| {
        let Ok(bytes) = std::fs::read(root().join(file)) else { return false };
        let line = String::from_utf8_lossy(bytes.split(|byte| *byte == b'\n').next().unwrap_or_default())
            .into_owned();
        line.starts_with("#!") && names.iter().any(|name| line.ends_with(name))
    };
    files().into_iter().filter(of_them).collect()
}

#[test]
fn every_shell_script_satisfies_shellcheck() {
    if !programs::present(&["shellcheck"]) {
        return;
    }
    let mut scripts = with_interpreter(&["/bash", " bash", "/sh"]);
    scripts.extend(["packaging/shared.sh", "packaging/tell-daemons.sh"].map(str::to_owned));
    assert!(scripts.len() > 10, "{scripts:?}");
    run(Command::new("shellcheck").current_dir(root()).arg("-x").args(scripts));
}

#[test]
fn every_python_program_of_packaging_compiles() {
    if !programs::present(&["python3"]) {
        return;
    }
    let compile = "import ast, sys; [ast.parse(open(name).read(), name) for name in sys.argv[1:]]";
    let scripts: Vec<_> =
        with_interpreter(&[" python3"]).into_iter().filter(|file| file.starts_with("packaging/")).collect();
    assert!(scripts.len() > 5, "{scripts:?}");
    run(Command::new("python3").current_dir(root()).args(["-c", compile]).args(scripts));
}

#[test]
fn the_version_stands_in_the_workspaces_manifest_alone() {
    let version = run(&mut Command::new(root().join("packaging/version")));
    let version = version.trim();
    assert!(read("Cargo.toml").contains(&format!("version = \"{version}\"\nedition")));
    for file in files().iter().filter(|file| file.starts_with("packaging/") || file.starts_with(".github/")) {
        let text = std::fs::read(root().join(file)).expect("read a file");
        assert!(!String::from_utf8_lossy(&text).contains(version), "{file} has {version} in it");
    }
}
