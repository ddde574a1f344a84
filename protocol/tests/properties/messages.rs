//! Owns the properties of messages: what is encoded is what is decoded, and nothing else decodes to it.

use cp_token_protocol::message::{
    Identity, KeyringReport, ProfileUpdate, ProtectionReport, ProtectionState, Request, Response,
    SecretParts, StatusReport,
};
use cp_token_protocol::{
    BODY_LIMIT, PREAMBLE_LENGTH, ProfileName, Secret, WireError, decode_request, decode_response,
    encode_request, encode_response,
};
use proptest::prelude::*;

use crate::common::Account;
use crate::strategies::{requests, responses};

proptest! {
    #[test]
    fn every_request_arrives_as_it_was_sent(request in requests()) {
        let frame = encode_request(&request).unwrap();
        let arrived = decode_request(&frame[PREAMBLE_LENGTH..]).unwrap();
        prop_assert_eq!(Account::from(&arrived), Account::from(&request));
        prop_assert_eq!(encode_request(&arrived).unwrap(), frame);
    }

    #[test]
    fn every_response_arrives_as_it_was_sent(response in responses()) {
        let frame = encode_response(&response).unwrap();
        let arrived = decode_response(&frame[PREAMBLE_LENGTH..]).unwrap();
        prop_assert_eq!(Account::from(&arrived), Account::from(&response));
        prop_assert_eq!(encode_response(&arrived).unwrap(), frame);
    }

    #[test]
    fn a_message_that_is_cut_anywhere_or_longer_by_a_byte_is_refused(
        request in requests(), response in responses(), extra in any::<u8>()
    ) {
        let mut frame = encode_request(&request).unwrap();
        for end in PREAMBLE_LENGTH..frame.len() {
            prop_assert_eq!(decode_request(&frame[PREAMBLE_LENGTH..end]).err(), Some(WireError::Malformed));
        }
        frame.push(extra);
        prop_assert_eq!(decode_request(&frame[PREAMBLE_LENGTH..]).err(), Some(WireError::Trailing));
        let mut frame = encode_response(&response).unwrap();
        for end in PREAMBLE_LENGTH..frame.len() {
            prop_assert_eq!(decode_response(&frame[PREAMBLE_LENGTH..end]).err(), Some(WireError::Malformed));
        }
        frame.push(extra);
        prop_assert_eq!(decode_response(&frame[PREAMBLE_LENGTH..]).err(), Some(WireError::Trailing));
    }

    #[test]
    fn whatever_bytes_decode_mean_what_their_shortest_form_means(body in proptest::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(request) = decode_request(&body) {
            let shortest = encode_request(&request).unwrap();
            prop_assert!(shortest.len() - PREAMBLE_LENGTH <= body.len());
            let again = decode_request(&shortest[PREAMBLE_LENGTH..]).unwrap();
            prop_assert_eq!(Account::from(&again), Account::from(&request));
        }
        if let Ok(response) = decode_response(&body) {
            let shortest = encode_response(&response).unwrap();
            prop_assert!(shortest.len() - PREAMBLE_LENGTH <= body.len());
            let again = decode_response(&shortest[PREAMBLE_LENGTH..]).unwrap();
            prop_assert_eq!(Account::from(&again), Account::from(&response));
        }
    }
}

/// The list of the smallest elements, the message that needs the most memory for its bytes.
#[test]
fn every_response_that_fits_a_frame_is_read() {
    let lines = |count| Response::Done(vec![String::new(); count]);
    let counts: Vec<usize> = (0..BODY_LIMIT).collect();
    let most_protections = counts.partition_point(|count| encode_response(&status(*count)).is_ok()) - 1;
    for (largest, too_large) in [
        (lines(BODY_LIMIT - 4), lines(BODY_LIMIT - 3)),
        (status(most_protections), status(most_protections + 1)),
    ] {
        let frame = encode_response(&largest).unwrap();
        assert!(frame.len() - PREAMBLE_LENGTH >= BODY_LIMIT - 2, "{} bytes", frame.len());
        let read = decode_response(&frame[PREAMBLE_LENGTH..]).unwrap();
        assert!(Account::from(&read) == Account::from(&largest));
        assert_eq!(encode_response(&too_large).err(), Some(WireError::TooLong));
    }
}

#[test]
fn every_request_within_the_documents_bounds_is_read() {
    let update = |url: String| {
        let origins = |letter: char| vec![format!("https://{letter}.example"); 256];
        Request::ProfileUpdate(ProfileUpdate {
            name: ProfileName::parse("prod").unwrap(),
            url: Some(url),
            identity: Some(Identity::ApiClient(String::new())),
            secret_source: None,
            secret: SecretParts { secret: Some(Secret::copy_of(b"secret")), ..SecretParts::default() },
            ca_bundle: Some(String::new()),
            insecure_http: Some(true),
            also_for: origins('a'),
            not_for: origins('b'),
            verify: true,
            totp: None,
            code: None,
            proxy: None,
            no_proxy: None,
            dry_run: true,
        })
    };
    let rest = encode_request(&update(String::new())).unwrap().len() - PREAMBLE_LENGTH;
    // A length that does not fit one byte takes three.
    let largest = update("x".repeat(49_152 - rest - 2));
    let frame = encode_request(&largest).unwrap();
    assert_eq!(frame.len() - PREAMBLE_LENGTH, 49_152);
    assert!(decode_request(&frame[PREAMBLE_LENGTH..]).is_ok());
}

fn status(protections: usize) -> Response {
    let protection =
        ProtectionReport { name: String::new(), state: ProtectionState::On, detail: String::new() };
    Response::Status(StatusReport {
        version: String::new(),
        protocol: 1,
        pid: 1,
        uptime_s: 0,
        socket: String::new(),
        config_file: String::new(),
        config_problem: None,
        keyring: KeyringReport::Untried,
        protections: vec![protection; protections],
        locked: false,
        locks_on_suspend: false,
        state_file: String::new(),
        secrets_in_memory: 0,
    })
}
