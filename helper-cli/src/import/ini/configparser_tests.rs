//! Owns the comparison with the real configparser: thousands of small files that it writes are read as it reads them.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::parse;

const REQUIRE_ALL: &str = "CP_TOKEN_TESTS_REQUIRE_ALL";
const FILES: usize = 3000;

/// Writes a list of files, and says for each its text and what configparser itself reads in it.
const WRITE_ALL: &str = "
import configparser, io, json, sys
def write(sections):
    parser = configparser.RawConfigParser()
    parser.read_dict(sections)
    out = io.StringIO()
    parser.write(out)
    again = configparser.RawConfigParser()
    again.read_string(out.getvalue())
    return [out.getvalue(), {s: dict(again[s]) for s in again.sections()}]
print(json.dumps([write(sections) for sections in json.load(sys.stdin)]))
";

type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// Sections, keys and values as profiles and secrets have them: of any text, and of several lines.
fn files() -> Vec<Sections> {
    let value = proptest::collection::vec("[a-z0-9+/=%:é\\[\\]]{0,6}( [#;x=]{1,2})?", 0..4)
        .prop_map(|lines| lines.join("\n"));
    let section = proptest::collection::btree_map("[a-z][a-z0-9_-]{0,3}", value, 0..3);
    let file = proptest::collection::btree_map("[A-Za-z0-9 _:é-]{0,5}[a-z]", section, 0..4);
    let mut runner = TestRunner::deterministic();
    let file = || file.new_tree(&mut runner).expect("a file").current();
    std::iter::repeat_with(file).take(FILES).collect()
}

fn written(files: &[Sections]) -> Option<Vec<(String, Sections)>> {
    let mut command = Command::new("python3");
    let child = command.args(["-c", WRITE_ALL]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            assert!(std::env::var_os(REQUIRE_ALL).is_none(), "python3 does not run: {error}");
            let _ = writeln!(std::io::stderr(), "skipped: python3 does not run: {error}");
            return None;
        }
    };
    let input = serde_json::to_vec(files).expect("JSON");
    child.stdin.take().expect("a pipe").write_all(&input).expect("python reads everything first");
    let output = child.wait_with_output().expect("what python says");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

/// Without the empty lines, which no value of a profile and no base64 has.
fn compact(lines: impl Iterator<Item = impl AsRef<str>>) -> String {
    let lines: Vec<String> =
        lines.map(|line| line.as_ref().to_owned()).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

#[test]
fn the_real_configparser_reads_the_same() {
    let Some(written) = written(&files()) else { return };
    let with_values = written.iter().filter(|(text, _)| text.contains('=')).count();
    assert!(with_values > FILES / 20, "only {with_values} of the files have a value at all");
    for (text, theirs) in written {
        let sections = parse(&text).unwrap_or_else(|flaw| panic!("{flaw:?} in {text:?}"));
        let values = |section: &super::Section<'_>| {
            let value = |(key, lines): (&&str, &Vec<&str>)| ((*key).to_owned(), compact(lines.iter()));
            section.values.iter().map(value).collect()
        };
        let ours: Sections = sections.iter().map(|one| (one.name.to_owned(), values(one))).collect();
        let compacted = |values: BTreeMap<String, String>| {
            values.into_iter().map(|(key, value)| (key, compact(value.lines()))).collect()
        };
        let theirs: Sections = theirs.into_iter().map(|(name, values)| (name, compacted(values))).collect();
        assert_eq!(ours, theirs, "{text:?}");
    }
}
