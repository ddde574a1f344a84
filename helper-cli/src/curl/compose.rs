//! Owns the command line that the real curl gets: the options as they were, paths resolved, and the header of the
//! token beside each group of URLs, in a pipe and never in a word. Pure.

use zeroize::Zeroizing;

use super::item::Item;
use super::options::{CA_BUNDLE, Effect, HEADER};
use super::target::Target;
use crate::run::program::Argument;

/// A part of the command that was given.
#[derive(Debug)]
pub(crate) enum Step {
    /// One of its options.
    Item(Item),
    /// All that a config file says.
    Config(Vec<Item>),
}

/// What goes with the requests.
pub(crate) struct Credential<'c> {
    /// The profile's request URL.
    pub(crate) base: &'c str,
    /// The `Authorization` header without a line's end.
    pub(crate) header: Zeroizing<Vec<u8>>,
    /// The roots that the profile trusts instead of the system's.
    pub(crate) ca_bundle: Option<&'c str>,
}

impl Step {
    /// Its options.
    pub(crate) fn items(&self) -> &[Item] {
        match self {
            Self::Item(item) => std::slice::from_ref(item),
            Self::Config(items) => items,
        }
    }
}

/// The arguments for curl. `default` is what its default config file says, which it does not read itself.
pub(crate) fn compose(default: &[Item], steps: &[Step], credential: &Credential<'_>) -> Vec<Argument> {
    let mut line = vec![Argument::word("-q")];
    if !default.is_empty() {
        add_config(default, credential, &mut line);
    }
    add_opening(credential, &mut line);
    for step in steps {
        match step {
            Step::Item(item) => add_item(item, credential, &mut line),
            Step::Config(items) => add_config(items, credential, &mut line),
        }
    }
    line
}

/// What stands at the start of each group of URLs.
fn add_opening(credential: &Credential<'_>, line: &mut Vec<Argument>) {
    let header = Zeroizing::new([credential.header.as_slice(), b"\n"].concat());
    line.extend([Argument::word("-H"), Argument::Pipe { before: "@", content: header }]);
    if let Some(file) = credential.ca_bundle {
        line.extend([Argument::word("--cacert"), Argument::word(file)]);
    }
}

fn add_item(item: &Item, credential: &Credential<'_>, line: &mut Vec<Argument>) {
    line.extend(resolved(item, credential.base).words().into_iter().map(Argument::Word));
    if item.does(Effect::Next) {
        add_opening(credential, line);
    }
}

fn add_config(items: &[Item], credential: &Credential<'_>, line: &mut Vec<Argument>) {
    let mut text = Zeroizing::new(Vec::new());
    for item in items {
        text.extend(resolved(item, credential.base).line());
        if item.does(Effect::Next) {
            text.extend(Item::long(HEADER, &credential.header).line());
            let file = credential.ca_bundle.map(|file| Item::long(CA_BUNDLE, file.as_bytes()).line());
            text.extend(file.unwrap_or_default());
        }
    }
    line.extend([Argument::word("-K"), Argument::Pipe { before: "", content: text }]);
}

/// The item, with a path in the place of a URL resolved against the profile's.
fn resolved(item: &Item, base: &str) -> Item {
    let mut item = item.clone();
    if item.known.effect == Effect::Url
        && let Ok(Target::Path(path)) = Target::parse(item.value())
    {
        item.value = Some([base.trim_end_matches('/'), path].concat().into_bytes());
    }
    item
}
