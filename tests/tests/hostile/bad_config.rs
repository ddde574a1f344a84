//! Promises about something at the config's place that is no config: what is wrong is named, and nothing else is.

use std::path::Path;

use cp_token_tests::world::World;

use crate::stage::chmod;

/// What is put there, what is wrong with it, and what to do.
type Case = (fn(&Path), &'static str, &'static str);

const OTHERS: &str = "others could have written";

fn make_folder(path: &Path) {
    std::fs::create_dir(path).expect("make a folder");
}

fn make_pipe(path: &Path) {
    rustix::fs::mknodat(
        rustix::fs::CWD,
        path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .expect("make a pipe");
}

fn make_utf_16(path: &Path) {
    let text: Vec<u8> = "\u{feff}default = \"prod\"\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(path, text).expect("write it");
    chmod(path, 0o600);
}

#[test]
fn a_config_that_is_a_folder_a_pipe_or_utf_16_is_named_so_and_not_as_one_that_others_wrote() {
    let world = World::new();
    world.create_profile("prod", "memory");
    let token = world.helper(&[]).token();
    let config = world.config_folder().join("config.toml");
    let kept = world.config_folder().join("kept");
    std::fs::rename(&config, &kept).expect("move it away");
    let cases: [Case; 3] = [
        (make_folder, "it is not a plain file", "fix that first"),
        (make_pipe, "it is not a plain file", "fix that first"),
        (make_utf_16, "it is not UTF-8 text", "save it as UTF-8"),
    ];
    for (make, problem, hint) in cases {
        make(&config);
        let outcome = world.helper(&["daemon", "reload"]).failed(78).saying(problem).saying(hint);
        assert!(!outcome.stderr.contains(OTHERS), "{outcome:?}");
        assert_eq!(world.helper(&[]).token(), token);
        std::fs::remove_dir(&config).or_else(|_| std::fs::remove_file(&config)).expect("take it away");
    }
    std::fs::rename(&kept, &config).expect("put it back");
    chmod(&config, 0o666);
    world.helper(&["daemon", "reload"]).failed(78).saying(OTHERS);
    chmod(&config, 0o600);
    world.helper(&["daemon", "reload"]).succeeded();
}
