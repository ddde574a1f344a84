//! Owns how wide the columns of a table are and what gives way on a narrow terminal. Pure.

use unicode_width::UnicodeWidthChar;

use super::{Cut, Row, Step, whole, width};
use crate::terminal::style::{Piece, TerminalStyle, Tone};

/// So many turns of pieces are told apart.
const TURNS: usize = 3;

/// How wide the columns are, and what is left out for it.
pub(super) struct Layout<const N: usize> {
    /// The width of each column; one that is left out has none.
    pub(super) widths: [usize; N],
    turns: [u8; N],
    cuts: [Cut; N],
}

impl<const N: usize> Layout<N> {
    /// With as few steps as make the table fit into that room, or with all.
    pub(super) fn fitting(rows: &[Row<N>], steps: &[Step], room: Option<usize>) -> Self {
        let widest_in = |column: usize, turn| {
            rows.iter().map(|row| width_without(&row.0[column], turn)).max().unwrap_or(0)
        };
        let Some(room) = room else {
            let widths = std::array::from_fn(|column| widest_in(column, 0));
            return Self { widths, turns: [0; N], cuts: [Cut::End; N] };
        };
        let widest = std::array::from_fn(|column| std::array::from_fn(|turn| widest_in(column, turn)));
        let mut taken = 0;
        loop {
            let layout = Self::after(&widest, &steps[..taken], room);
            if taken == steps.len() || whole(&layout.widths) <= room {
                return layout;
            }
            taken += 1;
        }
    }

    /// What is left out is left out first, because then less is to be shortened.
    fn after(widest: &[[usize; TURNS]; N], steps: &[Step], room: usize) -> Self {
        let widths = std::array::from_fn(|column| widest[column][0]);
        let mut layout = Self { widths, turns: [0; N], cuts: [Cut::End; N] };
        for step in steps {
            match *step {
                Step::Thin(column, turn) => {
                    layout.turns[column] = turn;
                    layout.widths[column] = widest[column][usize::from(turn)];
                }
                Step::Drop(column) => layout.widths[column] = 0,
                Step::Shorten(..) => {}
            }
        }
        steps.iter().for_each(|step| layout.shorten(step, room));
        layout
    }

    fn shorten(&mut self, step: &Step, room: usize) {
        let Step::Shorten(columns, least, cut) = *step else { return };
        while whole(&self.widths) > room {
            match columns.iter().copied().max_by_key(|&column| self.widths[column]) {
                Some(widest) if self.widths[widest] > least => {
                    self.widths[widest] -= 1;
                    self.cuts[widest] = cut;
                }
                _ => return,
            }
        }
    }

    /// Takes out of the row what does not fit.
    pub(super) fn apply(&self, row: &mut Row<N>, look: &TerminalStyle) {
        for (column, cell) in row.0.iter_mut().enumerate() {
            let turn = self.turns[column];
            cell.retain(|piece| piece.turn == 0 || piece.turn > turn);
            let room = self.widths[column];
            if room > 0 && width(cell) > room {
                *cell = shortened(cell, room, self.cuts[column], look);
            }
        }
    }
}

/// The width of what stays of a cell after that turn.
fn width_without(cell: &[Piece], turn: usize) -> usize {
    let stays = |piece: &&Piece| piece.turn == 0 || usize::from(piece.turn) > turn;
    cell.iter().filter(stays).map(|piece| width(std::slice::from_ref(piece))).sum()
}

/// The cell with a mark in the place of what is too much.
fn shortened(cell: &[Piece], room: usize, cut: Cut, look: &TerminalStyle) -> Vec<Piece> {
    let letters: Vec<(Tone, char)> =
        cell.iter().flat_map(|piece| piece.text.chars().map(|letter| (piece.tone, letter))).collect();
    let room = room.saturating_sub(1);
    let behind = if cut == Cut::Middle { room / 2 } else { 0 };
    let head = fitting(letters.iter(), room - behind);
    let tail = fitting(letters.iter().rev(), behind);
    let mut pieces = joined(&letters[..head]);
    let tone = pieces.last().map_or(Tone::Plain, |piece| piece.tone);
    pieces.push(Piece::drawn(tone, if look.has_blocks { "…" } else { "~" }));
    pieces.extend(joined(&letters[letters.len() - tail..]));
    pieces
}

/// How many of the letters fit.
fn fitting<'l>(letters: impl Iterator<Item = &'l (Tone, char)>, room: usize) -> usize {
    let mut used = 0;
    let fits = |(_, letter): &&(Tone, char)| {
        used += letter.width().unwrap_or(0);
        used <= room
    };
    letters.take_while(fits).count()
}

/// Letters of one tone in one piece.
fn joined(letters: &[(Tone, char)]) -> Vec<Piece> {
    let runs = letters.chunk_by(|(one, _), (other, _)| one == other);
    runs.map(|run| Piece::new(run[0].0, run.iter().map(|(_, letter)| letter).collect::<String>())).collect()
}
