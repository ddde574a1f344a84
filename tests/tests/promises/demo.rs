//! Promises of `cargo demo`: it ends by itself, tells the whole story, and shows no whole token.

use std::process::{Command, Stdio};

use cp_token_tests::programs;

#[test]
fn the_demo_tells_the_main_job_and_shows_no_whole_token() {
    if !programs::present(&["curl"]) {
        return;
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_demo"));
    let output = command.stdin(Stdio::null()).output().expect("run the demo");
    let story = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{story}\n{}", String::from_utf8_lossy(&output.stderr));
    for line in ["50 answers, 1 new token, 1 token request.", "never two at once: true", "nothing was found"]
    {
        assert!(story.contains(line), "{line:?} is missing from:\n{story}");
    }
    let longest = story.split_whitespace().map(str::len).max();
    assert!(longest.is_some_and(|length| length < 100), "a whole token is shown:\n{story}");
}
