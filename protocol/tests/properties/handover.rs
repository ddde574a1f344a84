//! Promises about the hand-over's bytes, whichever they are.

use cp_token_protocol::Secret;
use cp_token_protocol::handover::{HEAD_LENGTH, Piece, decode_piece, decode_word, encode_piece, encode_word};
use proptest::prelude::*;

use crate::findings::entries;

proptest! {
    #[test]
    fn whatever_bytes_are_a_piece_or_a_word_mean_what_their_shortest_form_means(
        body in proptest::collection::vec(any::<u8>(), 0..96),
    ) {
        if let Ok(piece) = decode_piece(&body) {
            let shortest = encode_piece(&piece).unwrap();
            let again = decode_piece(&shortest[HEAD_LENGTH..]).unwrap();
            prop_assert_eq!(format!("{piece:?}"), format!("{again:?}"));
        }
        if let Ok(word) = decode_word(&body) {
            let shortest = encode_word(&word).unwrap();
            let again = decode_word(&shortest[HEAD_LENGTH..]).unwrap();
            prop_assert_eq!(format!("{word:?}"), format!("{again:?}"));
        }
    }

    #[test]
    fn secrets_and_logs_come_back_as_they_were(
        account in ".{0,80}",
        bytes in proptest::collection::vec(any::<u8>(), 0..16_384),
        log in proptest::collection::vec(entries(), 0..20),
    ) {
        let sent = encode_piece(&Piece::Secret(account.clone(), Secret::copy_of(&bytes))).unwrap();
        let Ok(Piece::Secret(told, secret)) = decode_piece(&sent[HEAD_LENGTH..]) else { panic!("no secret") };
        prop_assert!(told == account && secret.matches(&bytes));
        let sent = encode_piece(&Piece::Log(log.clone())).unwrap();
        let Ok(Piece::Log(told)) = decode_piece(&sent[HEAD_LENGTH..]) else { panic!("no log") };
        prop_assert_eq!(told, log);
    }
}
