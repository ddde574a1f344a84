//! Attacks by whoever must not be served, and on whoever asks.

use cp_token_tests::programs;
use cp_token_tests::world::{ASK_FOR_STATUS, Daemon, Launch, World, frame};

use crate::python::{ASK, POSE, Script, hex, interpreter};
use crate::stage::{AS_OTHER, by_other, can_be_others, chmod, give_to, give_world_to_other, open_the_way};

/// How many bytes the daemon gives to a program that runs by way of `words`.
fn bytes_for(world: &World, words: &[&str]) -> usize {
    let line: Vec<_> = words.iter().copied().chain([interpreter(), "-c", ASK]).collect();
    let call = world.program(line[0]).args(&line[1..]).args([world.socket()]);
    let asked = call.args([hex(&frame(&ASK_FOR_STATUS))]).run().succeeded();
    asked.stdout.trim().parse().expect("a number")
}

fn refusals(daemon: &Daemon) -> usize {
    daemon.log().matches("a connection was refused").count()
}

#[test]
fn a01_a_stranger_gets_no_byte_even_where_folder_and_socket_were_opened_to_him() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    let daemon = world.daemon();
    open_the_way(&world);
    chmod(world.path("run/cp-token"), 0o777);
    chmod(world.socket(), 0o777);
    for _ in 0..15 {
        assert_eq!(bytes_for(&world, &AS_OTHER), 0);
    }
    assert!(bytes_for(&world, &[]) > 0, "the control: the same program of our own user");
    assert!((1..=10).contains(&refusals(&daemon)), "{} lines", refusals(&daemon));
}

#[test]
fn a02_root_is_refused_by_the_daemon_of_a_user() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    give_world_to_other(&world);
    let daemon = world.launch(Launch::by(AS_OTHER));
    assert_eq!(bytes_for(&world, &[]), 0);
    assert!(bytes_for(&world, &AS_OTHER) > 0, "the control: its own user");
    world.helper(&["status"]).failed(76).saying("belongs to user 1234");
    by_other(&world, world.helper_file()).args(["status"]).run().succeeded();
    assert_eq!(refusals(&daemon), 1);
}

#[test]
fn a03_a_connection_that_is_passed_on_serves_one_request_and_is_then_dead() {
    if !programs::is_root() {
        return;
    }
    let world = World::new();
    let _daemon = world.daemon();
    let mut raw = world.raw();
    raw.send(&frame(&ASK_FOR_STATUS));
    assert!(!raw.rest().is_empty());
    let second = std::io::Write::write_all(&mut raw.0, &frame(&ASK_FOR_STATUS));
    assert!(second.is_err() && raw.rest().is_empty(), "a second request was taken");
    assert!(world.raw().rest().is_empty(), "a silent connection ends by itself");
}

/// Older kernels tell by a caller's folder alone who started it, which the log names.
fn tells_parents_by_descriptor() -> bool {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").expect("the kernel's release");
    let mut numbers = release.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next(), numbers.next()) >= (Some(6), Some(13))
}

#[test]
fn a04_nothing_of_a_callers_process_is_looked_at() {
    if !programs::is_root() || !programs::present(&["strace"]) || !tells_parents_by_descriptor() {
        return;
    }
    let world = World::new();
    let trace = world.path("trace");
    let file = trace.to_str().expect("a path in UTF-8");
    let daemon = world.launch(Launch::by(["strace", "-f", "-qq", "-o", file, "-e", "trace=%file"]));
    world.create_profile("prod", "memory");
    let calls = [&[][..], &["status"], &["profile", "list"], &["--fresh"], &["forget"]];
    let mut callers = Vec::new();
    for call in calls {
        let running = world.spawn_helper(call);
        callers.push(running.pid());
        running.finish().succeeded();
    }
    assert_eq!(daemon.terminate(), 0);
    let trace = std::fs::read_to_string(trace).expect("read the trace");
    let opened = |pid: u32| trace.lines().filter(|line| line.contains(&format!("\"/proc/{pid}/"))).count();
    assert!(opened(std::process::id()) > 0, "the control: whoever started them is named in the log");
    for caller in callers {
        assert_eq!(opened(caller), 0, "{trace}");
    }
}

/// In there, the machine's /tmp would be a folder of user 1234's that everybody may write to.
const AS_1234_INSIDE: &str = r#"mount --bind "$0" /mnt && mount -t tmpfs -o mode=755 none /tmp && mkdir -p "$0" &&
    mount --bind /mnt "$0" && exec unshare --user --map-user=1234 --map-group=1234 "$@""#;

