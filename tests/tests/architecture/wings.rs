//! Owns the layers: which wing of a crate may use which others, that no arrow runs up, and that no circle of files grows.

use std::collections::{BTreeMap, BTreeSet};

use crate::sources::{Source, exports, shipped};

/// A file, as the path of its module.
type Module = Vec<String>;

/// The files that each file uses.
type Arrows = BTreeMap<Module, BTreeSet<Module>>;

/// A crate's wings from the highest layer down, each with those that it may use. What is not named here is forbidden.
type Layers = &'static [(&'static str, &'static str)];

const DAEMON: Layers = &[
    (
        "app",
        "handover ipc service lock registry broker token_request token_endpoint secrets process profile failure audit base",
    ),
    ("handover", "ipc lock registry secrets process profile failure base"),
    ("ipc", "service process failure audit base"),
    (
        "service",
        "lock registry broker token_request token_endpoint secrets process profile lease failure audit base",
    ),
    ("lock", "registry secrets failure base"),
    ("registry", "broker token_request secrets process profile lease failure audit base"),
    ("broker", "token_request profile lease failure audit base"),
    ("token_request", "token_endpoint secrets profile lease failure base"),
    ("token_endpoint", "profile base"),
    ("secrets", "process profile failure base"),
    ("process", "failure base"),
    ("profile", "base"),
    ("lease", "base"),
    ("failure", ""),
    ("audit", "base"),
    ("base", ""),
];

const HELPER: Layers = &[
    ("start", "terminal run"),
    ("commands", "import daemon curl args adapters terminal run"),
    ("import", "run"),
    ("daemon", "terminal run"),
    ("curl", "run"),
    ("args", "terminal"),
    ("adapters", "terminal"),
    ("terminal", "run"),
    ("run", ""),
];

const PROTOCOL: Layers = &[
    ("view", "message token name wire frame"),
    ("handover", "message failure moment wire token name secret frame"),
    ("message", "failure wire token name secret frame"),
    ("failure", "wire"),
    ("moment", "wire"),
    ("wire", "token name secret frame"),
    ("token", "secret"),
    ("name", ""),
    ("secret", ""),
    ("blocking", "frame"),
    ("frame", ""),
    ("peer", "trust windows"),
    ("trust", "shell"),
    ("address", "windows"),
    ("windows", ""),
    ("origin", ""),
    ("shell", "printable"),
    ("printable", ""),
];

const CRATES: [(&str, Layers); 3] =
    [("daemon/src/", DAEMON), ("helper-cli/src/", HELPER), ("protocol/src/", PROTOCOL)];

/// The most files that may use each other in a circle: a parent and the children that share its types.
const CIRCLE: usize = 6;

/// Each use of another wing that the layers do not allow, and each wing that they do not know.
fn violations(folder: &str, layers: Layers, sources: &[Source]) -> Vec<String> {
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        layers.iter().map(|(wing, below)| (*wing, below.split_whitespace().collect())).collect();
    let of_crate = sources.iter().filter(|source| source.path.starts_with(folder));
    let exports = exports(sources.iter().filter(|source| source.path.starts_with(folder)));
    let mut found = BTreeSet::new();
    for source in of_crate {
        let Some(wing) = source.module().first().cloned() else { continue };
        let Some(below) = allowed.get(wing.as_str()) else {
            found.insert(format!("{}: no layer is given to {wing}", source.path));
            continue;
        };
        let used = source.paths().into_iter().filter_map(|path| path.into_iter().next());
        let used = used.map(|first| exports.get(&first).cloned().unwrap_or(first));
        let foreign = used.filter(|used| *used != wing && allowed.contains_key(used.as_str()));
        found.extend(
            foreign
                .filter(|used| !below.contains(used.as_str()))
                .map(|used| format!("{}: {wing} uses {used}", source.path)),
        );
    }
    found.into_iter().collect()
}

fn planted(path: &str, text: &str) -> Vec<Source> {
    vec![Source { path: path.to_owned(), text: text.to_owned() }]
}

