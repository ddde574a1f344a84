//! Attacks with marks on the program files that lend their owner's rights.

use std::path::PathBuf;

use cp_token_tests::world::World;

use crate::stage::{by_other, can_be_others, chmod, open_the_way};

/// A copy of a program that root owns, with this mode.
fn copy(world: &World, program: &std::path::Path, mode: u32) -> PathBuf {
    let to = world.path(format!("bin/copy-{mode:o}-{}", program.file_name().expect("a name").display()));
    let copied = std::process::Command::new("cp").arg(program).arg(&to).status();
    assert!(copied.expect("run cp").success());
    chmod(&to, mode);
    to
}

#[test]
fn b14_a_copy_that_lends_root_s_rights_does_nothing_with_them() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    open_the_way(&world);
    let id = copy(&world, "/usr/bin/id".as_ref(), 0o4755);
    let shown = by_other(&world, id).args(["-u"]).run().succeeded().stdout;
    assert_eq!(shown, "0\n", "the control: the mark lends rights here");
    for (program, arguments) in [(world.helper_file(), &["status"][..]), (world.daemon_file(), &[])] {
        for mode in [0o4755, 0o2755, 0o6755] {
            let marked = by_other(&world, copy(&world, &program, mode)).args(arguments).run();
            assert!(marked.code == 69 && marked.stdout.is_empty(), "{marked:?}");
            assert_eq!(marked.stderr.lines().count(), 1, "{marked:?}");
            assert!(marked.stderr.contains("setuid"), "{marked:?}");
        }
        let plain = copy(&world, &program, 0o755);
        by_other(&world, plain).args(["--version"]).run().succeeded();
    }
    assert!(!world.socket().exists() && world.running().is_empty());
}
