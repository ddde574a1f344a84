//! Owns the rule that the pages which name tests and the tests agree: each id of a test's name is in the register of abuse
//! cases, each row there lists exactly the tests of its id, and each test that keeps a promise exists.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{Source, root, sources};

const PAGE: &str = "docs/abuse-cases.md";

/// The ids that a test's name begins with, such as `H01` and `H05` of `h01_h05_what_is_read_twice`.
fn ids(name: &str) -> Vec<String> {
    name.split('_').take_while(|part| is_id(part)).map(str::to_uppercase).collect()
}

fn is_id(part: &str) -> bool {
    matches!(part.as_bytes(), [b'a'..=b'z', b'0'..=b'9', b'0'..=b'9'])
}

/// The names of the tests of each id, in order.
fn tests_by_id() -> BTreeMap<String, Vec<String>> {
    let mut tests = BTreeMap::<String, Vec<String>>::new();
    for name in sources().iter().flat_map(Source::functions) {
        for id in ids(name) {
            tests.entry(id).or_default().push(name.to_owned());
        }
    }
    tests.values_mut().for_each(|names| names.sort());
    tests
}

/// The page with its third column written again.
fn recorded(page: &str, tests: &BTreeMap<String, Vec<String>>) -> String {
    page.lines().map(|line| row(line, tests) + "\n").collect()
}

fn row(line: &str, tests: &BTreeMap<String, Vec<String>>) -> String {
    let cells: Vec<_> = line.split('|').map(str::trim).collect();
    let [_, id, case, ..] = cells[..] else { return line.to_owned() };
    if !is_id(&id.to_lowercase()) {
        return line.to_owned();
    }
    let names = tests.get(id).map(Vec::as_slice).unwrap_or_default();
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    format!("| {id} | {case} | {} |", names.join(", "))
}

#[test]
fn the_register_of_abuse_cases_and_the_names_of_the_tests_agree() {
    let file = root().join(PAGE);
    let page = std::fs::read_to_string(&file).expect("the register");
    let tests = tests_by_id();
    let missing: Vec<_> = tests.keys().filter(|id| !page.contains(&format!("\n| {id} | "))).collect();
    assert!(missing.is_empty(), "{PAGE} lacks {missing:?}");
    let recorded = recorded(&page, &tests);
    if std::env::var_os("CP_TOKEN_RECORD").is_some() {
        std::fs::write(&file, &recorded).expect("write the register");
        return;
    }
    let untested: Vec<_> = recorded.lines().filter(|line| line.ends_with("|  |")).collect();
    assert!(untested.is_empty(), "no test has the id of {untested:?}");
    assert!(page == recorded, "{PAGE} is out of date: run this test with CP_TOKEN_RECORD=1");
}

#[test]
fn ids_are_read_from_the_front_of_a_name() {
    assert_eq!(ids("h01_h05_what_is_read_twice"), ["H01", "H05"]);
    assert_eq!(ids("a_name_without_an_id_b01"), Vec::<String>::new());
    let tests = BTreeMap::from([("A01".to_owned(), vec!["a01_x".to_owned()])]);
    assert_eq!(recorded("| A01 | no byte. | |\ntext\n", &tests), "| A01 | no byte. | `a01_x` |\ntext\n");
}

/// The names in backquotes in the tables of a page, which are those of tests.
fn named(page: &str) -> Vec<&str> {
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.ends_with("` |"));
    rows.filter_map(|row| row.rsplit(" | ").next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn each_test_that_keeps_a_promise_exists() {
    let page = std::fs::read_to_string(root().join("docs/promises.md")).expect("the promises");
    let sources = sources();
    let tests: BTreeSet<_> = sources.iter().flat_map(Source::functions).collect();
    let missing = |page| named(page).into_iter().filter(|name| !tests.contains(name)).collect::<Vec<_>>();
    assert!(named(&page).len() > 50, "the tables were read");
    assert_eq!(missing(&page), Vec::<&str>::new());
    assert_eq!(missing("| it works. | `no_such_test`, `ids_are_read` |\n"), ["no_such_test", "ids_are_read"]);
}
