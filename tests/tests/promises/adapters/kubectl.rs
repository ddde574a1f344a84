//! Promises to kubectl and its kin: the object that was asked for, for the cluster that was named, and the real kubectl
//! where there is one.

use std::fs;

use cp_token_tests::guarded_server::{Freshness, Presented};
use cp_token_tests::programs;
use cp_token_tests::world::{Call, World};

const API: &str = "client.authentication.k8s.io";

fn kubectl(world: &World, info: &str) -> Call {
    world.call(&["kubectl"]).env("KUBERNETES_EXEC_INFO", info).printing_a_token()
}

fn info(version: &str, server: &str) -> String {
    let cluster = serde_json::json!({ "server": server, "config": null });
    let spec = serde_json::json!({ "interactive": false, "cluster": cluster });
    serde_json::json!({ "apiVersion": format!("{API}/{version}"), "kind": "ExecCredential", "spec": spec })
        .to_string()
}

#[test]
fn the_credential_comes_in_the_version_that_was_asked_for_with_a_backdated_end() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let result = world.helper(&["-f", "json"]).json();
    for version in ["v1", "v1beta1"] {
        let answer =
            kubectl(&world, &info(version, &format!("{}/k8s/c-1", world.server().url()))).run().json();
        assert_eq!(answer["apiVersion"], format!("{API}/{version}"));
        assert_eq!(
            (&answer["kind"], &answer["status"]["token"]),
            (&"ExecCredential".into(), &token.as_str().into())
        );
        let end = answer["status"]["expirationTimestamp"].as_str().expect("a time");
        assert_eq!(end[..16], result["expires_at"].as_str().expect("a time")[..16]);
        assert_eq!(answer.as_object().map(serde_json::Map::len), Some(3));
    }
    for call in [world.call(&["kubectl"]), world.call(&["kubectl", "-p", "prod"]), kubectl(&world, "")] {
        let answer = call.printing_a_token().run().json();
        assert_eq!(answer["apiVersion"], format!("{API}/v1"));
        assert_eq!(answer["status"]["token"], token.as_str());
    }
}

#[test]
fn a_question_without_its_spec_is_refused_since_a_cluster_would_stand_in_it() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let mut question: serde_json::Value =
        serde_json::from_str(&info("v1", &world.server().url())).expect("an object");
    assert_eq!(kubectl(&world, &question.to_string()).run().code, 0, "the control");
    question["spec"] = serde_json::Value::Null;
    kubectl(&world, &question.to_string()).run().failed(65).saying("KUBERNETES_EXEC_INFO");
    question.as_object_mut().expect("an object").remove("spec");
    kubectl(&world, &question.to_string()).run().failed(65).saying("KUBERNETES_EXEC_INFO");
}

#[test]
fn h03_h13_another_cluster_or_another_object_gets_nothing() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let url = world.server().url();
    for server in [
        format!("{url}.evil.example"),
        url.replacen("https", "http", 1),
        url.replacen("localhost", "127.0.0.1", 1),
        url.replacen("https://", "https://u@", 1),
        format!("{url}@evil.example"),
        format!("{url}\\@evil.example"),
        "https://localhost".to_owned(),
        String::new(),
    ] {
        let outcome = kubectl(&world, &info("v1", &server)).run();
        assert!([64, 78].contains(&outcome.code), "{server:?} {outcome:?}");
        let code = outcome.code;
        outcome.failed(code);
        let named =
            world.call(&["kubectl", "-p", "prod"]).env("KUBERNETES_EXEC_INFO", info("v1", &server)).run();
        assert!(named.code != 0 && named.stdout.is_empty(), "a name does not open a cluster: {server:?}");
    }
    for info in ["x", "{}", &info("v1alpha1", &url), &format!("{} x", info("v1", &url)), &" ".repeat(65_537)]
    {
        kubectl(&world, info).run().failed(65);
    }
    assert_eq!(world.server().token_requests(), 1);
    super::create_basic(&world);
    world.helper(&["kubectl", "-p", "old"]).failed(64).saying("no token");
}

#[test]
fn where_nobody_may_be_asked_nobody_is_asked_for_a_code() {
    let world = World::new();
    let jo = crate::test_user::TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, Some("123456"));
    let creating = crate::test_user::creating(&world, &jo, "jo").args(["--totp", "ask", "--no-verify"]);
    creating.stdin(&jo.password).run().succeeded();
    let (asked, askpass) = (world.path("asked"), world.path("askpass"));
    fs::write(&askpass, format!("#!/bin/sh\ntouch {}\necho 123456\n", asked.display()))
        .expect("write a program");
    world.program("chmod").args(["700"]).args([&askpass]).run().succeeded();
    let info = info("v1", &world.server().url());
    let alone = |info: &str| {
        let call =
            world.alone(&["kubectl"]).env("CP_TOKEN_ASKPASS", &askpass).env("KUBERNETES_EXEC_INFO", info);
        call.printing_a_token().run()
    };
    alone(&info).failed(77);
    assert!(!asked.exists());
    alone(&info.replace("false", "true")).succeeded();
    assert!(asked.exists(), "the control");
}

#[test]
fn the_real_kubectl_reaches_a_cluster_with_the_token_and_with_no_other() {
    if programs::find("kubectl").is_none() {
        return programs::skipped("kubectl is not installed");
    }
    let answers = vec![("/frob", "application/json", r#"{"frob":"nicated"}"#)];
    let (world, cluster) = super::stage(Freshness::Bearer, answers);
    let token = world.helper(&[]).token();
    cluster.accept(&token);
    for version in ["v1", "v1beta1"] {
        let config = world.path("kubeconfig");
        fs::write(&config, kubeconfig(&world, &cluster.url(), version)).expect("write a kubeconfig");
        let kubectl =
            || world.program("kubectl").env("KUBECONFIG", &config).args(["get", "--raw", "/frob"]).run();
        let shown = kubectl();
        assert!(shown.code == 0 && shown.stdout.contains("nicated"), "{version}: {shown:?}");
        assert!(super::presented(&cluster).iter().all(|one| *one == Presented::Bearer(token.clone())));
        cluster.refuse(&token);
        assert_ne!(kubectl().code, 0, "the control");
        cluster.accept(&token);
    }
}

fn kubeconfig(world: &World, server: &str, version: &str) -> String {
    let exec = serde_json::json!({
        "apiVersion": format!("{API}/{version}"), "command": "cp-token", "args": ["kubectl"],
        "interactiveMode": "Never", "provideClusterInfo": true,
    });
    let cluster = serde_json::json!({ "server": server, "certificate-authority": world.ca_file() });
    serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{ "name": "c", "cluster": cluster }],
        "users": [{ "name": "u", "user": { "exec": exec } }],
        "contexts": [{ "name": "c", "context": { "cluster": "c", "user": "u" } }],
    })
    .to_string()
}
