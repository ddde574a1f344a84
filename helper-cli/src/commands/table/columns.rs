//! Owns how rows are laid out in columns: aligned, and shortened where the terminal is too narrow. It knows nothing
//! of what they say.

use unicode_width::UnicodeWidthStr;

use crate::look::{Look, Piece, Tone};

/// Fewer columns than this say too little of a text that is shortened.
const SHORTEST: usize = 12;

/// A row: what stands in each of its columns.
pub(in crate::commands) struct Row<const N: usize>(pub(in crate::commands) [Vec<Piece>; N]);

/// What gives way where a table is wider than the terminal.
pub(in crate::commands) struct Yielding<'c> {
    /// Columns that are left out, the first of them first, where shortening alone is not enough.
    pub(in crate::commands) droppable: &'c [usize],
    /// Columns whose texts are shortened, the widest first.
    pub(in crate::commands) shrinkable: &'c [usize],
}

/// The lines of a table with two spaces between its columns.
pub(in crate::commands) fn aligned<const N: usize>(
    mut rows: Vec<Row<N>>,
    yielding: &Yielding<'_>,
    look: &Look,
) -> Vec<Vec<Piece>> {
    let mut widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| width(&row.0[column])).max().unwrap_or(0));
    if let Some(room) = look.width {
        drop_columns(&mut widths, yielding, room);
        shrink(&mut widths, yielding.shrinkable, room);
        for row in &mut rows {
            for &column in yielding.shrinkable {
                shorten(&mut row.0[column], widths[column], look);
            }
        }
    }
    rows.into_iter().map(|row| line(row, &widths)).collect()
}

/// Lines of a label and what belongs to it.
pub(in crate::commands) fn labelled(lines: Vec<(&str, Vec<Piece>)>, look: &Look) -> Vec<Vec<Piece>> {
    let rows = lines
        .into_iter()
        .map(|(label, text)| Row([vec![Piece::new(Tone::Faint, format!("{label}:"))], text]));
    aligned(rows.collect(), &Yielding { droppable: &[], shrinkable: &[] }, look)
}

/// A column that is left out has no width.
fn drop_columns(widths: &mut [usize], yielding: &Yielding<'_>, room: usize) {
    for &column in yielding.droppable {
        let mut least = widths.to_vec();
        yielding.shrinkable.iter().for_each(|&column| least[column] = least[column].min(SHORTEST));
        if whole(&least) <= room {
            return;
        }
        widths[column] = 0;
    }
}

fn shrink(widths: &mut [usize], shrinkable: &[usize], room: usize) {
    while whole(widths) > room {
        match shrinkable.iter().copied().max_by_key(|&column| widths[column]) {
            Some(widest) if widths[widest] > SHORTEST => widths[widest] -= 1,
            _ => return,
        }
    }
}

/// The width of a whole line.
fn whole(widths: &[usize]) -> usize {
    let columns = widths.iter().filter(|&&width| width > 0).count();
    widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1)
}

fn shorten(cell: &mut Vec<Piece>, room: usize, look: &Look) {
    if width(cell) <= room {
        return;
    }
    let mark = if look.has_blocks { "…" } else { "~" };
    let text: String = cell.iter().map(|piece| piece.text.as_str()).collect();
    let mut kept = String::new();
    for letter in text.chars() {
        if kept.width() + letter.to_string().width() >= room {
            break;
        }
        kept.push(letter);
    }
    let tone = cell.first().map_or(Tone::Plain, |piece| piece.tone);
    *cell = vec![Piece::new(tone, kept), Piece::drawn(tone, mark)];
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

    fn lines(rows: Vec<Row<3>>, width: Option<usize>) -> Vec<String> {
        let look = Look { width, ..Look::PLAIN };
        let text = |line: Vec<Piece>| line.iter().map(|piece| piece.painted(&look)).collect();
        let yielding = Yielding { droppable: &[0], shrinkable: &[1] };
        aligned(rows, &yielding, &look).into_iter().map(text).collect()
    }

    #[test]
    fn columns_line_up_by_what_is_seen_and_nothing_follows_the_last_word() {
        let rows = vec![row(["a", "bb", ""]), row(["日本", "b", "c"]), row(["é", "", ""])];
        assert_eq!(lines(rows, None), ["a     bb", "日本  b   c", "é"]);
    }

    #[test]
    fn a_narrow_terminal_shortens_what_may_be_shortened_and_leaves_enough_of_it() {
        let long = "https://console.us2.crashplan.com";
        let at = |width| lines(vec![row(["name", long, "left"])], Some(width));
        assert_eq!(at(80), [format!("name  {long}  left")]);
        assert_eq!(at(40), ["name  https://console.us2.crashpl~  left"]);
        assert_eq!(at(24), ["name  https://con~  left"]);
        assert_eq!(at(23), ["https://console.~  left"]);
        assert_eq!(at(10), ["https://con~  left"]);
    }
}
