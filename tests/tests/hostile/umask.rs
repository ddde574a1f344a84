//! Attacks with a umask that takes everything away, of a user who cannot read what has no mode: what is made must be of
//! use to its owner, and must go again.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use cp_token_tests::programs;
use cp_token_tests::world::{Call, World};

use crate::stage::{AS_OTHER, OTHER, can_be_others, chmod, give_to, give_world_to_other};

/// `cp-token` with these words, of the other user, under that umask.
fn under_it(world: &World, words: &[&str]) -> Call {
    let call =
        world.program(AS_OTHER[0]).args(&AS_OTHER[1..]).args(["sh", "-c", "umask 0777; exec \"$@\"", "sh"]);
    call.args([world.helper_file()]).args(words)
}

/// A folder in memory of the other user.
struct Memory(PathBuf);

impl Memory {
    fn new(world: &World) -> Self {
        let folder = Path::new("/dev/shm").join(world.root().file_name().expect("a world has a name"));
        std::fs::create_dir(&folder).expect("make a folder in memory");
        chmod(&folder, 0o700);
        give_to(&folder, OTHER);
        Self(folder)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn mode(path: impl AsRef<Path>) -> u32 {
    std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

#[test]
fn under_a_umask_that_leaves_nothing_everything_works_again_and_again_and_nothing_is_left() {
    if !can_be_others() || !programs::present(&["stat"]) {
        return;
    }
    let world = World::new();
    let is_memory = world.program("stat").args(["-f", "-c", "%T", "/dev/shm"]).run().stdout;
    if is_memory.trim() != "tmpfs" {
        return programs::absent("/dev/shm is no tmpfs");
    }
    give_world_to_other(&world);
    std::fs::remove_dir(world.path("run/cp-token")).expect("to be made by the helper");
    let memory = Memory::new(&world);
    let client = world.new_client();
    let (url, ca) = (world.server().url(), world.ca_file().display().to_string());
    let create = ["profile", "create", "prod", "--url", &url, "--client-id", &client.id, "--ca-bundle", &ca];
    let create = under_it(&world, &create).args(["--secret-stdin", "--secret-source", "memory"]);
    create.stdin(&client.secret).run().succeeded();
    assert_eq!(
        (mode(world.path("run/cp-token")), mode(world.path("run/cp-token/start.lock"))),
        (0o700, 0o600)
    );
    // What an earlier version has left: a folder that its owner cannot look into.
    for folder in ["tokens", "tokens/1-0"] {
        std::fs::create_dir(memory.0.join(folder)).expect("make a folder");
        give_to(memory.0.join(folder), OTHER);
    }
    chmod(memory.0.join("tokens/1-0"), 0);
    chmod(memory.0.join("tokens"), 0o700);
    for _ in 0..2 {
        let exec = under_it(&world, &["exec", "--file", "--", "sh", "-c", "cat \"$CP_TOKEN_FILE\""]);
        let outcome = exec.env("XDG_RUNTIME_DIR", &memory.0).printing_a_token().run().succeeded();
        assert!(!outcome.stdout.is_empty());
        assert_eq!(std::fs::read_dir(memory.0.join("tokens")).expect("it is there").count(), 0);
    }
    under_it(&world, &["daemon", "stop", "--yes"]).run().succeeded();
    under_it(&world, &["daemon", "start"]).run().succeeded();
    under_it(&world, &["daemon", "stop", "--yes"]).run().succeeded();
}
