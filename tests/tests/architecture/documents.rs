//! Owns the rule that a path which a document names exists in the tree.

use std::path::{Path, PathBuf};

use crate::sources::root;

/// The documents at the top of the tree, and every page of `docs/`.
fn documents() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root().join("docs")).expect("the folder docs");
    let pages = docs.map(|entry| entry.expect("an entry").path());
    let pages = pages.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let tops = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
    tops.map(|name| root().join(name)).into_iter().chain(pages).collect()
}

/// The top of the tree that a path in a document starts with.
const TOPS: [&str; 6] = ["protocol/", "daemon/", "helper-cli/", "tests/", "packaging/", "docs/"];

/// What the maintainer adds before the first release.
const NOT_YET: &str = "packaging/allowed_signers";

/// The paths that stand in backquotes, each without the arguments behind it.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.split('`').skip(1).step_by(2).filter_map(|quoted| quoted.split_whitespace().next());
    quoted.filter(|path| TOPS.iter().any(|top| path.starts_with(top)) && !path.contains(['*', '<', '$', '{']))
}

/// The bare file names in the rows of a table, each in the folder of the path before it, as paths from the top.
fn bare(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for row in text.lines().filter(|line| line.starts_with('|')) {
        let mut folder = None;
        for name in row.split('`').skip(1).step_by(2) {
            if TOPS.iter().any(|top| name.starts_with(top)) {
                folder = name.rsplit_once('/').map(|(folder, _)| folder);
            } else if name.ends_with(".rs") {
                found.extend(folder.map(|folder| format!("{folder}/{name}")));
            }
        }
    }
    found
}

fn missing<'t>(text: &'t str, root: &Path) -> Vec<&'t str> {
    named(text).filter(|path| *path != NOT_YET && !root.join(path).exists()).collect()
}

#[test]
fn each_path_that_the_documents_name_exists() {
    for document in documents() {
        let text = std::fs::read_to_string(&document).expect("a document");
        assert_eq!(missing(&text, &root()), Vec::<&str>::new(), "{}", document.display());
    }
    let architecture = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the document");
    let named = bare(&architecture);
    assert!(named.len() > 20, "bare names were found");
    let absent: Vec<_> = named.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(absent.is_empty(), "ARCHITECTURE.md: {absent:?}");
    assert_eq!(bare("| a | `daemon/src/lease.rs`, `gone.rs` |"), ["daemon/src/gone.rs"]);
    let planted = "see `daemon/src/no_such_file.rs`, `tests/run --all` and `other/path`";
    assert_eq!(missing(planted, &root()), ["daemon/src/no_such_file.rs"], "a planted path is seen");
}
