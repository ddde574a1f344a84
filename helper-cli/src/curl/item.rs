//! Owns one option of a curl command with its value, as it was written. Pure; it checks nothing.

use super::options::{Effect, OptionSpec};

/// How an option was written, so that it can be written so again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// A URL that stands alone.
    Bare,
    /// By its long name.
    Long {
        /// With `no-` before it.
        negated: bool,
    },
    /// By its letter.
    Letter {
        /// Which.
        letter: u8,
        /// Whether its value follows without a space.
        attached: bool,
    },
}

/// One option, or one URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// Which option.
    pub(crate) known: OptionSpec,
    /// How it was written.
    pub(crate) written: Spelling,
    /// Its value, which may be any bytes.
    pub(crate) value: Option<Vec<u8>>,
}

impl Item {
    /// An option by its long name with this value.
    pub(crate) fn long(known: OptionSpec, value: &[u8]) -> Self {
        Self { known, written: Spelling::Long { negated: false }, value: Some(value.to_owned()) }
    }

    /// Whether it switches something on, and not off.
    pub(crate) fn is_on(&self) -> bool {
        self.written != Spelling::Long { negated: true }
    }

    /// Whether it does this.
    pub(crate) fn does(&self, effect: Effect) -> bool {
        self.known.effect == effect && self.is_on()
    }

    /// Its value; nothing where it has none.
    pub(crate) fn value(&self) -> &[u8] {
        self.value.as_deref().unwrap_or_default()
    }

    /// Its words in a command line.
    pub(crate) fn words(&self) -> Vec<Vec<u8>> {
        let value = self.value.clone();
        match self.written {
            Spelling::Bare => value.into_iter().collect(),
            Spelling::Letter { letter, attached: true } => vec![[&[b'-', letter], self.value()].concat()],
            Spelling::Letter { letter, attached: false } => {
                [vec![b'-', letter]].into_iter().chain(value).collect()
            }
            Spelling::Long { .. } => [self.long_word()].into_iter().chain(value).collect(),
        }
    }

    /// Its line in a config file, with the line's end.
    pub(crate) fn line(&self) -> Vec<u8> {
        let mut line = match self.written {
            Spelling::Letter { letter, .. } => vec![b'-', letter],
            Spelling::Bare | Spelling::Long { .. } => self.long_word(),
        };
        if let Some(value) = &self.value {
            line.extend_from_slice(b" \"");
            value.iter().for_each(|&byte| quote(byte, &mut line));
            line.push(b'"');
        }
        line.push(b'\n');
        line
    }

    fn long_word(&self) -> Vec<u8> {
        let dashes: &[u8] = if self.is_on() { b"--" } else { b"--no-" };
        [dashes, self.known.name.as_bytes()].concat()
    }
}

/// The escapes that curl documents for a value in double quotes.
fn quote(byte: u8, line: &mut Vec<u8>) {
    match byte {
        b'\n' => line.extend_from_slice(b"\\n"),
        b'\r' => line.extend_from_slice(b"\\r"),
        b'\t' => line.extend_from_slice(b"\\t"),
        0x0b => line.extend_from_slice(b"\\v"),
        b'"' | b'\\' => line.extend_from_slice(&[b'\\', byte]),
        other => line.push(other),
    }
}
