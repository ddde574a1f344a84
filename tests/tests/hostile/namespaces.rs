//! Places where root is nobody, or the home cannot be written: user namespaces, bubblewrap, a read-only home.

use cp_token_tests::programs;
use cp_token_tests::world::{Call, Client, World, eventually};

use crate::stage::{AS_OTHER, OTHER, can_be_others, chmod, give_to, give_world_to_other};

/// Everything that a person does on a first day.
const A_DAY: &str = r#"set -e
cp-token profile create prod --url "$1" --client-id "$2" --secret-file "$4" --ca-bundle "$3"
cp-token >/dev/null
cp-token status >/dev/null
cp-token daemon restart
cp-token >/dev/null
cp-token doctor --json 2>&1 || true
cp-token daemon stop
"#;

struct Stage {
    world: World,
    client: Client,
}

impl Stage {
    fn set() -> Self {
        let world = World::new();
        give_world_to_other(&world);
        let client = world.new_client();
        std::fs::write(world.path("bin/secret"), &client.secret).expect("write the secret");
        chmod(world.path("bin/secret"), 0o600);
        // In a namespace, root's own files outside of the system's folders could be anybody's.
        for name in ["cp-token", "cp-tokend"] {
            let (file, copy) = (world.path("bin").join(name), world.path("bin/copy"));
            world.program("cp").args([&file, &copy]).run().succeeded();
            std::fs::rename(&copy, &file).expect("put the copy there");
            give_to(&file, OTHER);
        }
        for file in [world.path("bin/secret"), world.ca_file()] {
            give_to(file, OTHER);
        }
        Self { world, client }
    }

    /// The day behind these words, which lead into a place.
    fn day(&self, into: &[&str]) -> Call {
        let call = self.world.program(into[0]).args(&into[1..]).args(["sh", "-c", A_DAY, "sh"]);
        let call = call.args([&self.world.server().url(), &self.client.id]);
        call.args([self.world.ca_file(), self.world.path("bin/secret")])
    }
}

fn can_have(program: &str) -> bool {
    can_be_others() && programs::present(&["unshare", program])
}

#[test]
fn in_a_user_namespace_that_maps_nobody_or_us_alone_a_day_goes_as_anywhere() {
    if !can_have("unshare") {
        return;
    }
    for into in [&["unshare", "-U"][..], &["unshare", "-U", "-r"], &["unshare", "-U", "--map-current-user"]] {
        let stage = Stage::set();
        stage.day(&[&AS_OTHER[..], into].concat()).run().succeeded();
        assert!(stage.world.path("state/state.json").exists(), "the dates are kept");
        eventually("it ends", || stage.world.running().is_empty());
    }
}

#[test]
fn in_a_user_namespace_a_stranger_s_file_is_not_taken_for_root_s() {
    if !can_have("unshare") {
        return;
    }
    for file in ["ca.pem", "bin/secret"] {
        let stage = Stage::set();
        give_to(stage.world.path(file), 1235);
        chmod(stage.world.path(file), 0o644);
        let outcome = stage.day(&[&AS_OTHER[..], &["unshare", "-U", "-r"]].concat()).run();
        assert!(outcome.code != 0 && outcome.stderr.contains("belongs to user 65534"), "{outcome:?}");
    }
}

#[test]
fn in_bubblewrap_a_day_goes_as_anywhere() {
    if !can_have("bwrap") {
        return;
    }
    let stage = Stage::set();
    let root = stage.world.root().to_str().expect("UTF-8").to_owned();
    let jail = ["bwrap", "--unshare-user", "--ro-bind", "/", "/", "--bind", &root, &root, "--dev", "/dev"];
    stage.day(&[&AS_OTHER[..], &jail, &["--proc", "/proc"]].concat()).run().succeeded();
}

/// Makes the folder `$0` read-only for what it runs.
const READ_ONLY: &str = r#"mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@""#;

#[test]
fn in_a_read_only_home_the_log_and_the_dates_are_missing_and_nothing_else_is() {
    if !can_have("mount") {
        return;
    }
    let stage = Stage::set();
    let home = stage.world.path("home").to_str().expect("UTF-8").to_owned();
    let into = ["unshare", "--mount", "--propagation", "private", "sh", "-c", READ_ONLY, &home];
    let into = [&into[..], &AS_OTHER].concat();
    let outcome = stage.day(&into).without_env("CP_TOKEN_STATE_DIR").run().succeeded();
    assert!(outcome.stdout.contains("CP_TOKEN_STATE_DIR"), "doctor says what to do: {outcome:?}");
    assert_eq!(std::fs::read_dir(&home).expect("look").count(), 0);
    // Without any other place to meet, there is none.
    let nowhere = stage.day(&into).without_env("CP_TOKEN_STATE_DIR").without_env("CP_TOKEN_SOCKET");
    let outcome = nowhere.without_env("XDG_RUNTIME_DIR").run();
    assert!(outcome.code == 69 && outcome.stderr.contains("CP_TOKEN_STATE_DIR"), "{outcome:?}");
}
