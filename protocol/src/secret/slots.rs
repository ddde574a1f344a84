//! Owns which slots of one page are taken: a page has 128 units, and a secret takes as many in a row as it needs. Pure.

/// Units in a page.
pub(super) const UNITS: usize = u128::BITS as usize;

/// The taken units of one page, a bit each, and the number of secrets in them.
#[derive(Debug, Default)]
pub(super) struct Slots {
    taken: u128,
    secrets: usize,
}

impl Slots {
    /// Takes the first `count` free units in a row; returns the number of the first.
    pub(super) fn take(&mut self, count: usize) -> Option<usize> {
        if count > UNITS - self.taken.count_ones() as usize {
            return None;
        }
        let first = (0..=UNITS - count).find(|&first| self.taken & mask(first, count) == 0)?;
        self.taken |= mask(first, count);
        self.secrets += 1;
        Some(first)
    }

    /// Frees what [`Slots::take`] took.
    pub(super) fn free(&mut self, first: usize, count: usize) {
        self.taken &= !mask(first, count);
        self.secrets -= 1;
    }

    /// How many secrets there are.
    pub(super) fn secrets(&self) -> usize {
        self.secrets
    }
}

fn mask(first: usize, count: usize) -> u128 {
    let ones = if count >= UNITS { u128::MAX } else { (1 << count) - 1 };
    ones << first
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_is_filled_to_its_last_unit_and_then_refuses() {
        let mut slots = Slots::default();
        assert_eq!([100, 28].map(|count| slots.take(count)), [Some(0), Some(100)]);
        assert_eq!(slots.take(1), None);
        slots.free(100, 28);
        assert_eq!([29, 28].map(|count| slots.take(count)), [None, Some(100)]);
        assert_eq!(Slots::default().take(UNITS), Some(0));
        assert_eq!(slots.secrets(), 2);
    }

    proptest! {
        #[test]
        fn no_two_secrets_ever_share_a_unit(steps in prop::collection::vec((1usize..=UNITS, any::<bool>()), 1..200)) {
            let (mut slots, mut held) = (Slots::default(), Vec::<(usize, usize)>::new());
            for (count, gives_back) in steps {
                if gives_back && let Some((first, count)) = held.pop() {
                    slots.free(first, count);
                } else if let Some(first) = slots.take(count) {
                    prop_assert!(first + count <= UNITS);
                    prop_assert!(held.iter().all(|&(other, length)| first + count <= other || other + length <= first));
                    held.insert(count % (held.len() + 1), (first, count));
                }
                prop_assert_eq!(slots.secrets(), held.len());
            }
        }
    }
}
