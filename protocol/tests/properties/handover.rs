//! Promises about the hand-over's bytes, whichever they are.

use cp_token_protocol::Secret;
use cp_token_protocol::handover::{
    PREFIX_LENGTH, StateRecord, decode_record, decode_reply, encode_record, encode_reply,
};
use proptest::prelude::*;

use crate::findings::entries;

proptest! {
    #[test]
    fn whatever_bytes_are_a_piece_or_a_word_mean_what_their_shortest_form_means(
        body in proptest::collection::vec(any::<u8>(), 0..96),
    ) {
        if let Ok(record) = decode_record(&body) {
            let shortest = encode_record(&record).unwrap();
            let again = decode_record(&shortest[PREFIX_LENGTH..]).unwrap();
            prop_assert_eq!(format!("{record:?}"), format!("{again:?}"));
        }
        if let Ok(reply) = decode_reply(&body) {
            let shortest = encode_reply(&reply).unwrap();
            let again = decode_reply(&shortest[PREFIX_LENGTH..]).unwrap();
            prop_assert_eq!(format!("{reply:?}"), format!("{again:?}"));
        }
    }

    #[test]
    fn secrets_and_logs_come_back_as_they_were(
        account in ".{0,80}",
        bytes in proptest::collection::vec(any::<u8>(), 0..16_384),
        log in proptest::collection::vec(entries(), 0..20),
    ) {
        let sent = encode_record(&StateRecord::Secret(account.clone(), Secret::copy_of(&bytes))).unwrap();
        let Ok(StateRecord::Secret(message, secret)) = decode_record(&sent[PREFIX_LENGTH..]) else { panic!("no secret") };
        prop_assert!(message == account && secret.matches(&bytes));
        let sent = encode_record(&StateRecord::Log(log.clone())).unwrap();
        let Ok(StateRecord::Log(message)) = decode_record(&sent[PREFIX_LENGTH..]) else { panic!("no log") };
        prop_assert_eq!(message, log);
    }
}
