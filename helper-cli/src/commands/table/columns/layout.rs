//! Owns how wide the columns of a table are and what gives way on a narrow terminal. Pure.

use unicode_width::UnicodeWidthChar;

use super::{Cut, Row, Step, total_width, width};
use crate::terminal::style::{Piece, TerminalStyle, Tone};

/// The number of drop orders.
const DROP_ORDERS: usize = 3;

/// How wide the columns are, and what is left out for it.
pub(super) struct Layout<const N: usize> {
    /// The width of each column; one that is left out has none.
    pub(super) widths: [usize; N],
    drop_orders: [u8; N],
    cuts: [Cut; N],
}

impl<const N: usize> Layout<N> {
    /// With as few steps as make the table fit into that room, or with all.
    pub(super) fn fitting(rows: &[Row<N>], steps: &[Step], room: Option<usize>) -> Self {
        let widest_in = |column: usize, drop_order| {
            rows.iter().map(|row| width_without(&row.0[column], drop_order)).max().unwrap_or(0)
        };
        let Some(room) = room else {
            let widths = std::array::from_fn(|column| widest_in(column, 0));
            return Self { widths, drop_orders: [0; N], cuts: [Cut::End; N] };
        };
        let widest =
            std::array::from_fn(|column| std::array::from_fn(|drop_order| widest_in(column, drop_order)));
        let mut taken = 0;
        loop {
            let layout = Self::after(&widest, &steps[..taken], room);
            if taken == steps.len() || total_width(&layout.widths) <= room {
                return layout;
            }
            taken += 1;
        }
    }

    /// What is left out is left out first, because then less is to be truncated.
    fn after(widest: &[[usize; DROP_ORDERS]; N], steps: &[Step], room: usize) -> Self {
        let widths = std::array::from_fn(|column| widest[column][0]);
        let mut layout = Self { widths, drop_orders: [0; N], cuts: [Cut::End; N] };
        for step in steps {
            match *step {
                Step::DropPieces(column, drop_order) => {
                    layout.drop_orders[column] = drop_order;
                    layout.widths[column] = widest[column][usize::from(drop_order)];
                }
                Step::DropColumn(column) => layout.widths[column] = 0,
                Step::Truncate(..) => {}
            }
        }
        steps.iter().for_each(|step| layout.truncate(step, room));
        layout
    }

    fn truncate(&mut self, step: &Step, room: usize) {
        let Step::Truncate(columns, least, cut) = *step else { return };
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
            let drop_order = self.drop_orders[column];
            cell.retain(|piece| piece.drop_order == 0 || piece.drop_order > drop_order);
            let room = self.widths[column];
            if room > 0 && width(cell) > room {
                *cell = truncated(cell, room, self.cuts[column], style);
            }
        }
    }
}

fn width_without(cell: &[Piece], drop_order: usize) -> usize {
    let stays = |piece: &&Piece| piece.drop_order == 0 || usize::from(piece.drop_order) > drop_order;
    cell.iter().filter(stays).map(|piece| width(std::slice::from_ref(piece))).sum()
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
