//! Owns the rule that a type's name says what it is without its path: no two types of a crate share one.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{Source, shipped};

/// The ends of files that are each other's counterparts on other systems.
const SYSTEMS: [&str; 7] = ["linux", "unix", "macos", "windows", "other", "elsewhere", "logind"];

/// The types of a file, but not those of a file for one system, which has a counterpart of the same name.
fn types(source: &Source) -> Vec<&str> {
    let for_one_system = source.module().last().is_some_and(|last| SYSTEMS.contains(&last.as_str()));
    let code = source.text.split("mod tests {").next().unwrap_or_default();
    let defined = |line: &str| {
        let words: Vec<&str> =
            line.split(|character: char| !(character.is_alphanumeric() || character == '_')).collect();
        let at = words.iter().position(|word| matches!(*word, "struct" | "enum" | "trait"))?;
        let is_definition =
            words[..at].iter().all(|word| matches!(*word, "" | "pub" | "crate" | "super" | "in"));
        is_definition
            .then(|| words.get(at + 1).copied())
            .flatten()
            .map(|name| name.as_ptr() as usize - line.as_ptr() as usize)
    };
    let named = |line| {
        let at: usize = defined(line)?;
        line[at..].split(|character: char| !(character.is_alphanumeric() || character == '_')).next()
    };
    code.lines().filter(|line| !for_one_system && !line.starts_with(' ')).filter_map(named).collect()
}

fn shared(folder: &str, sources: &[Source]) -> Vec<String> {
    let mut places: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.path.starts_with(folder)) {
        for name in types(source) {
            places.entry(name).or_default().insert(&source.path);
        }
    }
    places
        .iter()
        .filter(|(_, files)| files.len() > 1)
        .map(|(name, files)| format!("{name}: {files:?}"))
        .collect()
}

#[test]
fn no_two_types_of_a_crate_share_a_name() {
    for folder in ["protocol/src/", "daemon/src/", "helper-cli/src/"] {
        let found = shared(folder, &shipped());
        assert!(found.is_empty(), "{found:#?}");
    }
    let planted = |path: &str| Source { path: path.to_owned(), text: "pub(super) struct Twin;\n".to_owned() };
    let twins = [planted("daemon/src/lease.rs"), planted("daemon/src/broker.rs")];
    assert_eq!(shared("daemon/src/", &twins).len(), 1, "planted twins are seen");
}
