//! Owns the style of standard output: colours, block characters, and width.

use std::io::{IsTerminal, stdout};

use terminal_size::terminal_size_of;

use super::sanitize::sanitize_line;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TerminalStyle {
    pub(crate) is_terminal: bool,
    /// Whether colours are wanted, after `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM`.
    pub(crate) has_colours: bool,
    /// Whether characters beyond ASCII that are no letters are shown as they are.
    pub(crate) has_blocks: bool,
    /// How many columns there are; absent if nothing ends a line early.
    pub(crate) width: Option<usize>,
}

impl TerminalStyle {
    #[cfg(test)]
    pub(crate) const PLAIN: Self =
        Self { is_terminal: false, has_colours: false, has_blocks: false, width: None };

    pub(crate) fn of_stdout() -> Self {
        let is_terminal = stdout().is_terminal();
        let variable = |name: &str| std::env::var(name).ok();
        Self {
            is_terminal,
            has_colours: has_colours(is_terminal, variable),
            has_blocks: is_terminal && is_utf8(variable),
            width: terminal_size_of(stdout()).map(|(width, _)| usize::from(width.0)),
        }
    }
}

/// The order of the usual conventions (no-color.org, bixense.com/clicolors): never, always, not here, if it is shown.
fn has_colours(is_terminal: bool, variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let is_off = |name: &str| variable(name).is_some_and(|value| value == "0");
    if is_set("NO_COLOR") {
        return false;
    }
    let is_forced = is_set("CLICOLOR_FORCE") && !is_off("CLICOLOR_FORCE");
    let is_dumb = !is_set("TERM") || variable("TERM").is_some_and(|value| value == "dumb");
    is_forced || (is_terminal && !is_off("CLICOLOR") && !is_dumb)
}

/// The first of the locale's variables that is set decides, as in POSIX.
fn is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    let locale = set.unwrap_or_default().to_ascii_lowercase();
    locale.ends_with("utf-8") || locale.ends_with("utf8")
}

/// The meaning of a text, shown as its colour: the parameter of Select Graphic Rendition (ECMA-48).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain = 0,
    Head = 1,
    Faint = 2,
    Bad = 31,
    Good = 32,
    Warning = 33,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) tone: Tone,
    /// When it is left out if there is no room for everything, 1 before 2; 0 for what stays.
    pub(crate) drop_order: u8,
    /// Whether it is drawn with characters of our own. Out of every other text is taken what would harm a terminal.
    is_drawn: bool,
}

impl Piece {
    pub(crate) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { text: text.into(), tone, drop_order: 0, is_drawn: false }
    }

    /// Characters of our own, which may be more than letters.
    pub(crate) fn drawn(tone: Tone, text: impl Into<String>) -> Self {
        Self { is_drawn: true, ..Self::new(tone, text) }
    }

    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self::new(Tone::Plain, text)
    }

    /// The same, left out in that drop order if there is no room for everything.
    pub(crate) fn optional(self, drop_order: u8) -> Self {
        Self { drop_order, ..self }
    }

    pub(crate) fn painted(&self, style: &TerminalStyle) -> String {
        let text = if self.is_drawn { self.text.clone() } else { sanitize_line(&self.text) };
        if !style.has_colours || self.tone == Tone::Plain || text.trim().is_empty() {
            return text;
        }
        format!("\x1b[{}m{text}\x1b[0m", self.tone as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_tone_and_colours_together_give_escapes_and_never_those_of_the_text() {
        let coloured = TerminalStyle { has_colours: true, ..TerminalStyle::PLAIN };
        let piece = Piece::new(Tone::Bad, "no\x1b[2J");
        assert_eq!(piece.painted(&coloured), "\x1b[31mno?[2J\x1b[0m");
        assert_eq!(piece.painted(&TerminalStyle::PLAIN), "no?[2J");
        assert_eq!(Piece::plain("yes").painted(&coloured), "yes");
        assert_eq!(Piece::new(Tone::Good, "  ").painted(&coloured), "  ");
    }

    #[test]
    fn colours_follow_the_usual_variables_in_their_order() {
        let wanted = |is_terminal, set: &'static [(&str, &str)]| {
            let found = move |name: &str| set.iter().find(|(key, _)| *key == name);
            has_colours(is_terminal, |name| found(name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(wanted(true, &[("TERM", "xterm")]) && wanted(true, &[("TERM", "xterm"), ("NO_COLOR", "")]));
        assert!(wanted(false, &[("CLICOLOR_FORCE", "1")]));
        for (is_terminal, set) in [
            (true, &[("TERM", "dumb")][..]),
            (true, &[]),
            (false, &[("TERM", "xterm"), ("CLICOLOR", "1")]),
            (false, &[("CLICOLOR_FORCE", "0")]),
            (true, &[("TERM", "xterm"), ("CLICOLOR", "0")]),
            (true, &[("TERM", "xterm"), ("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]),
        ] {
            assert!(!wanted(is_terminal, set), "{is_terminal} {set:?}");
        }
    }

    #[test]
    fn the_first_variable_of_the_locale_that_is_set_decides() {
        let locale = |set: &'static [(&str, &str)]| {
            is_utf8(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(locale(&[("LANG", "de_DE.UTF-8")]) && locale(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")]));
        assert!(!locale(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]) && !locale(&[]));
    }
}
