//! Promises of the token source where several ask at once: late refusals of an old token cost nothing.

use cp_token_tests::official_cli::OfficialCli;
use cp_token_tests::world::World;

use serde_json::Value;

use super::provider::connected;

/// Looks in as many threads as the list of looks is long.
const ALL: &str = "[done.result() for done in [pool.submit(look) for look in looks]]";

/// The official SDK (1.0.5) can lose its credential between two threads, and then sends none; that is not ours to prove.
const PATIENT: &str = "\
def patient():
    while True:
        try: return look()
        except TypeError: pass
";

/// As many as the official SDK has connections.
const FOUR: usize = 4;

/// None of the four goes on before all four have been refused, so three of them report late.
#[test]
fn four_threads_whose_token_dies_cause_one_token_request() {
    let world = World::new();
    let Some((_, mut python)) = connected(&world) else { return };
    python.run("import threading; from concurrent.futures import ThreadPoolExecutor");
    python.run(PATIENT);
    python.run(
        "pool, looks, all_refused = ThreadPoolExecutor(4), [patient] * 4, threading.Barrier(4, timeout=60)",
    );
    python.run("def wait(answer, **_):\n if answer.status_code == 401: all_refused.wait(60)");
    python.run("from pycpg.services._connection import ROOT_SESSION");
    python.run("ROOT_SESSION.hooks['response'].insert(0, wait)");
    assert_eq!(python.value(ALL), Value::from(vec![200; FOUR]));
    for round in 1..=5 {
        world.server().revoke_all();
        assert_eq!(python.value(ALL), Value::from(vec![200; FOUR]));
        assert_eq!(world.server().refused_bearers(), FOUR * round);
        assert_eq!(world.server().token_requests(), 1 + round);
    }
}

#[test]
fn sixteen_threads_with_an_sdk_object_each_and_one_provider_cause_one_token_request() {
    let world = World::new();
    let Some((_, mut python)) = connected(&world) else { return };
    python.run("from concurrent.futures import ThreadPoolExecutor; pool = ThreadPoolExecutor(16)");
    python.run("one = cp_token.Provider(url=url)");
    python.run("sdks = [pycpg.sdk.from_jwt_provider(url, one) for _ in range(16)]");
    python.run("looks = [lambda sdk=sdk: sdk.orgs.get_page(1).status_code for sdk in sdks]");
    for round in 1..=5 {
        world.server().revoke_all();
        assert_eq!(python.value(ALL), Value::from(vec![200; 16]));
        assert_eq!(world.server().token_requests(), 1 + round);
        assert_eq!(world.server().refused_bearers(), 16 * round, "each of them had the dead one");
    }
}

#[test]
fn one_provider_may_serve_several_sdk_objects() {
    let world = World::new();
    let Some((_, mut python)) = connected(&world) else { return };
    python.run("one = cp_token.Provider(url=url)");
    python.run("sdks = [pycpg.sdk.from_jwt_provider(url, one) for _ in range(4)]");
    assert_eq!(world.server().token_requests(), 1, "being asked again is no refusal by itself");
    for round in 1..=2 {
        world.server().revoke_all();
        assert_eq!(
            python.value("[sdk.orgs.get_page(1).status_code for sdk in sdks]"),
            Value::from(vec![200; 4])
        );
        assert_eq!(world.server().token_requests(), 1 + round);
        assert_eq!(world.server().refused_bearers(), 4 * round, "each of them had the dead one");
    }
}

/// Waits at a gate, where there is one, before it asks; the gate serves once.
const GATED: &str =
    "#!/bin/sh\n[ ! -p gate ] || { mv gate passed; read -r _ <passed; }\nexec cp-token \"$@\"\n";

/// One thread asks for another SDK object and is given the same token again; meanwhile it is refused to the first.
#[test]
fn a_refusal_while_another_thread_is_being_given_the_same_token_is_not_forgotten() {
    let world = World::new();
    let Some((_, mut python)) = connected(&world) else { return };
    let program = world.path("bin/gated");
    std::fs::write(&program, GATED).expect("write a program");
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .expect("let it run");
    python.run("import os, threading; from concurrent.futures import ThreadPoolExecutor");
    python
        .run(&format!("one = cp_token.Provider(url=url, program={program:?}); pool = ThreadPoolExecutor(2)"));
    python.run("sdk = pycpg.sdk.from_jwt_provider(url, one)");
    python.run("from pycpg.services._connection import ROOT_SESSION; refused = threading.Event()");
    python.run("note = lambda answer, **_: refused.set() if answer.status_code == 401 else None");
    python.run("ROOT_SESSION.hooks['response'].append(note)");
    python.run("os.mkfifo('gate'); other = pool.submit(one); gate = open('gate', 'w')");
    world.server().revoke_all();
    python.run("first = pool.submit(look); refused.wait(60)");
    python.run("gate.close()");
    assert_eq!(python.value("first.result()"), 200, "it was reported");
    python.run("other.result()");
    assert_eq!(world.server().token_requests(), 2);
}

/// A program whose answers cannot be seen keeps the promise that the official SDK makes: it asks again after a 401.
#[test]
fn without_the_official_sdk_being_asked_again_is_a_refusal() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let Some(cli) = OfficialCli::crashplan() else { return };
    let mut python = cli.session(&world);
    python.run("import cp_token; provider = cp_token.Provider(profile='prod'); first = provider()");
    assert_eq!(world.server().token_requests(), 1);
    assert_eq!(python.value("provider() != first"), true);
    assert_eq!(world.server().token_requests(), 2);
}
