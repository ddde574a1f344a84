//! Owns the taking out of a token from what curl shows on standard error, however it is cut into pieces. Pure.

use zeroize::Zeroizing;

/// What stands in a token's place.
const STAND_IN: &[u8] = b"[token]";

/// So many of its first characters are enough to know a token by: curl shortens what is very long.
const BEGINNING: usize = 12;

/// Takes one token out of a stream of bytes.
pub(crate) struct Redactor {
    token: Zeroizing<Vec<u8>>,
    beginning: usize,
    /// How much of the token the last bytes were.
    matched: usize,
}

impl Redactor {
    /// One for this token.
    pub(crate) fn new(token: &[u8]) -> Self {
        Self { token: Zeroizing::new(token.to_owned()), beginning: token.len().min(BEGINNING), matched: 0 }
    }

    /// What may be shown of the next piece. What may be the start of the token is held back until it is known.
    pub(crate) fn pass(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(piece.len() + STAND_IN.len());
        for &byte in piece {
            self.pass_byte(byte, &mut shown);
        }
        shown
    }

    /// What was held back at the end.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        let held =
            if self.matched < self.beginning { self.token[..self.matched].to_owned() } else { Vec::new() };
        self.matched = 0;
        held
    }

    fn pass_byte(&mut self, byte: u8, shown: &mut Vec<u8>) {
        if self.token.get(self.matched) == Some(&byte) {
            self.matched += 1;
            if self.matched == self.beginning {
                shown.extend_from_slice(STAND_IN);
            }
            return;
        }
        if self.matched == 0 {
            shown.push(byte);
            return;
        }
        if self.matched >= self.beginning {
            self.matched = 0;
        } else {
            self.fall_back(shown);
        }
        self.pass_byte(byte, shown);
    }

    /// What was held back does not go on as the token does: its first byte is shown, and the rest is looked at anew.
    fn fall_back(&mut self, shown: &mut Vec<u8>) {
        let held = self.matched;
        let longest = (1..held).find(|&start| self.token.starts_with(&self.token[start..held]));
        let start = longest.unwrap_or(held);
        shown.extend_from_slice(&self.token[..start]);
        self.matched = held - start;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(token: &str, pieces: &[&[u8]]) -> String {
        let mut redactor = Redactor::new(token.as_bytes());
        let mut shown: Vec<u8> = pieces.iter().flat_map(|piece| redactor.pass(piece)).collect();
        shown.extend(redactor.finish());
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn a_token_is_taken_out_wherever_the_pieces_are_cut() {
        let (token, text) =
            ("abcabcabcabcabd.efgh", b"> A: B abcabcabcabcabd.efgh\r\n> x: abc abcabcabcabcx");
        let expected = "> A: B [token]\r\n> x: abc [token]x";
        for cut in 0..text.len() {
            assert_eq!(shown(token, &[&text[..cut], &text[cut..]]), expected, "{cut}");
        }
        assert_eq!(shown("abcdef", &[b"ababcdefabcde"]), "ab[token]abcde");
    }

    #[test]
    fn the_beginning_of_a_token_that_was_cut_off_is_taken_out_too() {
        assert_eq!(shown("0123456789abcdef", &[b"<0123456789abcd...>"]), "<[token]...>");
    }

    proptest! {
        #[test]
        fn whatever_stands_around_it_a_token_is_never_shown(
            before in "[ab]{0,40}", token in "[ab]{12,40}", after in "[ab]{0,40}", cut in 0usize..120
        ) {
            let text = format!("{before}{token}{after}");
            let cut = cut.min(text.len());
            let shown = shown(&token, &[&text.as_bytes()[..cut], &text.as_bytes()[cut..]]);
            prop_assert!(!shown.contains(&token[..BEGINNING]), "{shown}");
        }

        #[test]
        fn what_is_shorter_than_the_beginning_of_a_token_is_shown_as_it_is(text in "[ab]{0,11}") {
            prop_assert_eq!(shown("ababababababc", &[text.as_bytes()]), text);
        }
    }
}
