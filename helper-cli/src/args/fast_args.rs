//! Owns the fast parser of `get`, the usual call. Whatever it does not understand, mistakes included, it leaves to `cli.rs`.

use std::ffi::OsStr;

use clap::ValueEnum;
use cp_token_protocol::ProfileName;

use crate::args::cli::token::{self, GetOptions, TokenArgs};
use crate::terminal::output::Format;

/// The options, if these arguments are a simple `get`.
pub(crate) fn parse<'a>(arguments: impl Iterator<Item = &'a OsStr>) -> Option<GetOptions> {
    let mut words = arguments.map(OsStr::to_str).peekable();
    words.next_if_eq(&Some("get"));
    let (mut options, mut format) = (GetOptions::default(), None);
    while let Some(word) = words.next() {
        let word = word?;
        if !take_flag(&mut options, word)? {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, value),
                _ => (word, words.next()??),
            };
            take_option(&mut options, &mut format, name, value)?;
        }
    }
    options.format = format.unwrap_or_default();
    let TokenArgs { profile, url, .. } = &options.token;
    let conflict = (profile.is_some() && url.is_some()) || (options.rejected && options.fresh);
    (!conflict).then_some(options)
}

/// Whether the word is a flag; `None` if the flag is repeated.
fn take_flag(options: &mut GetOptions, word: &str) -> Option<bool> {
    let flag = match word {
        "--rejected" => &mut options.rejected,
        "--fresh" => &mut options.fresh,
        "--retry" => &mut options.token.wait.retry,
        "--no-start" => &mut options.no_start,
        _ => return Some(false),
    };
    (!std::mem::replace(flag, true)).then_some(true)
}

/// `None` if the option is unknown or repeated, or its value is not plain.
fn take_option(options: &mut GetOptions, format: &mut Option<Format>, name: &str, value: &str) -> Option<()> {
    if value.is_empty() || value.starts_with(['-', '=']) {
        return None;
    }
    let token = &mut options.token;
    match name {
        "-p" | "--profile" => set_once(&mut token.profile, ProfileName::parse(value).ok()?),
        "--url" => set_once(&mut token.url, value.to_owned()),
        "-f" | "--format" => set_once(format, Format::from_str(value, false).ok()?),
        "--min-validity" => set_once(&mut token.min_validity, token::life(value).ok()?),
        "--timeout" => set_once(&mut token.wait.timeout, token::limit(value).ok()?),
        _ => None,
    }
}

fn set_once<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}
