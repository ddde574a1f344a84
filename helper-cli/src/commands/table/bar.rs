//! Owns the small bar that shows how much of a token's life is left.

use crate::terminal::style::{Piece, TerminalStyle, Tone};

const CELLS: u64 = 8;

/// A bar for `left` of `whole`, in the same unit, and a space; nothing without a terminal. It is the first thing dropped.
pub(super) fn bar(left: u64, whole: Option<u64>, style: &TerminalStyle) -> Vec<Piece> {
    let Some(whole) = whole.filter(|&whole| whole > 0 && style.is_terminal) else { return Vec::new() };
    let share = u128::from(left.min(whole)) * u128::from(CELLS);
    let filled = usize::try_from(share.div_ceil(u128::from(whole))).unwrap_or(0);
    let (full, empty) = if style.has_blocks { ("█", "░") } else { ("#", "-") };
    // Below a quarter a token in use is renewed.
    let tone = if left.saturating_mul(4) >= whole { Tone::Good } else { Tone::Warning };
    let rest = CELLS as usize - filled;
    [
        Piece::drawn(tone, full.repeat(filled)),
        Piece::drawn(Tone::Faint, empty.repeat(rest)),
        Piece::plain(" "),
    ]
    .map(|piece| piece.optional(1))
    .to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(left: u64, whole: Option<u64>, style: TerminalStyle) -> String {
        bar(left, whole, &style).iter().map(|piece| piece.painted(&style)).collect()
    }

    #[test]
    fn a_bar_is_full_at_first_and_never_empty_while_something_is_left() {
        let terminal = TerminalStyle { is_terminal: true, has_blocks: true, ..TerminalStyle::PLAIN };
        assert_eq!(drawn(840_000, Some(840_000), terminal), "████████ ");
        assert_eq!(drawn(420_000, Some(840_000), terminal), "████░░░░ ");
        assert_eq!(drawn(1, Some(840_000), terminal), "█░░░░░░░ ");
        assert_eq!(drawn(0, Some(840_000), terminal), "░░░░░░░░ ");
        assert_eq!(drawn(u64::MAX, Some(u64::MAX), terminal), "████████ ");
    }

    #[test]
    fn where_nobody_looks_or_no_whole_is_known_there_is_none_and_ascii_will_do() {
        let terminal = TerminalStyle { is_terminal: true, ..TerminalStyle::PLAIN };
        assert_eq!(drawn(420_000, Some(840_000), terminal), "####---- ");
        assert_eq!(drawn(420_000, None, terminal), "");
        assert_eq!(drawn(420_000, Some(0), terminal), "");
        assert_eq!(drawn(420_000, Some(840_000), TerminalStyle::PLAIN), "");
    }
}
