//! Promises about a daemon that is killed in the middle of a change: the next one finds the old state or the new
//! one, never neither, and nobody has to repair anything.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};

use cp_token_tests::programs;
use cp_token_tests::world::{Client, Daemon, Outcome, World, eventually, processes};

use crate::sizes::{repetitions, tell};

/// The calls that leave a trace outside of the daemon, by themselves or by what they send to the keyring.
const CALLS: [&str; 7] = ["/^rename", "/sync$", "/^unlink", "openat", "write", "/^send", "/^recv"];

/// Kills the daemon at the `number`th such call of one of its threads from now on.
struct KillingTracer {
    strace: Child,
    // Without a reader the next word of strace would be its last.
    _words: BufReader<ChildStderr>,
}

impl KillingTracer {
    fn kill_at(daemon: &Daemon, call: &str, number: usize) -> Self {
        let order = format!("inject={call}:signal=KILL:when={number}");
        Self::attach(daemon, &["-o", "/dev/null", "-e", &order])
    }

    fn attach(daemon: &Daemon, order: &[&str]) -> Self {
        let mut command = Command::new("strace");
        command.args(["-f", "-p", &daemon.pid().to_string()]).args(order);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut strace = command.spawn().expect("run strace");
        let mut words = BufReader::new(strace.stderr.take().expect("a pipe"));
        let mut line = String::new();
        words.read_line(&mut line).expect("read what strace says");
        assert!(line.contains("attached"), "strace does not get hold of the daemon: {line}");
        Self { strace, _words: words }
    }
}

impl Drop for KillingTracer {
    fn drop(&mut self) {
        processes::end(self.strace.id());
        drop(self.strace.wait());
    }
}

/// Does the change while the daemon is killed at one call after the other, until one change is not hit any more.
/// `check` sees each outcome with the daemon dead, and leaves the world as `change` needs it.
fn sweep(world: &World, change: impl Fn() -> Outcome, mut check: impl FnMut(&Outcome)) {
    let mut kills = 0;
    for call in calls(world, &change, &mut check) {
        let mut number = 1;
        loop {
            let mut daemon = world.daemon();
            let tracer = KillingTracer::kill_at(&daemon, &call, number);
            let outcome = change();
            // The stop belongs to it: some of a change's traces are left after its answer.
            drop(world.helper(&["daemon", "stop", "--yes"]));
            let survived = daemon.wait() == 0;
            drop(tracer);
            assert!(outcome.code == 0 || !survived, "at {call} {number}: {outcome:?}");
            check(&outcome);
            if survived {
                break;
            }
            number += 1;
            kills += 1;
        }
    }
    tell(&format!("the daemon was killed at {kills} places of one change"));
}

/// A sample that matters, or every call that the daemon makes during the change and its own stop.
fn calls(world: &World, change: impl Fn() -> Outcome, mut check: impl FnMut(&Outcome)) -> Vec<String> {
    if repetitions(0, 1) == 0 {
        return CALLS.map(str::to_owned).to_vec();
    }
    let trace = world.path("trace");
    let mut daemon = world.daemon();
    let tracer = KillingTracer::attach(&daemon, &["-o", trace.to_str().expect("a path in UTF-8")]);
    let outcome = change().succeeded();
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    daemon.wait();
    drop(tracer);
    check(&outcome);
    let trace = std::fs::read_to_string(trace).expect("read the trace");
    let names = trace.lines().filter_map(|line| line.split_once('(')?.0.split_whitespace().nth(1));
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    let is_name = |name: &String| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    // After the last of all nothing is left to be killed.
    names.into_iter().filter(|name| is_name(name) && !name.starts_with("exit")).collect()
}

fn stage() -> Option<(World, Client)> {
    if !programs::present(&["strace"]) || !programs::is_root() {
        return None;
    }
    let world = World::with_keyring()?;
    let client = world.new_client();
    Some((world, client))
}

