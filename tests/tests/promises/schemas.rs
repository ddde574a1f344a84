//! The promise: whatever is printed as JSON obeys its schema in docs/schema, in every state that it can show.

use std::io::Write;
use std::process::{Command, Stdio};

use cp_token_tests::fake_crashplan::Answer;
use cp_token_tests::programs;
use cp_token_tests::world::World;

/// Validates a document by a schema: what is wrong, a line each.
const VALIDATOR: &str = "import json, sys, jsonschema\n\
    schema = json.load(open(sys.argv[1]))\n\
    jsonschema.Draft202012Validator.check_schema(schema)\n\
    place = jsonschema.RefResolver('file://' + sys.argv[1], schema)\n\
    validator = jsonschema.Draft202012Validator(schema, resolver=place)\n\
    [print(error.message) for error in validator.iter_errors(json.load(sys.stdin))]";

/// Whether a validator can be had here; said aloud where not.
fn has_validator() -> bool {
    let found = Command::new("python3").args(["-c", "import jsonschema"]).stderr(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        programs::absent("Python's jsonschema");
    }
    found
}

fn faults(schema: &str, document: &str) -> String {
    let file = format!("{}/../docs/schema/{schema}.json", env!("CARGO_MANIFEST_DIR"));
    let mut validator = Command::new("python3");
    validator.args(["-c", VALIDATOR, &file]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut validator = validator.spawn().expect("a validator");
    validator.stdin.take().expect("an input").write_all(document.as_bytes()).expect("it reads");
    let outcome = validator.wait_with_output().expect("it ends");
    assert!(outcome.status.success(), "the validator of {schema} failed");
    String::from_utf8(outcome.stdout).expect("text")
}

/// Whether the document obeys; without a validator, said aloud, nothing is known.
pub(crate) fn assert_obeys(schema: &str, document: &str) {
    if !has_validator() {
        return;
    }
    let faults = faults(schema, document);
    assert!(faults.is_empty(), "{schema}: {faults}\n{document}");
}

#[test]
fn profiles_and_status_obey_their_schemas_in_every_state() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let second = world.create_profile("second", "memory");
    assert_json_of_profiles(&world);
    world.helper(&["forget", "--all"]).succeeded();
    assert_json_of_profiles(&world);
    world.server().reset_secret(&second.id, &world.new_secret());
    world.helper(&["-p", "second"]).failed(77);
    world.server().answer_always(Answer::status(429, &[("Retry-After", "300")], ""));
    world.helper(&["-p", "prod"]).failed(75);
    let list = assert_json_of_profiles(&world);
    assert!(list.contains("\"refused\"") && list.contains("\"cooling_down\""), "{list}");
    world.call(&["lock", "--passphrase-stdin"]).stdin("a passphrase").run().succeeded();
    assert_obeys("status", &world.helper(&["status", "--json"]).succeeded().stdout);
}

fn assert_json_of_profiles(world: &World) -> String {
    assert_obeys("status", &world.helper(&["status", "--json"]).succeeded().stdout);
    assert_obeys("profile", &world.helper(&["profile", "show", "prod", "--json"]).succeeded().stdout);
    let list = world.helper(&["profile", "list", "--json"]).succeeded().stdout;
    assert_obeys("profiles", &list);
    list
}

#[test]
fn log_and_doctor_obey_their_schemas_when_all_is_well_and_when_not() {
    let world = World::new();
    world.create_profile("prod", "memory");
    world.helper(&[]).token();
    world.helper(&["-p", "nobody"]).failed(64);
    assert_obeys("log", &world.helper(&["log", "--json"]).succeeded().stdout);
    assert_obeys("doctor", &world.helper(&["doctor", "--json"]).succeeded().stdout);
    std::fs::remove_file(world.ca_file()).expect("take the roots away");
    let outcome = world.helper(&["doctor", "--json"]);
    assert_obeys("doctor", &outcome.stdout);
    assert!(outcome.code == 78 && outcome.stdout.contains("\"ok\":false"), "{outcome:?}");
}

#[test]
fn a_token_and_a_failure_obey_their_schemas_and_a_document_that_lacks_something_does_not() {
    let world = World::new();
    let failure = world.helper(&["--error-format", "json", "-p", "nobody"]).failed(64).stderr;
    assert_obeys("failure", &failure);
    world.create_profile("prod", "memory");
    let token = world.helper(&["-f", "json"]).succeeded().stdout;
    assert_obeys("token", &token);
    if !has_validator() {
        return;
    }
    assert!(faults("token", "{\"token_type\":\"Bearer\"}").contains("access_token"));
    assert!(faults("failure", &failure.replacen("\"exit\"", "\"exits\"", 1)).contains("exits"));
    assert!(faults("profiles", "[{}]").contains("name"));
}
