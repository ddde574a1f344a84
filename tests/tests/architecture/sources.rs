//! Owns the reading of the sources: the files, their code without comments and tests, and the modules that it names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One file.
pub(crate) struct Source {
    /// From the repository's root.
    pub(crate) path: String,
    /// As it stands.
    pub(crate) text: String,
}

impl Source {
    /// The lines of code, without comments: prose may name anything.
    pub(crate) fn code(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter(|line| !line.trim_start().starts_with("//"))
    }

    /// Whether a word stands in the code.
    pub(crate) fn names(&self, word: &str) -> bool {
        self.code().any(|line| line.contains(word))
    }

    /// The names of its functions.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &str> {
        let declared = self.code().filter_map(|line| line.split_once("fn ").map(|(_, rest)| rest));
        declared.filter_map(|rest| words(rest).next().map(|(_, name)| name))
    }

    /// The code that is shipped: what stands before the file's own tests.
    pub(crate) fn shipped_code(&self) -> String {
        let code: Vec<&str> = self.code().collect();
        let tests =
            code.iter().position(|line| line.starts_with("mod tests {") || line.ends_with(") mod tests {"));
        let end = tests.unwrap_or(code.len());
        code[..end].iter().filter(|line| !line.contains("pub(in ")).copied().collect::<Vec<_>>().join("\n")
    }

    /// The module that the file is, from its crate's root; empty for the root itself.
    pub(crate) fn module(&self) -> Vec<String> {
        let inside = self.path.split_once("/src/").map_or("", |(_, inside)| inside).trim_end_matches(".rs");
        let parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
        if matches!(inside, "lib" | "main") { Vec::new() } else { parts }
    }

    /// Every path into the own crate that the code names, from the crate's root.
    pub(crate) fn paths(&self) -> Vec<Vec<String>> {
        let (code, module) = (self.shipped_code(), self.module());
        let mut found = Vec::new();
        for (at, word) in words(&code) {
            let base = match word {
                "crate" => Some(Vec::new()),
                "super" if !code[..at].ends_with("super::") => {
                    let up = code[at..].split("::").take_while(|part| *part == "super").count();
                    Some(module[..module.len().saturating_sub(up)].to_vec())
                }
                child if code.contains(&format!("mod {child};")) && !code[..at].ends_with("::") => {
                    Some([module.clone(), vec![child.to_owned()]].concat())
                }
                _ => None,
            };
            let Some(base) = base else { continue };
            let mut rest = &code[at + word.len()..];
            while let Some(next) = rest.strip_prefix("::super") {
                rest = next;
            }
            if rest.starts_with("::") {
                expand(rest, &base, &mut found);
            }
        }
        found
    }
}

/// What a crate's root exports under another path, with the module that it comes from.
pub(crate) fn exports<'a>(sources: impl IntoIterator<Item = &'a Source>) -> BTreeMap<String, String> {
    let mut found = Vec::new();
    for root in sources.into_iter().filter(|source| source.module().is_empty()) {
        let code: Vec<&str> = root.code().collect();
        for exported in code.join("\n").split("pub use ").skip(1) {
            expand(exported, &[], &mut found);
        }
    }
    found.into_iter().filter_map(|path| Some((path.last()?.clone(), path.first()?.clone()))).collect()
}

/// The words of a text with their places.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    code.split(move |character| !is_part(character))
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - code.as_ptr() as usize, word))
}

/// The paths that follow `base`, where a group names several. Gives what stands behind them.
fn expand<'a>(rest: &'a str, base: &[String], found: &mut Vec<Vec<String>>) -> &'a str {
    let rest = rest.strip_prefix("::").unwrap_or(rest).trim_start();
    if let Some(mut group) = rest.strip_prefix('{') {
        while !group.trim_start().starts_with('}') && !group.is_empty() {
            let before = group.len();
            group = expand(group, base, found).trim_start();
            group = group.strip_prefix(',').unwrap_or(group);
            if group.len() == before {
                return group;
            }
        }
        return group.trim_start().strip_prefix('}').unwrap_or(group);
    }
    let end =
        rest.find(|character: char| !(character.is_alphanumeric() || character == '_')).unwrap_or(rest.len());
    let path = [base.to_vec(), vec![rest[..end].to_owned()]].concat();
    if rest[end..].starts_with("::") && !rest[end..].starts_with("::<") {
        return expand(&rest[end..], &path, found);
    }
    found.push(path);
    &rest[end..]
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Every Rust file of it.
pub(crate) fn sources() -> Vec<Source> {
    let listed = Command::new("find")
        .args(["protocol", "daemon", "helper-cli", "tests", "-name", "*.rs", "-not", "-path", "*/target/*"])
        .current_dir(root())
        .output()
        .expect("find runs");
    let paths = String::from_utf8(listed.stdout).expect("paths");
    let read = |path: &str| std::fs::read_to_string(root().join(path)).expect("a source");
    let sources: Vec<Source> =
        paths.lines().map(|path| Source { path: path.to_owned(), text: read(path) }).collect();
    assert!(sources.len() > 50, "the sources were found");
    sources
}

/// The files of the product, without tests.
pub(crate) fn shipped() -> Vec<Source> {
    let is_shipped = |source: &Source| {
        let in_product = ["protocol/src/", "daemon/src/", "helper-cli/src/"];
        in_product.iter().any(|folder| source.path.starts_with(folder)) && !source.path.ends_with("tests.rs")
    };
    sources().into_iter().filter(is_shipped).collect()
}

/// The paths of the files that offend.
pub(crate) fn offenders<'a>(
    sources: impl IntoIterator<Item = &'a Source>,
    offends: impl Fn(&Source) -> bool,
) -> Vec<String> {
    sources.into_iter().filter(|source| offends(source)).map(|source| source.path.clone()).collect()
}
