//! Owns curl's grammar of arguments: long names, letters in a row, values attached or apart, `--`. Pure. What can be
//! read in two ways is read in neither.

use cp_token_protocol::Failure;

use super::item::{Item, Spelling};
use super::options::{self, Arity, OptionSpec};
use super::refusal::{needless_value, no_value, not_negatable, refusal, unknown};

/// The options and URLs of a command line, in their order.
///
/// # Errors
/// The first word that is no option of the table, or has a value too many or too few.
pub(crate) fn read(words: &[Vec<u8>]) -> Result<Vec<Item>, Failure> {
    let mut items = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let in_argument = in_argument(words.len() - rest.len());
        if word == b"--" {
            items.extend(rest.by_ref().map(|word| url(word)));
        } else if let Some(name) = word.strip_prefix(b"--") {
            let item = long(name, |known| value_for(known, rest.next().cloned()));
            items.push(item.map_err(in_argument)?);
        } else if let Some(letters) = word.strip_prefix(b"-") {
            read_letters(letters, &mut items, || rest.next().cloned()).map_err(in_argument)?;
        } else {
            items.push(url(word));
        }
    }
    Ok(items)
}

/// Says which argument for curl a failure is about.
fn in_argument(number: usize) -> impl FnOnce(Failure) -> Failure {
    move |mut failure| {
        failure.message = format!("argument {number} for curl: {}", failure.message);
        failure
    }
}

/// The option of a long name, which may have its value behind `=`. Where it has not, `next` gives it.
///
/// # Errors
/// As [`read`].
pub(super) fn long(
    word: &[u8],
    next: impl FnOnce(OptionSpec) -> Result<Vec<u8>, Failure>,
) -> Result<Item, Failure> {
    let (name, attached) = match word.iter().position(|&byte| byte == b'=') {
        Some(place) => (&word[..place], Some(word[place + 1..].to_owned())),
        None => (word, None),
    };
    let (positive, negated) = match name.strip_prefix(b"no-") {
        Some(positive) => (positive, true),
        None => (name, false),
    };
    let known = options::by_name(positive).ok_or_else(unknown)?;
    let value = match (known.arity, attached) {
        (Arity::Switch, None) => None,
        (Arity::Single, None) if !negated => None,
        (Arity::Value, attached) if !negated => Some(attached.map_or_else(|| next(known), Ok)?),
        (Arity::Switch | Arity::Single, Some(_)) => return Err(needless_value(known)),
        (Arity::Single | Arity::Value, _) => return Err(not_negatable(known)),
    };
    Ok(Item { known, written: Spelling::Long { negated }, value })
}

/// The options of letters in a row; the first that takes a value takes what is left of the word, or else the next.
///
/// # Errors
/// As [`read`].
pub(super) fn read_letters(
    letters: &[u8],
    items: &mut Vec<Item>,
    next: impl FnOnce() -> Option<Vec<u8>>,
) -> Result<(), Failure> {
    if letters.is_empty() {
        return Err(refusal(
            "a lone - is no option of curl",
            "write - as the value of an option, such as -o -",
        ));
    }
    for (place, &letter) in letters.iter().enumerate() {
        let known = options::by_letter(letter).ok_or_else(unknown)?;
        if known.effect == options::Effect::Next && letters.len() > 1 {
            return Err(refusal("-: stands beside other letters", "write --next as a word of its own"));
        }
        let rest = &letters[place + 1..];
        let attached = known.arity == Arity::Value && !rest.is_empty();
        let value = match known.arity {
            Arity::Switch | Arity::Single => None,
            Arity::Value if attached => Some(rest.to_owned()),
            Arity::Value => {
                items.push(lettered(known, letter, Some(value_for(known, next())?), false));
                return Ok(());
            }
        };
        items.push(lettered(known, letter, value, attached));
        if attached {
            return Ok(());
        }
    }
    Ok(())
}

/// The next word as a value. `--help` can do without.
fn value_for(known: OptionSpec, next: Option<Vec<u8>>) -> Result<Vec<u8>, Failure> {
    let none = || if known.effect == options::Effect::Show { Ok(Vec::new()) } else { Err(no_value(known)) };
    next.map_or_else(none, Ok)
}

fn lettered(known: OptionSpec, letter: u8, value: Option<Vec<u8>>, attached: bool) -> Item {
    Item { known, written: Spelling::Letter { letter, attached }, value }
}

fn url(word: &[u8]) -> Item {
    Item { known: options::URL, written: Spelling::Bare, value: Some(word.to_owned()) }
}
