//! Owns the properties of the hand-over's bytes.

use cp_token_protocol::Secret;
use cp_token_protocol::handover::{NewProcessReply, PREFIX_LENGTH, StateRecord, decode, encode};
use proptest::prelude::*;

use crate::findings::entries;

proptest! {
    #[test]
    fn whatever_bytes_are_a_record_or_a_reply_mean_what_their_shortest_form_means(
        body in proptest::collection::vec(any::<u8>(), 0..96),
    ) {
        if let Ok(record) = decode::<StateRecord>(&body) {
            let shortest = encode(&record).unwrap();
            let again: StateRecord = decode(&shortest[PREFIX_LENGTH..]).unwrap();
            prop_assert_eq!(format!("{record:?}"), format!("{again:?}"));
        }
        if let Ok(reply) = decode::<NewProcessReply>(&body) {
            let shortest = encode(&reply).unwrap();
            let again: NewProcessReply = decode(&shortest[PREFIX_LENGTH..]).unwrap();
            prop_assert_eq!(format!("{reply:?}"), format!("{again:?}"));
        }
    }

    #[test]
    fn secrets_and_logs_come_back_as_they_were(
        account in ".{0,80}",
        bytes in proptest::collection::vec(any::<u8>(), 0..16_384),
        log in proptest::collection::vec(entries(), 0..20),
    ) {
        let sent = encode(&StateRecord::Secret(account.clone(), Secret::copy_of(&bytes))).unwrap();
        let Ok(StateRecord::Secret(message, secret)) = decode(&sent[PREFIX_LENGTH..]) else { panic!("no secret") };
        prop_assert!(message == account && secret.matches(&bytes));
        let sent = encode(&StateRecord::Log(log.clone())).unwrap();
        let Ok(StateRecord::Log(message)) = decode(&sent[PREFIX_LENGTH..]) else { panic!("no log") };
        prop_assert_eq!(message, log);
    }
}
