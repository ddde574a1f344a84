//! Owns which commands can be done a second time after a 401, and what the first time leaves behind. Pure.

use cp_token_protocol::Failure;

use super::check::Analysis;
use super::item::Item;
use super::options::Effect;
use super::refusal::refusal;

/// What the first time reads and writes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct SideEffects {
    /// The file that the body goes to, where it is one.
    pub(crate) output: Option<Vec<u8>>,
    /// The folder for it.
    pub(crate) folder: Option<Vec<u8>>,
    /// The file that the head goes to, where it is one.
    pub(crate) head: Option<Vec<u8>>,
    /// The files that are read; each has to be there a second time.
    pub(crate) read: Vec<Vec<u8>>,
}

/// What the command leaves behind.
///
/// # Errors
/// Where it cannot be done twice.
pub(crate) fn traces<'i>(
    facts: &Analysis,
    items: impl Iterator<Item = &'i Item>,
) -> Result<SideEffects, Failure> {
    let mut traces = SideEffects::default();
    let (mut patterns, mut has_pattern) = (true, false);
    for item in items {
        let (effect, value) = (item.known.effect, item.value());
        let is_second_output = effect == Effect::Output && traces.output.is_some();
        if item.does(Effect::Once) || (effect == Effect::Clobber && !item.is_on()) || is_second_output {
            return Err(not_twice(item));
        }
        patterns &= !item.does(Effect::NoPatterns);
        has_pattern |= effect == Effect::Url && value.iter().any(|byte| b"{}[]".contains(byte));
        let place =
            [Effect::Output, Effect::OutputFolder, Effect::Head].iter().position(|kind| *kind == effect);
        match place {
            Some(0) => traces.output = Some(value.to_owned()),
            Some(1) => traces.folder = Some(value.to_owned()),
            Some(_) => traces.head = Some(value.to_owned()),
            None => traces.read.extend(read_file(item).map(<[u8]>::to_owned)),
        }
    }
    if facts.urls != 1 || (has_pattern && patterns) {
        return Err(refusal(
            "--retry-rejected takes one URL, and no pattern",
            "run cp-token curl once for each URL; with --globoff, {} and [] are no pattern",
        ));
    }
    if traces.read.iter().any(|file| file == b"-") {
        return Err(refusal(
            "--retry-rejected cannot send standard input a second time",
            "put it into a file first, or do without --retry-rejected",
        ));
    }
    traces.output = traces.output.filter(|file| file != b"-");
    Ok(traces)
}

/// The options that read files, each kind in its own way.
const READERS: [Effect; 5] = [Effect::Data, Effect::NamedData, Effect::Form, Effect::Cookie, Effect::Upload];

/// The file that an option reads, `-` for standard input.
fn read_file(item: &Item) -> Option<&[u8]> {
    let value = item.value();
    match READERS.iter().position(|effect| *effect == item.known.effect)? {
        0 => value.strip_prefix(b"@"),
        1 => named_file(value),
        2 => form_file(value),
        3 => (!value.is_empty() && !value.contains(&b'=')).then_some(value),
        _ => Some(if value == b"." { b"-" } else { value }),
    }
}

fn named_file(value: &[u8]) -> Option<&[u8]> {
    let place = value.iter().position(|byte| matches!(byte, b'@' | b'='))?;
    (value[place] == b'@').then(|| &value[place + 1..])
}

fn form_file(value: &[u8]) -> Option<&[u8]> {
    let content = &value[value.iter().position(|&byte| byte == b'=')? + 1..];
    let file = content.strip_prefix(b"@").or_else(|| content.strip_prefix(b"<"))?;
    let file = file.split(|byte| matches!(byte, b';' | b',')).next()?;
    Some(file.strip_prefix(b"\"").and_then(|file| file.strip_suffix(b"\"")).unwrap_or(file))
}

fn not_twice(item: &Item) -> Failure {
    refusal(
        format!("--retry-rejected cannot undo --{} of a first answer", item.known.name),
        "name the file with -o, or do without --retry-rejected",
    )
}
