//! The promise: every command and the config file have a page of the manual, in good order, that says what the
//! help says.

use std::io::Write;
use std::process::{Command, Stdio};

use cp_token_tests::programs;
use cp_token_tests::world::World;

/// What a program says of the page on its standard input.
fn filtered(program: &str, arguments: &[&str], page: &str) -> String {
    let mut command = Command::new(program);
    command.args(arguments).env("MANWIDTH", "100").env("LC_ALL", "C.UTF-8");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    let mut input = child.stdin.take().expect("an input");
    input.write_all(page.as_bytes()).expect("it reads");
    drop(input);
    String::from_utf8(child.wait_with_output().expect("it ends").stdout).expect("text")
}

/// Bold letters are written twice, with a step back between.
fn without_overstrikes(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let is_kept = |place: usize| letters[place] != '\u{8}' && letters.get(place + 1) != Some(&'\u{8}');
    (0..letters.len()).filter(|&place| is_kept(place)).map(|place| letters[place]).collect()
}

fn pages(world: &World) -> Vec<String> {
    let list = world.helper(&["manual", "--list"]).succeeded().stdout;
    list.lines().map(str::to_owned).collect()
}

#[test]
fn every_page_is_without_an_error_and_shows_every_option_of_its_help() {
    let world = World::new();
    if !programs::present(&["mandoc"]) {
        return;
    }
    let pages = pages(&world);
    assert!(pages.len() > 20, "{pages:?}");
    for name in pages {
        let page = world.helper(&["manual", &name]).succeeded().stdout;
        let faults = filtered("mandoc", &["-T", "lint", "-W", "error"], &page);
        assert!(faults.is_empty(), "{name}: {faults}");
        let shown = filtered("mandoc", &["-T", "utf8", "-O", "width=100"], &page);
        let shown = without_overstrikes(&shown);
        assert!(shown.contains("NAME") && shown.contains("SEE ALSO"), "{name}: {shown}");
    }
    // The control: a page that is broken is seen to be.
    assert!(
        !filtered("mandoc", &["-T", "lint", "-W", "error"], ".TH X 1\n.SH NAME\n.nosuch\n.RE 5\n").is_empty()
    );
}

#[test]
fn a_page_has_every_option_that_the_help_has() {
    let world = World::new();
    let page = world.helper(&["manual", "cp-token-profile-create"]).succeeded().stdout.replace("\\-", "-");
    let help = world.helper(&["profile", "create", "--help"]).succeeded().stdout;
    let options = help.split_whitespace().filter(|word| word.starts_with("--") && word.len() > 4);
    for option in options.map(|word| word.trim_end_matches([',', '.', ')'])) {
        assert!(page.contains(option), "{option} is not in the page");
    }
}

#[test]
fn the_page_of_the_config_file_names_every_key_that_the_daemon_reads() {
    let world = World::new();
    let page = world.helper(&["manual", "cp-token-config"]).succeeded().stdout;
    let reader = concat!(env!("CARGO_MANIFEST_DIR"), "/../daemon/src/profile/config/raw.rs");
    let reader = std::fs::read_to_string(reader).expect("the reader of the config");
    let table =
        reader.split("struct RawProfile").nth(1).and_then(|rest| rest.split('}').next()).expect("a table");
    let keys: Vec<_> =
        table.lines().filter_map(|line| line.trim().split_once(": ")).map(|(key, _)| key).collect();
    assert!(keys.len() > 10, "{keys:?}");
    for key in keys {
        assert!(page.contains(key), "{key} is not in the page");
    }
}

#[test]
fn man_shows_a_page_and_an_unknown_one_is_a_line_that_says_where_to_look() {
    let world = World::new();
    world.helper(&["manual", "cp-token-frobnicate"]).failed(64).saying("manual --list");
    if programs::present(&["man"]) {
        let page = world.helper(&["manual", "cp-token"]).succeeded().stdout;
        let shown = filtered("man", &["-l", "-"], &page);
        assert!(shown.contains("EXIT CODES") && shown.contains("min-validity"), "{shown}");
    }
}
