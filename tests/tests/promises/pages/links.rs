//! Owns the promise that a link of a page leads to a page or file that exists, and its anchor to a heading there.

use std::path::{Component, Path, PathBuf};

use cp_token_tests::snippets::{pages, read, root};

/// The targets of a text's links and pictures within the tree; fenced blocks and code have none.
fn targets(text: &str) -> Vec<String> {
    let prose: String = text.split("```").step_by(2).collect();
    let prose: String = prose.split('`').step_by(2).collect();
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(to, _)| to);
    targets.filter(|to| !to.contains("://")).map(str::to_owned).collect()
}

/// The anchors of a text's headings, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let prose: String = text.split("```").step_by(2).collect();
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// The path from the top of the tree to what a page names.
fn resolved(page: &str, path: &str) -> PathBuf {
    let folder = Path::new(page).parent().expect("a page is in a folder");
    let mut resolved = PathBuf::new();
    for part in folder.join(path).components() {
        if part == Component::ParentDir {
            resolved.pop();
        } else {
            resolved.push(part);
        }
    }
    resolved
}

fn leads_somewhere(page: &str, target: &str) -> bool {
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let to = if path.is_empty() { PathBuf::from(page) } else { resolved(page, path) };
    let to = to.to_string_lossy();
    root().join(&*to).exists() && (anchor.is_empty() || anchors(&read(&to)).iter().any(|one| one == anchor))
}

fn broken(page: &str, text: &str) -> Vec<String> {
    targets(text).into_iter().filter(|target| !leads_somewhere(page, target)).collect()
}

#[test]
fn every_link_leads_to_a_page_and_a_heading_that_exist() {
    for page in pages() {
        assert_eq!(broken(&page, &read(&page)), Vec::<String>::new(), "{page}");
    }
    let planted =
        "[a](no-such.md) [b](../README.md#no-such) [c](../README.md#exit-codes) `[d](e)` [f](https://x.y)";
    assert_eq!(broken("docs/lock.md", planted), ["no-such.md", "../README.md#no-such"]);
}

#[test]
fn the_index_lists_every_page_of_the_folder() {
    let listed = targets(&read("docs/README.md"));
    for page in
        pages().iter().filter_map(|page| page.strip_prefix("docs/")).filter(|page| *page != "README.md")
    {
        assert!(listed.iter().any(|target| target == page), "docs/README.md lacks {page}");
    }
}

/// A landing page stays one that is read to its end.
#[test]
fn the_readme_has_at_most_150_lines() {
    assert!(read("README.md").lines().count() <= 150);
}
