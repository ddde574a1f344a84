//! Owns the fenced blocks of the project's pages: which there are, in which language. It runs none of them.

use std::path::{Path, PathBuf};

/// The pages at the top of the tree; those of `docs/` are found there.
const TOP: [&str; 5] = ["README.md", "SECURITY.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"];

/// One fenced block.
#[derive(Clone, Debug)]
pub struct Snippet {
    /// The page that it stands on.
    pub page: String,
    /// What stands behind the opening fence.
    pub language: String,
    /// Its lines, less the indentation of its fence.
    pub text: String,
}

/// Every page, by its path from the top of the tree.
pub fn pages() -> Vec<String> {
    let docs = std::fs::read_dir(root().join("docs")).expect("the folder docs");
    let names = docs.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut pages: Vec<_> =
        names.filter(|name| name.ends_with(".md")).map(|name| format!("docs/{name}")).collect();
    pages.sort();
    TOP.map(str::to_owned).into_iter().chain(pages).collect()
}

/// Every fenced block of these pages, in order.
pub fn all() -> Vec<Snippet> {
    pages().iter().flat_map(|page| of_page(page, &read(page))).collect()
}

/// The top of the tree.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// The text of a page.
pub fn read(page: &str) -> String {
    std::fs::read_to_string(root().join(page)).expect("a page of the project")
}

fn of_page(page: &str, text: &str) -> Vec<Snippet> {
    let mut snippets = Vec::new();
    let mut open: Option<(usize, Snippet)> = None;
    for line in text.lines() {
        let margin = line.len() - line.trim_start().len();
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(language)) => {
                let (page, language) = (page.to_owned(), language.to_owned());
                open = Some((margin, Snippet { page, language, text: String::new() }));
            }
            (Some(_), Some("")) => snippets.extend(open.take().map(|(_, snippet)| snippet)),
            (Some((margin, snippet)), _) => {
                snippet.text += line.get(*margin..).unwrap_or_default();
                snippet.text += "\n";
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{page} ends within a block");
    snippets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_with_language_and_without_the_margin_of_a_list() {
        let found = of_page("README.md", "a\n```sh\none\n  two\n```\n1. b\n\n   ```toml\n   c = 1\n   ```\n");
        let message: Vec<_> = found.iter().map(|snippet| (&*snippet.language, &*snippet.text)).collect();
        assert_eq!(message, [("sh", "one\n  two\n"), ("toml", "c = 1\n")]);
    }
}
