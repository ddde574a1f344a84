//! Promises about other programs on Windows: those that print a secret, those that are given a token, and the ways that
//! are not there.

use crate::stage::Stage;

fn create_with_command(stage: &Stage, command: &str) -> crate::stage::Outcome {
    let mut words = stage.creation("prod");
    words.extend(["--secret-command".to_owned(), command.to_owned()]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    stage.helper(&words)
}

#[test]
fn a_secret_is_taken_from_a_program_with_every_byte_of_its_argument() {
    let Some(stage) = Stage::new() else { return };
    let probe = stage.probe_path();
    create_with_command(&stage, &format!("\"{probe}\" print \"{}\"", stage.secret())).succeeded();
    stage.helper(&[]).token();
}

#[test]
fn a_program_that_leaves_another_behind_is_not_waited_for() {
    let Some(stage) = Stage::new() else { return };
    let probe = stage.probe_path();
    create_with_command(&stage, &format!("\"{probe}\" leave \"{}\"", stage.secret())).succeeded();
}

#[test]
fn a_program_that_fails_or_is_no_program_brings_nothing() {
    let Some(stage) = Stage::new() else { return };
    let probe = stage.probe_path();
    let failed = create_with_command(&stage, &format!("\"{probe}\" exit 3"));
    assert!(failed.code != 0 && failed.stderr.contains("exit code 3"), "{failed:?}");
    std::fs::write(stage.folder().join("script.bat"), "@echo x\r\n").expect("a script");
    assert_ne!(create_with_command(&stage, &stage.path("script.bat")).code, 0);
    assert_ne!(create_with_command(&stage, "no-such-program-anywhere").code, 0);
}

#[test]
fn exec_gives_the_program_a_token_and_ends_as_it_ends() {
    let Some(stage) = Stage::new() else { return };
    stage.create_profile("prod", "memory");
    let token = stage.helper(&[]).token().to_owned();
    let probe = stage.probe_path();
    assert_eq!(stage.helper(&["exec", "--", &probe, "show", "CP_TOKEN"]).succeeded(), format!("{token}\r\n"));
    assert_eq!(stage.helper(&["exec", "--", &probe, "exit", "42"]).code, 42);
}

#[test]
fn l07_exec_runs_no_program_of_the_current_folder_that_was_not_named_by_a_path() {
    let Some(stage) = Stage::new() else { return };
    stage.create_profile("prod", "memory");
    let source = std::env::var_os("CP_TOKEN_TESTS_WINDOWS_PROGRAMS").map(std::path::PathBuf::from);
    let planted = stage.folder().join("planted.exe");
    std::fs::copy(source.expect("a folder").join("probe.exe"), planted).expect("plant a program");
    assert_eq!(stage.helper(&["exec", "--", "planted", "exit", "42"]).code, 127);
    assert_eq!(stage.helper(&["exec", "--", r".\planted", "exit", "42"]).code, 42, "the control");
}

#[test]
fn what_windows_cannot_do_safely_is_refused_in_one_line_that_says_what_to_do() {
    let Some(stage) = Stage::new() else { return };
    stage.create_profile("prod", "memory");
    let probe = stage.probe_path();
    for (words, hint) in [
        (&["exec", "--file", "--", &probe, "exit", "0"][..], "leave --file out"),
        (&["curl", "--", "https://localhost/"][..], "--format curl | curl -K -"),
    ] {
        let refused = stage.helper(words);
        assert_eq!(refused.code, 69, "{refused:?}");
        assert!(refused.stderr.contains(hint) && refused.stderr.lines().count() == 1, "{refused:?}");
    }
}
