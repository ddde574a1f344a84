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

fn missing<'t>(text: &'t str, root: &Path) -> Vec<&'t str> {
    named(text).filter(|path| *path != NOT_YET && !root.join(path).exists()).collect()
}

#[test]
fn each_path_that_the_documents_name_exists() {
    for document in documents() {
        let text = std::fs::read_to_string(&document).expect("a document");
        assert_eq!(missing(&text, &root()), Vec::<&str>::new(), "{}", document.display());
    }
    let planted = "see `daemon/src/no_such_file.rs`, `tests/run --all` and `other/path`";
    assert_eq!(missing(planted, &root()), ["daemon/src/no_such_file.rs"], "a planted path is seen");
}
