//! Attacks through the environment and through a machine that lacks things: variables that lead elsewhere, homes that
//! are nobody's, protections that the system refuses.

use std::io::ErrorKind;
use std::os::unix::net::UnixListener;

use cp_token_tests::programs;
use cp_token_tests::world::{Call, Launch, World};

use crate::stage::{
    AS_OTHER, OTHER, by_other, can_be_others, chmod, give_to, give_world_to_other, open_the_way,
};

/// A listener that nobody may have knocked at, in a folder that everybody may enter.
struct Trap {
    listener: UnixListener,
    path: String,
}

impl Trap {
    fn set(world: &World, owner: u32) -> Self {
        let folder = world.path("trap");
        std::fs::create_dir_all(&folder).expect("make a folder");
        chmod(&folder, 0o777);
        give_to(&folder, owner);
        let path = folder.join(format!("daemon-{owner}.sock"));
        let listener = UnixListener::bind(&path).expect("listen");
        chmod(&path, 0o777);
        listener.set_nonblocking(true).expect("look without waiting");
        Self { listener, path: path.to_str().expect("a path in UTF-8").to_owned() }
    }

    /// What callers have said; none where nobody has knocked.
    fn received(&self) -> Option<String> {
        match self.listener.accept() {
            Ok((mut caller, _)) => {
                let mut said = String::new();
                drop(std::io::Read::read_to_string(&mut caller, &mut said));
                Some(said)
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                None
            }
        }
    }
}

#[test]
fn k01_a_socket_variable_that_leads_to_an_attacker_gets_no_byte_and_none_with_lent_rights() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    give_world_to_other(&world);
    let with = |trap: &Trap, program: &std::path::Path| {
        by_other(&world, "env").args([format!("CP_TOKEN_SOCKET={}", trap.path)]).args([program])
    };
    // A folder that belongs to the attacker, then one of the caller's own in which the attacker listens.
    let trap = Trap::set(&world, 1235);
    let outcome = with(&trap, &world.helper_file()).args(["--rejected"]).stdin("a-token").run();
    assert!(outcome.code == 76 && outcome.stderr.contains("belongs to user 1235"), "{outcome:?}");
    assert_eq!(trap.received(), None, "nobody knocked");
    let trap = Trap::set(&world, OTHER);
    let outcome = with(&trap, &world.helper_file()).args(["--rejected"]).stdin("a-token").run();
    assert!(outcome.code == 76 && outcome.stderr.contains("the other end belongs to user 0"), "{outcome:?}");
    assert_eq!(trap.received().as_deref(), Some(""), "the kernel was asked who it is, and nothing was said");
    let lent = world.path("bin/lent");
    assert!(
        std::process::Command::new("cp")
            .arg(world.helper_file())
            .arg(&lent)
            .status()
            .expect("run cp")
            .success()
    );
    chmod(&lent, 0o4755);
    let outcome = with(&trap, &lent).run();
    assert!(
        outcome.code == 69 && outcome.stderr.contains("cp-token does not run with the rights"),
        "{outcome:?}"
    );
    assert_eq!(trap.received(), None, "with lent rights the variable is not even looked at");
}

/// The helper of [`OTHER`] with this home and nothing else that says where things are.
fn with_home(world: &World, home: &str) -> Call {
    let bare = by_other(world, "env").args(["-i", "PATH=/usr/bin:/bin"]);
    let bare = if home.is_empty() { bare } else { bare.args([format!("HOME={home}")]) };
    bare.args([world.helper_file()]).args(["daemon", "start"])
}

#[test]
fn k03_a_home_that_is_missing_the_root_or_another_user_s_is_used_by_nobody() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    open_the_way(&world);
    let foreign = world.path("foreign");
    std::fs::create_dir(&foreign).expect("make a folder");
    chmod(&foreign, 0o777);
    give_to(&foreign, 1235);
    let foreign = foreign.to_str().expect("a path in UTF-8");
    with_home(&world, "").run().failed(78).saying("there is no home folder");
    with_home(&world, "/nonexistent").run().failed(69).saying("/nonexistent does not exist");
    with_home(&world, "/").run().failed(76).saying("belongs to user 0");
    with_home(&world, foreign).run().failed(76).saying("belongs to user 1235");
    with_home(&world, "relative").run().failed(78).saying("HOME must be an absolute path");
    assert_eq!(std::fs::read_dir(foreign).expect("look").count(), 0);
    assert!(!std::path::Path::new("/.local").exists() && world.running().is_empty());
    let own = world.path("home");
    give_to(&own, OTHER);
    let own = own.to_str().expect("a path in UTF-8");
    assert!(with_home(&world, own).run().succeeded().stdout.contains("is ready"), "the control");
    let stop = by_other(&world, "env").args(["-i", &format!("HOME={own}")]).args([world.helper_file()]);
    stop.args(["daemon", "stop", "--yes"]).run().succeeded();
}

