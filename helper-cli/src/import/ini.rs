//! Owns how Python's configparser reads a file: sections, keys and values of several lines, as slices of the text.
//! It opens no file, and takes nothing that configparser would refuse.

use std::collections::BTreeMap;

/// What every section takes over.
const DEFAULTS: &str = "DEFAULT";
/// More than anybody has profiles, and few enough to be compared with each other.
const MAX_SECTIONS: usize = 1000;

/// A file's sections, in order.
#[derive(Debug, Default)]
pub(super) struct Ini<'t> {
    sections: Vec<Section<'t>>,
    defaults: Section<'t>,
}

/// A section's values, by keys in lower case.
#[derive(Debug, Default)]
pub(super) struct Section<'t> {
    name: &'t str,
    values: BTreeMap<String, Vec<&'t str>>,
}

/// What is wrong with a file, and where. It repeats nothing of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flaw {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) problem: &'static str,
}

impl<'t> Ini<'t> {
    /// Reads the whole text, as `configparser.RawConfigParser()` does.
    ///
    /// # Errors
    /// The first [`Flaw`].
    pub(super) fn parse(text: &'t str) -> Result<Self, Flaw> {
        let mut reader = Reader::default();
        for (index, line) in lines(text).enumerate() {
            reader.take(line).map_err(|problem| Flaw { line: index + 1, problem })?;
        }
        Ok(reader.ini)
    }

    /// Every section but the one of the defaults.
    pub(super) fn sections(&self) -> impl Iterator<Item = &Section<'t>> {
        self.sections.iter()
    }

    /// The lines of a value, of the section itself or else of the defaults; `key` is in lower case.
    pub(super) fn lines<'i>(&'i self, section: &'i Section<'t>, key: &str) -> Option<&'i [&'t str]> {
        section.values.get(key).or_else(|| self.defaults.values.get(key)).map(Vec::as_slice)
    }
}

impl<'t> Section<'t> {
    /// Its name, as it stands.
    pub(super) fn name(&self) -> &'t str {
        self.name
    }
}

/// Where a line belongs depends on those before it.
#[derive(Default)]
struct Reader<'t> {
    ini: Ini<'t>,
    place: LinePosition,
    /// The key whose value goes on in deeper lines.
    key: Option<String>,
    indent: usize,
}

#[derive(Clone, Copy, Default)]
enum LinePosition {
    #[default]
    Nowhere,
    Defaults,
    Last,
}

impl<'t> Reader<'t> {
    fn take(&mut self, line: &'t str) -> Result<(), &'static str> {
        if line.contains('\0') {
            return Err("there is a NUL character");
        }
        let content = line.trim_matches(is_space);
        if content.starts_with(['#', ';']) {
            return Ok(());
        }
        if content.is_empty() {
            // Within a value an empty line counts; at its end it is taken away again.
            self.go_on(content);
            return Ok(());
        }
        let indent = line.chars().take_while(|&character| is_space(character)).count();
        if indent > self.indent && self.go_on(content) {
            return Ok(());
        }
        self.indent = indent;
        match header(content) {
            Some(name) => self.open(name),
            None => self.set(content),
        }
    }

    /// Adds a line to the value before it, where there is one.
    fn go_on(&mut self, content: &'t str) -> bool {
        let Some(key) = self.key.take() else { return false };
        if let Some(section) = self.section() {
            section.values.entry(key.clone()).or_default().push(content);
        }
        self.key = Some(key);
        true
    }

    fn open(&mut self, name: &'t str) -> Result<(), &'static str> {
        self.key = None;
        if name == DEFAULTS {
            self.place = LinePosition::Defaults;
            return Ok(());
        }
        if self.ini.sections.iter().any(|section| section.name == name) {
            return Err("a section stands there twice");
        }
        if self.ini.sections.len() == MAX_SECTIONS {
            return Err("there are more than 1000 sections");
        }
        self.ini.sections.push(Section { name, values: BTreeMap::new() });
        self.place = LinePosition::Last;
        Ok(())
    }

    fn set(&mut self, content: &'t str) -> Result<(), &'static str> {
        let section = self.section().ok_or("something stands before the first section")?;
        let (key, value) = content.split_once(['=', ':']).ok_or("it has neither = nor :")?;
        let key = key.trim_end_matches(is_space).to_lowercase();
        if key.is_empty() {
            return Err("there is no name before = or :");
        }
        if section.values.insert(key.clone(), vec![value.trim_matches(is_space)]).is_some() {
            return Err("a name stands twice in its section");
        }
        self.key = Some(key);
        Ok(())
    }

    fn section(&mut self) -> Option<&mut Section<'t>> {
        match self.place {
            LinePosition::Nowhere => None,
            LinePosition::Defaults => Some(&mut self.ini.defaults),
            LinePosition::Last => self.ini.sections.last_mut(),
        }
    }
}

/// A header goes on to the last bracket of its line, and what follows it is not looked at.
fn header(content: &str) -> Option<&str> {
    let (name, _) = content.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
}

/// Python opens text files so that each of `\n`, `\r\n` and `\r` ends a line.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// What Python calls white space: Rust's, and four separators that are control characters.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\x1c'..='\x1f').contains(&character)
}

#[cfg(test)]
mod configparser_tests;
#[cfg(test)]
mod tests;
