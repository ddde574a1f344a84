//! Owns the wait until no program writes a file: many editors truncate it before they write.

/// How often the file is read while it changes; each reading is followed by one pause.
const MAX_READS: usize = 20;

/// A file that other programs may be writing.
pub(super) trait WatchedFile {
    type Version: PartialEq;
    type Text;
    fn version(&self) -> Self::Version;
    fn text(&self) -> Self::Text;
    /// Whether it differs from the last valid text. Only then must it stay the same for a while.
    fn is_new(&self, text: &Self::Text) -> bool;
    /// Whether the file was replaced since this version: a file that was replaced was complete.
    fn is_another_file(&self, version: &Self::Version) -> bool;
    /// Whether another program has it open for writing.
    fn has_writer(&self) -> bool;
    /// Waits as long as a program may pause between two writes.
    fn pause(&self);
}

/// The version and the text of the file; no text if it kept changing.
pub(super) fn read_stable<F: WatchedFile>(file: &F) -> (F::Version, Option<F::Text>) {
    for _ in 0..MAX_READS {
        // Read before the content: a change in between is detected at the next reading.
        let version = file.version();
        let text = file.text();
        let is_new = file.is_new(&text);
        if is_new {
            file.pause();
        }
        if is_whole(file, &version) {
            return (version, Some(text));
        }
        if !is_new {
            file.pause();
        }
    }
    (file.version(), None)
}

/// Whether the text is whole. The version is compared last: a writer may have ended only just now.
fn is_whole<F: WatchedFile>(file: &F, version: &F::Version) -> bool {
    !file.has_writer() && (file.version() == *version || file.is_another_file(version))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A file whose writer goes on at each pause until it has written this many pieces; nobody knows a text of it yet.
    struct Written {
        pieces: Cell<usize>,
        all: usize,
        known: Option<usize>,
        replaced: bool,
        writers: Cell<usize>,
        /// Whether its writer writes the rest, and ends, in the instant before it is looked for.
        ends_when_asked: bool,
    }

    impl WatchedFile for Written {
        type Version = usize;
        type Text = usize;
        fn version(&self) -> usize {
            self.pieces.get()
        }
        fn text(&self) -> usize {
            self.pieces.get()
        }
        fn is_new(&self, text: &usize) -> bool {
            self.known != Some(*text)
        }
        fn is_another_file(&self, _: &usize) -> bool {
            self.replaced
        }
        fn has_writer(&self) -> bool {
            if self.ends_when_asked {
                self.pieces.set(self.all);
            }
            self.writers.replace(self.writers.get().saturating_sub(1)) > 0
        }
        fn pause(&self) {
            self.pieces.set(self.all.min(self.pieces.get() + 1));
        }
    }

    fn written(all: usize, known: Option<usize>) -> (usize, Option<usize>) {
        read_stable(&Written {
            pieces: Cell::new(0),
            all,
            known,
            replaced: false,
            writers: Cell::new(0),
            ends_when_asked: false,
        })
    }

    #[test]
    fn a_file_is_taken_when_it_is_whole_and_not_before() {
        for all in 0..MAX_READS {
            assert_eq!(written(all, None), (all, Some(all)));
        }
    }

    #[test]
    fn a_text_that_is_known_is_taken_at_once() {
        assert_eq!(written(5, Some(0)), (0, Some(0)));
        assert_eq!(written(5, Some(3)), (3, Some(3)));
    }

    #[test]
    fn of_a_file_that_never_rests_nothing_is_taken() {
        assert_eq!(written(usize::MAX, None), (MAX_READS, None));
    }

    #[test]
    fn a_file_that_somebody_has_open_for_writing_is_not_whole() {
        let file = |writers| Written {
            pieces: Cell::new(0),
            all: 0,
            known: None,
            replaced: true,
            writers: Cell::new(writers),
            ends_when_asked: false,
        };
        assert_eq!(read_stable(&file(MAX_READS - 1)), (0, Some(0)));
        assert_eq!(read_stable(&file(MAX_READS)), (0, None));
    }

    #[test]
    fn a_text_that_is_known_is_taken_at_once_unless_somebody_is_writing_it() {
        let file = |writers| Written {
            pieces: Cell::new(0),
            all: 1,
            known: Some(0),
            replaced: false,
            writers: Cell::new(writers),
            ends_when_asked: false,
        };
        assert_eq!(read_stable(&file(0)), (0, Some(0)));
        assert_eq!(read_stable(&file(1)), (1, Some(1)));
        assert_eq!(read_stable(&Written { known: Some(1), ..file(MAX_READS + 1) }), (1, None));
    }

    #[test]
    fn a_writer_that_ended_since_the_text_was_read_has_changed_the_file() {
        let file = |known| Written {
            pieces: Cell::new(1),
            all: 2,
            known: Some(known),
            replaced: false,
            writers: Cell::new(0),
            ends_when_asked: true,
        };
        assert_eq!(read_stable(&file(2)), (2, Some(2)), "a new text");
        assert_eq!(read_stable(&file(1)), (2, Some(2)), "the text that is known, and the first");
    }

    #[test]
    fn a_file_that_was_replaced_meanwhile_was_whole() {
        let file = Written {
            pieces: Cell::new(0),
            all: usize::MAX,
            known: None,
            replaced: true,
            writers: Cell::new(0),
            ends_when_asked: false,
        };
        assert_eq!(read_stable(&file), (0, Some(0)));
    }
}
