//! The promises about the public workflows: every action is one commit, every right is asked for by the job that needs
//! it, and nothing of another user runs with rights (abuse case M08).

use std::fs;
use std::path::Path;
use std::process::Command;

use cp_token_tests::official_cli::OfficialCli;
use cp_token_tests::world::World;

use super::{files, read, root, tried};

/// What is wrong with a workflow, a sentence each.
fn faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| line.trim_start_matches("- ").starts_with("uses:"))
    {
        let pinned = line.split_once('@').is_some_and(|(_, rest)| {
            let (commit, comment) = rest.split_once(" # v").unwrap_or((rest, ""));
            let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_commit && comment.starts_with(|letter: char| letter.is_ascii_digit())
        });
        if !pinned {
            faults.push(format!("not one commit with its version: {line}"));
        }
    }
    for (word, fault) in
        [("\npermissions: {}\n", "rights are not taken away"), ("\nconcurrency:\n", "no concurrency")]
    {
        if !text.contains(word) {
            faults.push(fault.to_owned());
        }
    }
    for word in ["pull_request_target", "workflow_run", "persist-credentials: true", "write-all"] {
        if text.contains(word) {
            faults.push(format!("{word} is in it"));
        }
    }
    let count = |word: &str| text.matches(word).count();
    let jobs = count("\n    runs-on:");
    for word in ["\n    timeout-minutes:", "\n    permissions:\n"] {
        if count(word) != jobs {
            faults.push(format!("{jobs} jobs, but {} of {}", count(word), word.trim()));
        }
    }
    if count("actions/checkout@") != count("persist-credentials: false") {
        faults.push("a checkout leaves its credentials".to_owned());
    }
    faults
}

fn workflows() -> Vec<String> {
    let found: Vec<_> = files().into_iter().filter(|file| file.starts_with(".github/workflows/")).collect();
    assert!(found.len() >= 2, "{found:?}");
    found
}

#[test]
fn m08_every_action_is_one_commit_and_every_job_has_the_least_rights() {
    for file in workflows() {
        assert_eq!(faults(&read(&file)), [""; 0], "{file}");
    }
    let good = read(".github/workflows/ci.yml");
    for (from, to, fault) in [
        ("8e8c483db84b4bee98b60c0593521ed34d9990e8 # v6.0.1", "v6", "not one commit"),
        ("\npermissions: {}\n", "\npermissions: read-all\n", "rights are not taken away"),
        ("persist-credentials: false", "persist-credentials: true", "persist-credentials: true is in it"),
        ("  pull_request:\n", "  pull_request_target:\n", "pull_request_target is in it"),
        ("    timeout-minutes: 90\n", "", "jobs, but"),
        ("    permissions:\n      contents: read\n", "", "jobs, but"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from:?} is in the workflow");
        let found = faults(&bad);
        assert!(found.iter().any(|found| found.contains(fault)), "{from:?} to {to:?}: {found:?}");
    }
}

#[test]
fn m08_zizmor_finds_nothing_in_the_workflows_and_much_in_a_bad_one() {
    let Some(zizmor) = OfficialCli::zizmor() else { return };
    let check = |folder: &Path| {
        let mut command = Command::new(zizmor.program());
        tried(command.args(["--offline", "--no-progress", "--persona", "pedantic"]).arg(folder))
    };
    let (accepted, message) = check(&root().join(".github/workflows"));
    assert!(accepted, "{message}");
    let world = World::new();
    let folder = world.path("repository/.github/workflows");
    fs::create_dir_all(&folder).expect("make a folder");
    let bad = "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/checkout@v6\n      - run: echo ${{ github.event.pull_request.title }}\n";
    fs::write(folder.join("bad.yml"), bad).expect("write a workflow");
    let (accepted, message) = check(&folder);
    assert!(!accepted, "{message}");
    for audit in ["dangerous-triggers", "template-injection", "unpinned-uses", "excessive-permissions"] {
        assert!(message.contains(audit), "{audit}: {message}");
    }
}