#[test]
fn k04_a_hostile_temporary_folder_is_never_touched() {
    if !programs::is_root() || !programs::present(&["strace"]) {
        return;
    }
    let world = World::new();
    let trap = world.path("hostile-tmp");
    std::fs::create_dir(&trap).expect("make a folder");
    chmod(&trap, 0o777);
    let client = world.new_client();
    let trace = world.path("trace");
    // strace follows the daemon too, so it ends with it. The control's `mktemp` shows that a trace sees the folder.
    let line = r#"cp-token profile create prod --url "$1" --client-id "$2" --secret-stdin --secret-source memory \
        --ca-bundle "$3" && cp-token >/dev/null && cp-token status && cp-token exec --file -- true
        cp-token daemon stop --yes"#;
    let traced = |line: &str| {
        let strace = programs::find("strace").expect("it is there");
        let call =
            world.program(strace).args(["-f", "-qq", "-s", "200", "-e", "trace=%file,bind,connect", "-o"]);
        let call = call.args([&trace]).args(["sh", "-c", line, "sh", &world.server().url(), &client.id]);
        let call = call.args([world.ca_file()]).stdin(&client.secret);
        ["TMPDIR", "TMP", "TEMP"].iter().fold(call, |call, name| call.env(name, &trap)).run();
        let seen = std::fs::read_to_string(&trace).expect("read the trace");
        seen.lines().filter(|line| line.contains("hostile-tmp") && !line.contains("execve(")).count()
    };
    assert_eq!(traced(line), 0);
    assert!(std::fs::read_to_string(&trace).expect("the trace").contains("daemon.sock"), "it was at work");
    assert!(traced("mktemp") > 0, "the control");
}

/// Names of protections with their states.
fn protections(world: &World) -> Vec<(String, String)> {
    let status = world.helper(&["status", "--json"]).json();
    let each = status["protections"].as_array().expect("protections").iter();
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    each.map(|one| (text(&one["name"]), text(&one["state"]))).collect()
}

#[test]
fn k08_each_protection_that_the_system_refuses_is_reported_as_off_and_the_others_as_on() {
    if !programs::is_root() || !programs::present(&["strace"]) {
        return;
    }
    for (refused, off) in [
        ("none", &[][..]),
        (
            "prctl:error=EINVAL",
            &["no core dump, no tracing by other programs of the user", "no new privileges"],
        ),
        ("mlock,mlock2:error=ENOMEM", &["secrets locked in memory"]),
    ] {
        let world = World::new();
        let launch = match refused {
            "none" => Launch::default(),
            refused => {
                let trace = world.path("trace").display().to_string();
                let inject = format!("inject={refused}");
                Launch::by(["strace", "-f", "-qq", "-o", &trace, "-e", &inject])
            }
        };
        let daemon = world.launch(launch);
        let protections = protections(&world);
        assert!(protections.len() >= 6, "{protections:?}");
        for (name, state) in &protections {
            let expected = if off.contains(&name.as_str()) { "off" } else { "on" };
            assert_eq!(state, expected, "{refused}: {name}");
        }
        let outcome = world.helper(&["status"]).succeeded().stdout;
        assert_eq!(outcome.matches(": off").count(), off.len(), "{outcome}");
        assert_eq!(daemon.terminate(), 0);
    }
}

#[test]
fn k07_without_proc_without_user_namespaces_and_without_what_the_system_offers_it_serves_and_says_what_is_off()
 {
    if !can_be_others() || !programs::present(&["unshare", "prlimit"]) {
        return;
    }
    let world = World::new();
    let empty = "mount -t tmpfs none /proc && mount -t tmpfs none /sys && exec \"$0\"";
    let daemon =
        world.launch(Launch::by(["unshare", "--mount", "--propagation", "private", "sh", "-c", empty]));
    world.create_profile("prod", "memory");
    world.helper(&[]).token();
    world.helper(&["log"]).succeeded();
    assert!(protections(&world).iter().all(|(_, state)| state == "on"));
    assert!(!daemon.log().contains("panicked"), "{}", daemon.log());
    assert_eq!(daemon.terminate(), 0);
    // No room to lock memory in, no namespace to be had: as in a tight container.
    let world = World::new();
    give_world_to_other(&world);
    let mut tight = vec!["prlimit", "--memlock=0", "--"];
    tight.extend(AS_OTHER);
    let daemon = world.launch(Launch::by(tight));
    let outcome = by_other(&world, world.helper_file()).args(["status"]).run().succeeded().stdout;
    assert!(outcome.contains("secrets locked in memory: off") && outcome.contains("5 of 6 on"), "{outcome}");
    assert_eq!(daemon.terminate(), 0);
}
