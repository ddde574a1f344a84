//! Owns the INI files that Python's `configparser` writes for the official CLIs and for keyrings.alt. It refuses the rest.

use std::collections::BTreeMap;

/// Far more than anybody has profiles, and few enough to compare each with all others.
const MAX_SECTIONS: usize = 1000;

/// A section: its name, and the lines of each value by key. `configparser` writes keys in lower case.
#[derive(Debug)]
pub(super) struct Section<'t> {
    pub(super) name: &'t str,
    values: BTreeMap<&'t str, Vec<&'t str>>,
}

/// What is wrong with a file, and in which line, counted from 1. It quotes nothing of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) line: usize,
    pub(super) problem: &'static str,
}

/// The sections of the text, in order, or the first [`Flaw`].
pub(super) fn parse(text: &str) -> Result<Vec<Section<'_>>, Flaw> {
    let (mut sections, mut key) = (Vec::new(), None);
    for (index, line) in text.lines().enumerate() {
        take(&mut sections, &mut key, line).map_err(|problem| Flaw { line: index + 1, problem })?;
    }
    Ok(sections)
}

impl<'t> Section<'t> {
    pub(super) fn lines(&self, key: &str) -> Option<&[&'t str]> {
        self.values.get(key).map(Vec::as_slice)
    }
}

/// Takes one line. `key` is the key whose value may continue in it.
fn take<'t>(
    sections: &mut Vec<Section<'t>>,
    key: &mut Option<&'t str>,
    line: &'t str,
) -> Result<(), &'static str> {
    if line.contains('\0') {
        return Err("there is a NUL character");
    }
    let content = line.trim();
    if content.is_empty() || content.starts_with(['#', ';']) {
        return Ok(());
    }
    if !line.starts_with([' ', '\t'])
        && let Some((name, _)) = content.strip_prefix('[').and_then(|rest| rest.rsplit_once(']'))
    {
        *key = None;
        return open(sections, name);
    }
    let values = &mut sections.last_mut().ok_or("something stands before the first section")?.values;
    if line.starts_with([' ', '\t']) {
        let key = key.ok_or("an indented line follows no value")?;
        values.entry(key).or_default().push(content);
        return Ok(());
    }
    let (name, value) = content.split_once('=').ok_or("it has no =")?;
    let name = name.trim_end();
    if name.is_empty() {
        return Err("there is no name before =");
    }
    if values.insert(name, vec![value.trim_start()]).is_some() {
        return Err("a name stands twice in its section");
    }
    *key = Some(name);
    Ok(())
}

fn open<'t>(sections: &mut Vec<Section<'t>>, name: &'t str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("a section has no name");
    }
    if name == "DEFAULT" {
        return Err("it has a section of defaults, which these programs do not write");
    }
    if sections.iter().any(|section| section.name == name) {
        return Err("a section stands there twice");
    }
    if sections.len() == MAX_SECTIONS {
        return Err("there are more than 1000 sections");
    }
    sections.push(Section { name, values: BTreeMap::new() });
    Ok(())
}

#[cfg(test)]
mod configparser_tests;
#[cfg(test)]
mod tests;
