//! The promises of the .rpm, installed into a folder of its own with a database of its own.

use std::process::Command;

use cp_token_tests::programs;
use cp_token_tests::world::World;

use super::{packed, root, run, version};

#[test]
fn an_rpm_brings_what_packaging_lays_out_and_takes_it_away_again() {
    if !programs::present(&["rpm", "rpmbuild", "strip"]) {
        return;
    }
    let world = World::new();
    let package = packed("rpm", "1");
    let labels = run(Command::new("rpm").args(["-qp", "--qf", "%{VERSION} %{LICENSE}"]).arg(&package));
    assert_eq!(labels, format!("{} MIT OR Apache-2.0", version()));
    let folder = world.path("installed");
    let rpm = |arguments: &[&str]| {
        let mut command = Command::new("rpm");
        // The folder has no shell for scripts and no database of what its system provides.
        command.arg("--root").arg(&folder).args(["--nodeps", "--noscripts"]).args(arguments);
        command
    };
    run(rpm(&["--install"]).arg(&package));
    let helper = folder.join("usr/bin/cp-token");
    assert!(run(Command::new(&helper).arg("--version")).starts_with("cp-token "));
    for file in
        ["bin/git-credential-cp-token", "share/man/man1/cp-token.1.gz", "share/doc/cp-token/THIRD-PARTY"]
    {
        assert!(folder.join("usr").join(file).exists(), "{file}");
    }
    run(&mut rpm(&["--erase", "cp-token"]));
    let left = run(Command::new("find").arg(&folder).args(["-name", "*cp[-_]token*"]));
    assert_eq!(left, "");
}

#[test]
fn the_rpm_satisfies_rpmlint() {
    if !programs::present(&["rpm", "rpmbuild", "strip", "rpmlint"]) {
        return;
    }
    let settings = root().join("packaging/redhat/rpmlint.toml");
    run(Command::new("rpmlint").arg("--strict").arg("--config").arg(settings).arg(packed("rpm", "1")));
}
