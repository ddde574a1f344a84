//! Promises about where things lie on Windows when nobody says otherwise, and to whom they belong.

use crate::stage::Stage;

#[test]
fn without_any_setting_config_and_state_lie_in_the_users_profile_and_the_pipe_bears_the_user() {
    let Some(stage) = Stage::new() else { return };
    let ask = |arguments: &[&str]| stage.bare("cp-token.exe", arguments).run();
    ask(&["daemon", "start"]).succeeded();
    let status: serde_json::Value =
        serde_json::from_str(ask(&["status", "--json"]).succeeded()).expect("JSON");
    ask(&["daemon", "stop", "--yes"]).succeeded();
    let text = |name: &str| status[name].as_str().expect("a text").to_owned();
    assert!(text("socket").starts_with(r"\\.\pipe\cp-token-S-1-5-21-"), "{}", text("socket"));
    let config = text("config_file");
    assert!(config.starts_with(r"C:\users\") && config.ends_with(r"\AppData\Roaming\cp-token\config.toml"));
}

#[test]
fn a_config_that_others_may_write_is_not_used_and_one_of_the_users_own_is() {
    use std::os::unix::fs::PermissionsExt;
    let Some(stage) = Stage::new() else { return };
    stage.create_profile("prod", "memory");
    let config = stage.folder().join("config/config.toml");
    let set = |mode| std::fs::set_permissions(&config, PermissionsExt::from_mode(mode)).expect("its mode");
    set(0o666);
    let refused = stage.helper(&["daemon", "reload"]);
    assert!(refused.code != 0 && refused.stderr.contains("others may change it"), "{refused:?}");
    set(0o600);
    stage.helper(&["daemon", "reload"]).succeeded();
}

#[test]
fn a_secret_file_is_taken_from_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let Some(stage) = Stage::new() else { return };
    let file = stage.folder().join("secret");
    std::fs::write(&file, stage.secret()).expect("a file");
    let set = |mode| std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).expect("its mode");
    let mut words = stage.creation("prod");
    words.extend(["--secret-file".to_owned(), stage.path("secret")]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    set(0o644);
    let refused = stage.helper(&words);
    assert!(refused.code != 0 && refused.stderr.contains("lets others in"), "{refused:?}");
    set(0o600);
    stage.helper(&words).succeeded();
    stage.helper(&[]).token();
}
