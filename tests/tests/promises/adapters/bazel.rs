//! Promises to Bazel and whatever else speaks EngFlow's credential-helper protocol. The schema of its specification is
//! written down here as checks.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cp_token_tests::world::{Call, World};
use serde_json::Value;

fn bazel(world: &World, input: impl AsRef<[u8]>) -> Call {
    world.call(&["bazel", "get"]).stdin(input).printing_a_token()
}

fn request(uri: &str) -> String {
    serde_json::json!({ "uri": uri }).to_string()
}

/// `get-credentials-response`: an object; `headers` maps names to arrays of strings; `expires` is a date and time.
fn assert_schema(response: &Value) {
    let response = response.as_object().expect("an object");
    assert!(
        response.keys().all(|key| ["headers", "expires"].contains(&key.as_str())),
        "{:?}",
        response.keys()
    );
    for (name, values) in response["headers"].as_object().expect("headers are an object") {
        assert!(
            !name.is_empty() && values.as_array().expect("an array").iter().all(Value::is_string),
            "{name}"
        );
    }
    let expires = response["expires"].as_str().expect("a text");
    assert!(expires.len() == 20 && expires.ends_with('Z') && expires.as_bytes()[10] == b'T', "{expires}");
}

#[test]
fn a_uri_of_a_profile_gets_the_header_and_an_end_that_is_less_than_the_tokens() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    for end in ["", "/", "/cache/ac/1234?x=y#z", "/a%2fb@c"] {
        let answer = bazel(&world, request(&format!("{}{end}", world.server().url()))).run().json();
        assert_schema(&answer);
        assert_eq!(answer["headers"]["Authorization"], serde_json::json!([format!("Bearer {token}")]));
    }
    let end = bazel(&world, request(&world.server().url())).run().json();
    let result = world.helper(&["-f", "json"]).json();
    let minute = |value: &Value| value.as_str().map(|text| text[..16].to_owned());
    let told_later_or_now = minute(&result["expires_at"]) >= minute(&end["expires"]);
    assert!(told_later_or_now, "{} {}", result["expires_at"], end["expires"]);
}

#[test]
fn by_its_other_name_the_helper_needs_no_word_but_bazels() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let name = world.path("bin/bazel-credential-cp-token");
    std::os::unix::fs::symlink(world.helper_file(), &name).expect("make a link");
    let call = world.program(name).args(["get"]).stdin(request(&world.server().url()));
    assert_schema(&call.printing_a_token().run().json());
}

#[test]
fn h03_h13_a_uri_that_is_not_ours_is_a_failure_with_nothing_on_standard_output() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let url = world.server().url();
    let port = world.server().port();
    for uri in [
        format!("https://localhost.evil.example:{port}/"),
        format!("https://localhost:{port}@evil.example/"),
        format!("https://u@localhost:{port}/"),
        format!("https://localhost:{port}\\@evil.example/"),
        format!("https://localhost:{port}.evil.example/"),
        format!("https://localhost:{port}?@evil.example/"),
        format!("https://localhost.:{port}/"),
        format!("https://localhost%2e:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        "https://localhost/".to_owned(),
        url.replacen("https", "http", 1),
        url.replacen("https", "grpcs", 1),
        format!("{url}\n"),
        String::new(),
    ] {
        let outcome = bazel(&world, request(&uri)).run();
        assert!([64, 78].contains(&outcome.code), "{uri:?} {outcome:?}");
        let code = outcome.code;
        outcome.failed(code);
    }
    for input in ["", "{}", "x", &format!("{} x", request(&url)), &format!("{0}{0}", request(&url))] {
        bazel(&world, input).run().failed(65);
    }
    let padded = format!("{}{}", request(&url), " ".repeat(65_536));
    bazel(&world, padded).run().failed(65);
    for words in [&["bazel"][..], &["bazel", "store"], &["bazel", "x-frobnicate"], &["bazel", "get", "more"]]
    {
        world.helper(words).failed(64);
    }
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn kind_basic_goes_to_the_old_api_and_never_to_the_third() {
    let world = World::new();
    let jo = super::create_basic(&world);
    let url = world.server().url();
    let answer = bazel(&world, request(&format!("{url}/api/v1/User"))).run().json();
    let expected = format!("Basic {}", STANDARD.encode(format!("{}:{}", jo.name, jo.password)));
    assert_eq!(answer["headers"]["Authorization"], serde_json::json!([expected]));
    for path in ["/api/v3/users", "/api//v3", "/api/%763/x", "/a/../api/v3"] {
        bazel(&world, request(&format!("{url}{path}"))).run().failed(64).saying("no token");
    }
}