#[test]
fn each_wing_uses_only_the_wings_that_its_layer_allows() {
    let sources = shipped();
    for (folder, layers) in CRATES {
        let found = violations(folder, layers, &sources);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn the_layers_lead_down() {
    for (folder, layers) in CRATES {
        for (layer, (wing, below)) in layers.iter().enumerate() {
            for used in below.split_whitespace() {
                let of_used = layers.iter().position(|(other, _)| *other == used);
                assert!(of_used > Some(layer), "{folder}: {wing} may use {used}, which is not below it");
            }
        }
    }
}

#[test]
fn a_planted_arrow_is_found_however_it_is_written() {
    for text in [
        "use crate::broker::Broker;",
        "use crate::{base::clock::Moment, broker::{self, Broker}};",
        "fn f() {\n    let asked = crate::broker::ask();\n}",
        "use super::super::broker::Broker;",
    ] {
        let found = violations("daemon/src/", DAEMON, &planted("daemon/src/lease/policy.rs", text));
        assert_eq!(found, ["daemon/src/lease/policy.rs: lease uses broker"], "{text}");
    }
    let unknown =
        violations("daemon/src/", DAEMON, &planted("daemon/src/unlisted.rs", "use crate::base::clock;"));
    assert_eq!(unknown, ["daemon/src/unlisted.rs: no layer is given to unlisted"]);
    for text in ["use crate::base::clock::Moment;", "// crate::broker", "use super::token::Token;"] {
        assert_eq!(
            violations("daemon/src/", DAEMON, &planted("daemon/src/lease/policy.rs", text)),
            [""; 0],
            "{text}"
        );
    }
}

/// The files that each file uses, by module.
fn arrows(sources: &[Source]) -> Arrows {
    let modules: BTreeSet<Module> = sources.iter().map(Source::module).collect();
    let exports = exports(sources);
    let file_of = |path: Module| {
        let from = path.first().and_then(|first| exports.get(first));
        let mut path = from.map_or(path.clone(), |module| vec![module.clone()]);
        while !path.is_empty() && !modules.contains(&path) {
            path.pop();
        }
        path
    };
    let used =
        |source: &Source| source.paths().into_iter().map(file_of).filter(|path| !path.is_empty()).collect();
    sources.iter().map(|source| (source.module(), used(source))).collect()
}

fn reachable(arrows: &Arrows, from: &Module) -> BTreeSet<Module> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
    while let Some(file) = next.pop() {
        for used in arrows.get(&file).into_iter().flatten() {
            if seen.insert(used.clone()) {
                next.push(used.clone());
            }
        }
    }
    seen
}

/// The largest circle of files that use each other.
fn largest_circle(sources: &[Source]) -> Vec<Module> {
    let arrows = arrows(sources);
    let below: BTreeMap<&Module, BTreeSet<Module>> =
        arrows.keys().map(|file| (file, reachable(&arrows, file))).collect();
    let circle = |file: &&Module| {
        below[*file]
            .iter()
            .filter(|other| below.get(other).is_some_and(|back| back.contains(*file)))
            .cloned()
            .collect()
    };
    let circles = arrows.keys().filter(|file| !file.is_empty());
    circles.map(|file| circle(&file)).max_by_key(Vec::len).unwrap_or_default()
}

#[test]
fn no_circle_of_files_is_larger_than_a_handful() {
    for (folder, _) in CRATES {
        let of_crate: Vec<Source> =
            shipped().into_iter().filter(|source| source.path.starts_with(folder)).collect();
        let circle = largest_circle(&of_crate);
        assert!(circle.len() <= CIRCLE, "{folder}: {circle:#?}");
    }
    let link = |number: usize| {
        let text = format!("use crate::ring{};", (number + 1) % 9);
        planted(&format!("daemon/src/ring{number}.rs"), &text)
    };
    let ring: Vec<Source> = (0..9).flat_map(link).collect();
    assert_eq!(largest_circle(&ring).len(), 9, "a planted circle is seen whole");
}
