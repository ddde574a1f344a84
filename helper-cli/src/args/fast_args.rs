//! Owns the quick reading of `get`, the call in every `$(cp-token)`. What it does not understand at once, faults
//! included, it leaves to `cli.rs`, which reads the same options and has the words for what is wrong.

use std::ffi::OsStr;

use cp_token_protocol::ProfileName;

use crate::args::cli::get::GetOptions;
use crate::terminal::output::Format;

/// The options, where these arguments plainly are a `get`.
pub(crate) fn parse<'a>(arguments: impl Iterator<Item = &'a OsStr>) -> Option<GetOptions> {
    let mut words = arguments.map(OsStr::to_str).peekable();
    words.next_if_eq(&Some("get"));
    let mut seen = ParsedFlags::default();
    while let Some(word) = words.next() {
        let word = word?;
        if !seen.take_flag(word)? {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, value),
                _ => (word, words.next()??),
            };
            seen.take_option(name, value)?;
        }
    }
    seen.into_options()
}

/// What was given so far; each at most once.
#[derive(Default)]
struct ParsedFlags<'a> {
    profile: Option<&'a str>,
    url: Option<&'a str>,
    format: Option<&'a str>,
    min_validity: Option<&'a str>,
    timeout: Option<&'a str>,
    rejected: bool,
    fresh: bool,
    retry: bool,
    no_start: bool,
}

impl<'a> ParsedFlags<'a> {
    /// Whether the word was a flag; `None` where it was one for the second time.
    fn take_flag(&mut self, word: &str) -> Option<bool> {
        let flag = match word {
            "--rejected" => &mut self.rejected,
            "--fresh" => &mut self.fresh,
            "--retry" => &mut self.retry,
            "--no-start" => &mut self.no_start,
            _ => return Some(false),
        };
        (!std::mem::replace(flag, true)).then_some(true)
    }

    fn take_option(&mut self, name: &str, value: &'a str) -> Option<()> {
        let option = match name {
            "-p" | "--profile" => &mut self.profile,
            "--url" => &mut self.url,
            "-f" | "--format" => &mut self.format,
            "--min-validity" => &mut self.min_validity,
            "--timeout" => &mut self.timeout,
            _ => return None,
        };
        let plain = !value.is_empty() && !value.starts_with(['-', '=']);
        (plain && option.replace(value).is_none()).then_some(())
    }

    fn into_options(self) -> Option<GetOptions> {
        let conflict = (self.profile.is_some() && self.url.is_some()) || (self.rejected && self.fresh);
        let defaults = GetOptions::default();
        let options = GetOptions {
            profile: checked(self.profile, |text| ProfileName::parse(text).ok())?,
            url: self.url.map(str::to_owned),
            format: checked(self.format, Format::parse)?.unwrap_or(defaults.format),
            min_validity: checked(self.min_validity, |text| crate::args::duration::life(text).ok())?,
            rejected: self.rejected,
            fresh: self.fresh,
            timeout: checked(self.timeout, |text| crate::args::duration::limit(text).ok())?,
            retry: self.retry,
            no_start: self.no_start,
        };
        (!conflict).then_some(options)
    }
}

/// The value as `parse` reads it: absent stays absent, and a bad one is the outer `None`.
fn checked<T>(value: Option<&str>, parse: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    match value {
        Some(text) => parse(text).map(Some),
        None => Some(None),
    }
}
