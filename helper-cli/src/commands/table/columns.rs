//! Owns the layout of rows in columns: aligned, and truncated if the terminal is too narrow.

mod layout;

use unicode_width::UnicodeWidthStr;

use self::layout::Layout;
use crate::terminal::style::{Piece, TerminalStyle, Tone};

pub(in crate::commands) struct Row<const N: usize>(pub(in crate::commands) [Vec<Piece>; N]);

/// Shortens the texts of columns, the widest first, to that width at the least. It is done at a step: by then, the pieces
/// whose drop order is at most that are left out. A table takes as many steps as it needs.
pub(in crate::commands) struct Truncation(
    pub(in crate::commands) u8,
    pub(in crate::commands) &'static [usize],
    pub(in crate::commands) usize,
    pub(in crate::commands) Cut,
);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands) enum Cut {
    End,
    Middle,
}

/// The lines of a table with two spaces between its columns.
pub(in crate::commands) fn aligned<const N: usize>(
    mut rows: Vec<Row<N>>,
    truncations: &[Truncation],
    style: &TerminalStyle,
) -> Vec<Vec<Piece>> {
    let layout = Layout::fitting(&rows, truncations, style.width);
    rows.iter_mut().for_each(|row| layout.apply(row, style));
    rows.into_iter().map(|row| line(row, &layout.widths)).collect()
}

pub(in crate::commands) fn labelled(
    lines: Vec<(&str, Vec<Piece>)>,
    style: &TerminalStyle,
) -> Vec<Vec<Piece>> {
    let row = |(label, text)| Row([vec![Piece::new(Tone::Faint, format!("{label}:"))], text]);
    aligned(lines.into_iter().map(row).collect(), &[], style)
}

fn total_width(widths: &[usize]) -> usize {
    let columns = widths.iter().filter(|&&width| width > 0).count();
    widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1)
}

fn line<const N: usize>(row: Row<N>, widths: &[usize; N]) -> Vec<Piece> {
    let shown: Vec<_> = row.0.into_iter().zip(widths).filter(|(_, width)| **width > 0).collect();
    let filled = shown.iter().rposition(|(cell, _)| width(cell) > 0).map_or(0, |last| last + 1);
    let mut line = Vec::new();
    for (column, (cell, wanted)) in shown.into_iter().enumerate().take(filled) {
        let missing = wanted.saturating_sub(width(&cell));
        line.extend(cell);
        if column + 1 < filled {
            line.push(Piece::plain(" ".repeat(missing + 2)));
        }
    }
    line
}

fn width(cell: &[Piece]) -> usize {
    cell.iter().map(|piece| piece.text.width()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: [&str; 3]) -> Row<3> {
        Row(cells.map(|text| vec![Piece::plain(text)]))
    }

    const TRUNCATIONS: [Truncation; 2] =
        [Truncation(2, &[1], 12, Cut::End), Truncation(4, &[2], 3, Cut::Middle)];

    fn lines(rows: Vec<Row<3>>, width: Option<usize>) -> Vec<String> {
        let style = TerminalStyle { width, ..TerminalStyle::PLAIN };
        let text = |line: Vec<Piece>| line.iter().map(|piece| piece.painted(&style)).collect();
        aligned(rows, &TRUNCATIONS, &style).into_iter().map(text).collect()
    }

    #[test]
    fn columns_line_up_by_what_is_seen_and_nothing_follows_the_last_word() {
        let rows = vec![row(["a", "bb", ""]), row(["日本", "b", "c"]), row(["é", "", ""])];
        assert_eq!(lines(rows, None), ["a     bb", "日本  b   c", "é"]);
    }

    #[test]
    fn a_narrow_terminal_takes_one_step_after_the_other_and_no_more_than_it_needs() {
        let url = || vec![Piece::plain("https://").optional(1), Piece::plain("console.us2.crashplan.com")];
        let row = || Row([vec![Piece::plain("name").optional(3)], url(), vec![Piece::plain("left")]]);
        let at = |width| lines(vec![row()], width).concat();
        assert_eq!(at(None), "name  https://console.us2.crashplan.com  left");
        assert_eq!(at(Some(45)), at(None));
        assert_eq!(at(Some(44)), "name  console.us2.crashplan.com  left");
        assert_eq!(at(Some(37)), at(Some(44)));
        assert_eq!(at(Some(36)), "name  console.us2.crashplan.c~  left");
        assert_eq!(at(Some(24)), "name  console.us2~  left");
        assert_eq!(at(Some(23)), "console.us2.cras~  left");
        assert_eq!(at(Some(17)), "console.us2~  l~t");
        assert_eq!(at(Some(5)), at(Some(17)), "there is nothing more to give");
    }

    #[test]
    fn one_long_text_is_shortened_in_the_middle_and_the_others_stay() {
        let style = TerminalStyle { width: Some(9), ..TerminalStyle::PLAIN };
        let steps = [Truncation(1, &[1], 5, Cut::Middle)];
        let rows = vec![row(["a", "production", ""]), row(["b", "prod", ""])];
        let text = |line: Vec<Piece>| line.iter().map(|piece| piece.painted(&style)).collect::<String>();
        let lines: Vec<_> = aligned(rows, &steps, &style).into_iter().map(text).collect();
        assert_eq!(lines, ["a  pro~on", "b  prod"]);
    }
}