/// The secrets in the keyring.
fn items(world: &World) -> usize {
    let found = world.keyring().secret_tool(&["search", "--all", "service", "cp-token"], "");
    found.lines().filter(|line| line.starts_with("secret = ")).count()
}

fn create(world: &World, client: &Client) -> Outcome {
    world.creating("prod", "keyring", client, &world.server().url()).run()
}

fn exists(world: &World) -> bool {
    let list = world.helper(&["profile", "list", "--json"]).json();
    list.as_array().is_some_and(|profiles| !profiles.is_empty())
}

/// What no profile uses is removed by the next daemon, in its own time.
fn wait_until_no_secret_is_left(world: &World) {
    eventually("no secret is left", || {
        world.helper(&["status"]).succeeded();
        items(world) == 0
    });
}

#[test]
fn i05_a_daemon_killed_while_it_creates_leaves_a_profile_that_works_or_none() {
    let Some((world, client)) = stage() else { return };
    let mut created = [0, 0];
    sweep(
        &world,
        || create(&world, &client),
        |outcome| {
            let there = exists(&world);
            assert!(there || outcome.code != 0, "a success that is gone: {outcome:?}");
            created[usize::from(there)] += 1;
            if !there {
                create(&world, &client).succeeded();
            }
            world.helper(&[]).token();
            assert_eq!(items(&world), 1);
            world.helper(&["profile", "delete", "prod", "--yes"]).succeeded();
            world.helper(&["daemon", "stop", "--yes"]).succeeded();
            assert_eq!(items(&world), 0);
        },
    );
    assert!(created[0] > 3 && created[1] > 3, "both ends were seen: {created:?}");
}

#[test]
fn i05_a_daemon_killed_while_it_resets_leaves_the_old_secret_or_the_new_one() {
    let Some((world, client)) = stage() else { return };
    create(&world, &client).succeeded();
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    let (old, new) = (client.secret.clone(), world.new_secret());
    let reset = |secret: &str| {
        world.server().reset_secret(&client.id, secret);
        world.call(&["profile", "reset-secret", "prod", "--secret-stdin"]).stdin(secret).run()
    };
    let mut seen = [0, 0];
    sweep(
        &world,
        || reset(&new),
        |outcome| {
            let stored = world.keyring().secret_tool(&["lookup", "service", "cp-token"], "");
            let is_new = stored == new;
            assert!(is_new || stored == old, "neither the old nor the new secret is there");
            assert!(is_new || outcome.code != 0, "a success that is gone: {outcome:?}");
            seen[usize::from(is_new)] += 1;
            match is_new {
                true => drop(world.helper(&[]).token()),
                false => drop(world.helper(&[]).failed(77)),
            }
            // The old one was refused just now, and is not sent again before a person says so.
            world.helper(&["forget"]).succeeded();
            reset(&new).succeeded();
            reset(&old).succeeded();
            world.helper(&["daemon", "stop", "--yes"]).succeeded();
            assert_eq!(items(&world), 1);
        },
    );
    assert!(seen[0] > 3 && seen[1] > 3, "both ends were seen: {seen:?}");
}

#[test]
fn i05_a_daemon_killed_while_it_deletes_leaves_a_profile_that_works_or_nothing() {
    let Some((world, client)) = stage() else { return };
    create(&world, &client).succeeded();
    world.helper(&["daemon", "stop", "--yes"]).succeeded();
    let mut left = [0, 0];
    sweep(
        &world,
        || world.helper(&["profile", "delete", "prod", "--yes"]),
        |outcome| {
            let there = exists(&world);
            assert!(!there || outcome.code != 0, "a success that did not happen: {outcome:?}");
            left[usize::from(there)] += 1;
            if there {
                world.helper(&[]).token();
                world.helper(&["profile", "delete", "prod", "--yes"]).succeeded();
            }
            wait_until_no_secret_is_left(&world);
            create(&world, &client).succeeded();
            world.helper(&["daemon", "stop", "--yes"]).succeeded();
        },
    );
    assert!(left[0] > 3 && left[1] > 3, "both ends were seen: {left:?}");
}
