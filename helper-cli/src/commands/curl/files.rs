//! Owns the files that a curl command names. Those of options are read here, so that what was checked is what curl gets.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use cp_token_protocol::Failure;

use crate::curl::{self, Effect, HEADER, Item, Step, refusal};

/// The longest file of options, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// How deep a config file may name another one.
const DEPTH: usize = 3;

/// What curl's default config file says, if curl would read one; fails if it holds what is refused.
pub(super) fn default_config(items: &[Item]) -> Result<Vec<Item>, Failure> {
    if items.first().is_some_and(|item| item.does(Effect::Disable)) {
        return Ok(Vec::new());
    }
    let found = default_places().into_iter().find_map(|path| Some((File::open(&path).ok()?, path)));
    let Some((file, path)) = found.filter(|(file, _)| file.metadata().is_ok_and(|facts| !facts.is_dir()))
    else {
        return Ok(Vec::new());
    };
    config(file, DEPTH).map_err(|failure| {
        let mut failure = in_file(&path, failure);
        failure.hint.push_str("; to do without that file, make -q the first of curl's options");
        failure
    })
}

/// The command with every file of options in the place of its name; fails if one is unreadable or holds what is refused.
pub(super) fn expand(items: Vec<Item>) -> Result<Vec<Step>, Failure> {
    let expand_one = |item: Item| match named_file(&item) {
        Some(name) => items_of_file(&item, name, DEPTH).map(Step::Config),
        None => Ok(Step::Item(item)),
    };
    items.into_iter().map(expand_one).collect()
}

fn named_file(item: &Item) -> Option<&[u8]> {
    match item.known.effect == Effect::Header {
        true => item.value().strip_prefix(b"@"),
        false => (item.known.effect == Effect::Config).then(|| item.value()),
    }
}

fn items_of_file(item: &Item, name: &[u8], depth: usize) -> Result<Vec<Item>, Failure> {
    let path = path(name);
    let file = if name == b"-" { File::open("/dev/stdin") } else { File::open(path) };
    let message = || format!("the file of --{} cannot be opened", item.known.name);
    let file = file.map_err(|_| refusal(message(), "see that it is there and yours to read"))?;
    let items = if item.known.effect == Effect::Header { headers(file) } else { config(file, depth) };
    items.map_err(|failure| in_file(path, failure))
}

fn config(file: File, depth: usize) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::new();
    for item in curl::read_config(&content(file)?)? {
        match named_file(&item) {
            Some(_) if depth == 0 => {
                let hint = "put their options into one file";
                return Err(refusal("config files name one another too deep", hint));
            }
            Some(name) => items.extend(items_of_file(&item, name, depth - 1)?),
            None => {
                curl::check_value(&item)?;
                items.push(item);
            }
        }
    }
    Ok(items)
}

fn headers(file: File) -> Result<Vec<Item>, Failure> {
    let text = content(file)?;
    let lines = text.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !line.is_empty());
    let items: Vec<_> = lines.map(|line| Item::long(HEADER, line)).collect();
    match items.iter().find(|item| item.value().starts_with(b"@") || item.value().contains(&0)) {
        Some(_) => Err(refusal("a line of it is no header", "write NAME: VALUE on each line")),
        None => items.iter().try_for_each(curl::check_value).map(|()| items),
    }
}

fn content(file: File) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    let read = file.take(LIMIT + 1).read_to_end(&mut text);
    if read.is_err() || text.len() as u64 > LIMIT {
        return Err(refusal("it cannot be read, or is longer than a mebibyte", "see what was named"));
    }
    Ok(text)
}

/// Where curl looks for its default config file, in its order.
fn default_places() -> Vec<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let (curl, xdg) = (folder("CURL_HOME"), folder("XDG_CONFIG_HOME"));
    let home = folder("HOME").or_else(std::env::home_dir);
    let mut places: Vec<_> =
        [&curl, &xdg].into_iter().flatten().map(|folder| folder.join(".curlrc")).collect();
    places.extend(xdg.iter().map(|folder| folder.join("curlrc")));
    places.extend(home.iter().map(|folder| folder.join(".curlrc")));
    if xdg.is_none() {
        places.extend([&curl, &home].into_iter().flatten().map(|folder| folder.join(".config/curlrc")));
    }
    places
}

fn in_file(path: &Path, mut failure: Failure) -> Failure {
    failure.message = format!("in {}: {}", path.display(), failure.message);
    failure
}

/// Calls `check` with each file that these options make curl read, and with the option's name.
pub(super) fn for_each_read(
    items: &[&Item],
    check: fn(&str, &Path) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for item in items.iter().filter(|item| item.is_on()) {
        let names = curl::files_read(item)?;
        names
            .iter()
            .filter(|name| !name.is_empty())
            .try_for_each(|name| check(item.known.name, path(name)))?;
    }
    Ok(())
}

pub(super) fn path(bytes: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}