#[test]
fn a05_a_caller_that_the_kernel_cannot_name_is_a_stranger_and_one_without_a_number_is_not() {
    if !can_be_others() || !programs::present(&["strace", "unshare"]) {
        return;
    }
    let world = World::new();
    open_the_way(&world);
    let root = world.root().to_str().expect("a path in UTF-8");
    let daemon = world.launch(Launch::by(["unshare", "--mount", "sh", "-c", AS_1234_INSIDE, root]));
    chmod(world.path("run/cp-token"), 0o777);
    chmod(world.socket(), 0o777);
    assert_eq!(bytes_for(&world, &AS_OTHER), 0, "our number inside, and user 65534 seen from there");
    assert!(bytes_for(&world, &[]) > 0, "the control: the user that is 1234 inside");
    daemon.kill();
    chmod(world.path("run/cp-token"), 0o700);
    let daemon = world.launch(Launch::by(["unshare", "--pid", "--fork"]));
    assert!(bytes_for(&world, &[]) > 0, "a caller outside of the daemon's numbers has the number 0");
    daemon.kill();
    let blind = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=getsockopt:error=EINVAL"];
    let _daemon = world.launch(Launch::by(blind));
    assert_eq!(bytes_for(&world, &[]), 0, "whom the kernel does not name");
}

#[test]
fn a06_root_in_a_container_of_another_user_is_that_other_user() {
    if !can_be_others() || !programs::present(&["unshare"]) {
        return;
    }
    let world = World::new();
    let _daemon = world.daemon();
    open_the_way(&world);
    chmod(world.path("run/cp-token"), 0o777);
    chmod(world.socket(), 0o777);
    let container = ["unshare", "--user", "--map-root-user", "--"];
    assert_eq!(bytes_for(&world, &[&AS_OTHER[..], &container].concat()), 0);
    assert!(bytes_for(&world, &container) > 0, "our own user is served from there, as anywhere");
}

#[test]
fn a07_no_socket_of_ours_has_an_abstract_name() {
    if !programs::is_root() {
        return;
    }
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener};

    let world = World::new();
    let daemon = world.daemon();
    world.create_profile("prod", "memory");
    assert_eq!(abstract_names(daemon.pid()), Vec::<String>::new());
    let name = SocketAddr::from_abstract_name(world.socket().as_os_str().as_encoded_bytes());
    let _control = UnixListener::bind_addr(&name.expect("a name")).expect("bind it");
    assert!(!abstract_names(std::process::id()).is_empty(), "the control has one");
}

/// The abstract names among the sockets of a process.
fn abstract_names(pid: u32) -> Vec<String> {
    let descriptors = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("we may look");
    let links = descriptors.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
    let own: Vec<_> = links.map(|link| link.to_string_lossy().into_owned()).collect();
    let sockets = std::fs::read_to_string("/proc/net/unix").expect("the system's sockets");
    let is_own = |line: &&str| {
        let inode = line.split_whitespace().nth(6).unwrap_or_default();
        own.contains(&format!("socket:[{inode}]"))
    };
    sockets.lines().filter(|line| line.contains(" @")).filter(is_own).map(str::to_owned).collect()
}

#[test]
fn a10_whoever_poses_as_the_daemon_gets_no_byte_of_a_token_that_is_reported() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    open_the_way(&world);
    chmod(world.path("run/cp-token"), 0o777);
    let token = world.new_secret().replace(|c: char| !c.is_ascii_alphanumeric(), "");
    for as_other in [true, false] {
        drop(std::fs::remove_file(world.socket()));
        let daemon = Script::begin(as_other, POSE, &world.socket());
        let outcome = world.call(&["--rejected", "--no-start", "--timeout", "2s"]).stdin(&token).run();
        if as_other {
            outcome.failed(76).saying("user 1234");
            assert_eq!(daemon.rest(), "0");
        } else {
            // It is gone without a word, and is looked for once more.
            outcome.failed(69).saying("no daemon runs");
            let received: usize = daemon.rest().parse().expect("a number");
            assert!(received > token.len(), "the control: our own listener is told");
        }
    }
}

#[test]
fn b13_root_that_kept_a_users_environment_leaves_nothing_in_his_folders() {
    if !can_be_others() {
        return;
    }
    let world = World::new();
    give_world_to_other(&world);
    std::fs::remove_dir(world.path("run/cp-token")).expect("remove the meeting folder");
    world.helper(&[]).failed(69).saying("belongs to user 1234");
    let without = world.call(&[]).without_env("CP_TOKEN_SOCKET").without_env("XDG_RUNTIME_DIR");
    without.run().failed(76).saying("belongs to user 1234");
    for folder in ["run", "state", "home", "config"] {
        let found = std::fs::read_dir(world.path(folder)).expect("look").count();
        assert_eq!(found, 0, "something was left in {folder}");
    }
    give_to(world.path("run"), 0);
    give_to(world.path("state"), 0);
    world.helper(&[]).failed(78).saying("config").saying("belongs to user 1234");
    give_to(world.path("config"), 0);
    world.helper(&["daemon", "reload"]).succeeded();
    world.helper(&[]).failed(78).saying("there is no profile");
}
