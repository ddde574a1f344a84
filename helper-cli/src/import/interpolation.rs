//! Owns the percent signs in values that `configparser.ConfigParser()` reads: `%%` and references to other values.
//! Bounded in depth, in number and in length.

use super::ini::{Ini, Section};

/// As deep as configparser goes.
const MAX_DEPTH: usize = 10;
/// References behind one value, each followed one included.
const MOST_REFERENCES: usize = 100;
/// The longest value, in bytes.
const MOST_LENGTH: usize = 4096;

/// The value behind `key` with every reference replaced; `None` where there is no such value, and an error where
/// configparser would refuse it or it is past a bound.
///
/// # Errors
/// One clause that says what is wrong, without the value.
pub(super) fn value(ini: &Ini<'_>, section: &Section<'_>, key: &str) -> Result<Option<String>, &'static str> {
    let Some(raw) = raw(ini, section, key) else { return Ok(None) };
    let mut resolver = Resolver { ini, section, resolved: String::new(), references: 0 };
    resolver.resolve(&raw, 1)?;
    Ok(Some(resolver.resolved))
}

struct Resolver<'i, 't> {
    ini: &'i Ini<'t>,
    section: &'i Section<'t>,
    resolved: String,
    references: usize,
}

impl Resolver<'_, '_> {
    fn resolve(&mut self, raw: &str, depth: usize) -> Result<(), &'static str> {
        let mut rest = raw;
        while let Some((plain, special)) = rest.split_once('%') {
            self.push(plain)?;
            rest = if let Some(after) = special.strip_prefix('%') {
                self.push("%")?;
                after
            } else {
                let (name, after) = reference(special).ok_or("a single % in a value means nothing")?;
                self.follow(name, depth)?;
                after
            };
        }
        self.push(rest)
    }

    fn follow(&mut self, name: &str, depth: usize) -> Result<(), &'static str> {
        self.references += 1;
        if depth >= MAX_DEPTH || self.references > MOST_REFERENCES {
            return Err("its values refer to each other too often");
        }
        let raw = raw(self.ini, self.section, &name.to_lowercase());
        self.resolve(&raw.ok_or("a value refers to one that is not there")?, depth + 1)
    }

    fn push(&mut self, text: &str) -> Result<(), &'static str> {
        self.resolved.push_str(text);
        if self.resolved.len() > MOST_LENGTH { Err("a value is longer than 4096 bytes") } else { Ok(()) }
    }
}

/// `(name)s`, and what follows it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('(')?.split_once(')')?;
    if name.is_empty() { None } else { Some((name, after.strip_prefix('s')?)) }
}

fn raw(ini: &Ini<'_>, section: &Section<'_>, key: &str) -> Option<String> {
    Some(ini.lines(section, key)?.join("\n").trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resolved(text: &str) -> Result<Option<String>, &'static str> {
        let ini = Ini::parse(text).expect("a sound file");
        let section = ini.sections().next().expect("a section");
        value(&ini, section, "x")
    }

    #[test]
    fn percent_signs_are_read_as_configparser_reads_them() {
        for (text, expected) in [
            ("[a]\nx = 100%%", "100%"),
            ("[a]\nx = %%(y)s\ny = 2", "%(y)s"),
            ("[a]\nx = <%(Y)s>\ny = 2", "<2>"),
            ("[DEFAULT]\nhost = h\n[a]\nx = https://%(host)s/", "https://h/"),
            ("[a]\nx = %(y)s%(y)s\ny = %(z)s\nz = 3", "33"),
            ("[a]\nx = 1\n  2\n\n", "1\n2"),
        ] {
            assert_eq!(resolved(text), Ok(Some(expected.to_owned())), "{text:?}");
        }
        assert_eq!(resolved("[a]\ny = 1"), Ok(None));
        for text in ["[a]\nx = 5%", "[a]\nx = %d", "[a]\nx = %(y)", "[a]\nx = %()s", "[a]\nx = %(y)s"] {
            assert!(resolved(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn values_that_refer_to_each_other_without_end_are_refused_quickly() {
        assert!(resolved("[a]\nx = %(x)s").is_err());
        let mut bomb = String::from("[a]\nx = %(k0)s\n");
        for level in 0..9 {
            bomb += &format!("k{level} = {}\n", format!("%(k{})s", level + 1).repeat(50));
        }
        assert!(resolved(&bomb).is_err());
        assert!(resolved(&format!("[a]\nx = {}", "y".repeat(MOST_LENGTH + 1))).is_err());
    }

    proptest! {
        #[test]
        fn no_value_makes_it_panic(value in "[%()sxy=\n ]{0,60}") {
            if let Ok(ini) = Ini::parse(&format!("[a]\ny = 1\nx = {value}")) {
                for section in ini.sections() {
                    let _ = super::value(&ini, section, "x");
                }
            }
        }
    }
}
