//! Owns the comparison with the real configparser: thousands of small files, read by both.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::Ini;
use crate::import::interpolation;

const REQUIRE_ALL: &str = "CP_TOKEN_TESTS_REQUIRE_ALL";
const FILES: usize = 3000;

/// Reads a list of texts, and says for each what is in every section: plainly, and with references replaced.
const READ_ALL: &str = "
import configparser, io, json, sys
def value(parser, section, key):
    try:
        return parser.get(section, key)
    except configparser.InterpolationError:
        return None
def read(kind, text):
    parser = kind()
    try:
        parser.read_file(io.StringIO(text, newline=None))
    except configparser.Error:
        return None
    return {s: {k: value(parser, s, k) for k in parser[s]} for s in parser.sections()}
kinds = [configparser.RawConfigParser, configparser.ConfigParser]
print(json.dumps([[read(kind, text) for kind in kinds] for text in json.load(sys.stdin)]))
";

type Sections = BTreeMap<String, BTreeMap<String, Option<String>>>;

/// What each of both kinds of parser makes of a text; `None` where it refuses it.
type Readings = [Option<Sections>; 2];

fn texts() -> Vec<String> {
    let piece = prop_oneof![
        3 => Just("\n"), 1 => Just("\r"), 1 => Just("\r\n"), 2 => Just(" "), 1 => Just("\t"), 1 => Just("\u{3000}"),
        1 => Just("\x1c"), 3 => Just("[a]\n"), 1 => Just("[B]"), 1 => Just("[DEFAULT]\n"), 1 => Just("["), 1 => Just("]"),
        2 => Just("x = "), 2 => Just("Y: "), 1 => Just("="), 1 => Just(":"), 1 => Just("#"), 1 => Just(";"),
        2 => Just("é"), 2 => Just("1"), 1 => Just("%%"), 1 => Just("%(x)s"), 1 => Just("%(Y)s"), 1 => Just("%"),
    ];
    let text = proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat());
    let mut runner = TestRunner::deterministic();
    let text = || text.new_tree(&mut runner).expect("a text").current();
    std::iter::repeat_with(text).take(FILES).collect()
}

fn theirs(texts: &[String]) -> Option<Vec<Readings>> {
    let mut command = Command::new("python3");
    let child = command.args(["-c", READ_ALL]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            assert!(std::env::var_os(REQUIRE_ALL).is_none(), "python3 does not run: {error}");
            let _ = writeln!(std::io::stderr(), "skipped: python3 does not run: {error}");
            return None;
        }
    };
    let input = serde_json::to_vec(texts).expect("JSON");
    child.stdin.take().expect("a pipe").write_all(&input).expect("python reads everything first");
    let output = child.wait_with_output().expect("what python says");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

fn ours(text: &str) -> Readings {
    let Ok(ini) = Ini::parse(text) else { return [None, None] };
    let read = |resolved: bool| {
        let section = |section: &super::Section<'_>| {
            let keys = section.values.keys().chain(ini.defaults.values.keys());
            let value = |key: &String| match resolved {
                true => interpolation::value(&ini, section, key).ok().flatten(),
                false => ini.lines(section, key).map(|lines| lines.join("\n").trim_end().to_owned()),
            };
            keys.map(|key| (key.clone(), value(key))).collect()
        };
        ini.sections().map(|one| (one.name().to_owned(), section(one))).collect()
    };
    [Some(read(false)), Some(read(true))]
}

#[test]
fn the_real_configparser_reads_the_same() {
    let texts = texts();
    let Some(theirs) = theirs(&texts) else { return };
    let accepted =
        theirs.iter().filter(|[plain, _]| plain.as_ref().is_some_and(|file| !file.is_empty())).count();
    assert!(accepted > FILES / 20, "only {accepted} of the files have a section at all");
    for (text, theirs) in texts.iter().zip(&theirs) {
        assert_eq!(&ours(text), theirs, "{text:?}");
    }
}
