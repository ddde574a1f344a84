//! Owns how wide the columns of a table are and what gives way on a narrow terminal. Pure.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Cut, Row, Truncation, total_width, width};
use crate::terminal::style::{Piece, TerminalStyle, Tone};

pub(super) struct Layout<const N: usize> {
    /// The width of each column; 0 if nothing of it is left.
    pub(super) widths: [usize; N],
    step: u8,
    cuts: [Cut; N],
}

impl<const N: usize> Layout<N> {
    /// The layout with as few steps as make the table fit into that room, or with all.
    pub(super) fn fitting(rows: &[Row<N>], truncations: &[Truncation], room: Option<usize>) -> Self {
        let room = room.unwrap_or(usize::MAX);
        let last = truncations.last().map_or(0, |truncation| truncation.0);
        let mut layout = Self::after(rows, truncations, 0, room);
        while layout.step < last && total_width(&layout.widths) > room {
            layout = Self::after(rows, truncations, layout.step + 1, room);
        }
        layout
    }

    /// Pieces are left out first, because then less is to be truncated.
    fn after(rows: &[Row<N>], truncations: &[Truncation], step: u8, room: usize) -> Self {
        let width = |row: &Row<N>, column: usize| {
            row.0[column].iter().filter(|piece| stays(piece, step)).map(|piece| piece.text.width()).sum()
        };
        let widest = |column| rows.iter().map(|row| width(row, column)).max().unwrap_or(0);
        let mut layout = Self { widths: std::array::from_fn(widest), step, cuts: [Cut::End; N] };
        let due = truncations.iter().filter(|truncation| truncation.0 <= step);
        due.for_each(|truncation| layout.truncate(truncation, room));
        layout
    }

    fn truncate(&mut self, &Truncation(_, columns, least, cut): &Truncation, room: usize) {
        while total_width(&self.widths) > room {
            match columns.iter().copied().max_by_key(|&column| self.widths[column]) {
                Some(widest) if self.widths[widest] > least => {
                    self.widths[widest] -= 1;
                    self.cuts[widest] = cut;
                }
                _ => return,
            }
        }
    }

    pub(super) fn apply(&self, row: &mut Row<N>, style: &TerminalStyle) {
        for (column, cell) in row.0.iter_mut().enumerate() {
            cell.retain(|piece| stays(piece, self.step));
            let room = self.widths[column];
            if room > 0 && width(cell) > room {
                *cell = truncated(cell, room, self.cuts[column], style);
            }
        }
    }
}

fn stays(piece: &Piece, step: u8) -> bool {
    piece.drop_order == 0 || piece.drop_order > step
}

/// The cell with a mark in the place of what is too much.
fn truncated(cell: &[Piece], room: usize, cut: Cut, style: &TerminalStyle) -> Vec<Piece> {
    let letters: Vec<(Tone, char)> =
        cell.iter().flat_map(|piece| piece.text.chars().map(|letter| (piece.tone, letter))).collect();
    let room = room.saturating_sub(1);
    let behind = if cut == Cut::Middle { room / 2 } else { 0 };
    let head = fitting(letters.iter(), room - behind);
    let tail = fitting(letters.iter().rev(), behind);
    let mut pieces = joined(&letters[..head]);
    let tone = pieces.last().map_or(Tone::Plain, |piece| piece.tone);
    pieces.push(Piece::drawn(tone, if style.has_blocks { "…" } else { "~" }));
    pieces.extend(joined(&letters[letters.len() - tail..]));
    pieces
}

fn fitting<'l>(letters: impl Iterator<Item = &'l (Tone, char)>, room: usize) -> usize {
    let mut used = 0;
    let fits = |(_, letter): &&(Tone, char)| {
        used += letter.width().unwrap_or(0);
        used <= room
    };
    letters.take_while(fits).count()
}

fn joined(letters: &[(Tone, char)]) -> Vec<Piece> {
    let runs = letters.chunk_by(|(one, _), (other, _)| one == other);
    runs.map(|run| Piece::new(run[0].0, run.iter().map(|(_, letter)| letter).collect::<String>())).collect()
}
