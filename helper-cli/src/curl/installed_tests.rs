//! Owns the comparison of the table of options with the curl of this machine, where there is one.

use std::process::Command;

use super::*;

/// What the curl of this machine says of its own options; nothing where there is none.
fn installed_options() -> Vec<(Option<u8>, String)> {
    let Ok(output) = Command::new("curl").args(["-q", "--help", "all"]).output() else { return Vec::new() };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let option = |line: &str| {
        let (letter, rest) = match line.trim_start().split_once(", --") {
            Some((letter, rest)) if letter.len() == 2 => (letter.as_bytes().get(1).copied(), rest.to_owned()),
            _ => (None, line.trim_start().strip_prefix("--")?.to_owned()),
        };
        Some((letter, rest.split_whitespace().next()?.to_owned()))
    };
    text.lines().filter_map(option).collect()
}

#[test]
fn the_installed_curl_has_no_option_that_the_table_lacks_or_misreads() {
    for (letter, name) in installed_options() {
        let known = options::by_name(name.strip_prefix("no-").unwrap_or(&name).as_bytes());
        let known = known.unwrap_or_else(|| panic!("--{name} is not in the table"));
        if let Some(letter) = letter {
            assert_eq!(options::by_letter(letter).map(|known| known.name), Some(known.name));
        }
        if known.effect == Effect::Show {
            continue;
        }
        let output =
            Command::new("curl").args(["-q", &format!("--{name}")]).output().expect("curl was just run");
        let takes_a_value = String::from_utf8_lossy(&output.stderr).contains("requires parameter");
        assert_eq!(known.arity == options::Arity::Value, takes_a_value, "--{name}");
    }
}
