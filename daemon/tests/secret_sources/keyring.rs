//! What the source `keyring` promises, against a real gnome-keyring on a real bus.

use std::collections::HashMap;
use std::time::Duration;

use cp_token_protocol::message::KeyringReport;
use cp_tokend::profile::secret_key::SecretKey;
use cp_tokend::secrets::sources::{KeyringBackend, KeyringError, SecretBackend, SourceError};
use rustix::process::Signal;
use secret_service::EncryptionType;
use secret_service::blocking::SecretService;

use crate::bus_monitor::{BusMonitor, contains};
use crate::session::{
    connections, lock_keyring, start_bus_in_runtime_folder, start_keyring, with_bus, without_bus,
};
use crate::{key, load, store, suite};

/// Puts an item into the keyring behind the source's back. The service talks to a runtime of its own, which
/// must not happen on a thread of ours.
fn plant(
    key: &SecretKey,
    secret: &'static [u8],
    extra: Option<(&'static str, &'static str)>,
    how: EncryptionType,
) {
    let account = key.account();
    let planting = std::thread::spawn(move || {
        let service = SecretService::connect(how).unwrap();
        let attributes = [("service", "cp-token"), ("username", account.as_str())];
        let attributes: HashMap<&str, &str> = attributes.into_iter().chain(extra).collect();
        let collection = service.get_default_collection().unwrap();
        collection.create_item("planted", attributes, secret, false, "text/plain").unwrap();
    });
    planting.join().unwrap();
}

/// The labels of the items that have those attributes, after removing them where that is asked for.
fn labels(attributes: &[(&'static str, &str)], is_removed: bool) -> Vec<String> {
    let attributes: Vec<(&str, String)> =
        attributes.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let search = std::thread::spawn(move || {
        let service = SecretService::connect(EncryptionType::Dh).unwrap();
        let attributes = attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let found = service.search_items(attributes).unwrap().unlocked;
        let labels = found.iter().map(|item| item.get_label().unwrap()).collect();
        if is_removed {
            found.iter().for_each(|item| item.delete().unwrap());
        }
        labels
    });
    search.join().unwrap()
}

#[test]
fn keyring_keeps_every_promise_of_a_source() {
    with_bus("keyring::keyring_keeps_every_promise_of_a_source", async || {
        let _keyring = start_keyring();
        let source = KeyringBackend::default();
        assert_eq!(source.health(), KeyringReport::Untried);
        suite::keeps_every_promise(&source).await;
        assert_eq!(source.health(), KeyringReport::Working);
    });
}

#[test]
fn a_person_finds_the_item_by_its_label_and_another_daemon_by_its_attributes() {
    with_bus(
        "keyring::a_person_finds_the_item_by_its_label_and_another_daemon_by_its_attributes",
        async || {
            let _keyring = start_keyring();
            store(&KeyringBackend::default(), &key("prod"), b"secret").await.unwrap();
            let attributes = [("service", "cp-token"), ("username", "prod key-42@https://crashplan.example")];
            assert_eq!(labels(&attributes, false), ["cp-token secret for profile prod"]);
            assert_eq!(load(&KeyringBackend::default(), &key("prod")).await.unwrap(), b"secret");
        },
    );
}

#[test]
fn i01_without_a_bus_there_is_no_keyring_and_one_that_comes_later_is_found() {
    without_bus(
        "keyring::i01_without_a_bus_there_is_no_keyring_and_one_that_comes_later_is_found",
        async || {
            let source = KeyringBackend::default();
            let unavailable = Err(KeyringError::Unavailable.into());
            assert_eq!(load(&source, &key("a")).await.map(drop), unavailable);
            assert_eq!(store(&source, &key("a"), b"secret").await, unavailable);
            assert_eq!(source.erase(&key("a")).await, unavailable);
            assert_eq!(source.health(), KeyringReport::Unavailable);
            let _bus = start_bus_in_runtime_folder();
            let _keyring = start_keyring();
            store(&source, &key("a"), b"secret").await.unwrap();
            assert_eq!(load(&source, &key("a")).await.unwrap(), b"secret");
            assert_eq!(source.health(), KeyringReport::Working);
        },
    );
}

#[test]
fn i01_a_service_without_any_keyring_is_told_from_one_without_the_secret() {
    with_bus("keyring::i01_a_service_without_any_keyring_is_told_from_one_without_the_secret", async || {
        // The bus itself starts a service that nobody has logged in to.
        let source = KeyringBackend::default();
        assert_eq!(load(&source, &key("a")).await, Err(KeyringError::NoCollection.into()));
        assert_eq!(store(&source, &key("a"), b"secret").await, Err(KeyringError::NoCollection.into()));
        assert_eq!(source.health(), KeyringReport::Unavailable);
    });
}

#[test]
fn i02_a_hung_keyring_costs_one_deadline_then_nothing_and_recovers() {
    with_bus("keyring::i02_a_hung_keyring_costs_one_deadline_then_nothing_and_recovers", async || {
        let keyring = start_keyring();
        let (source, a) = (KeyringBackend::default(), key("a"));
        store(&source, &a, b"secret").await.unwrap();
        keyring.signal(Signal::STOP);
        assert_eq!(load(&source, &a).await, Err(KeyringError::TimedOut.into()));
        assert_eq!(source.health(), KeyringReport::TimedOut);
        tokio::select! {
            biased;
            outcome = store(&source, &a, b"other") => assert_eq!(outcome, Err(KeyringError::Busy.into())),
            () = std::future::ready(()) => panic!("the second call waits"),
        }
        keyring.signal(Signal::CONT);
        while source.health() != KeyringReport::Working {
            std::thread::yield_now();
        }
        while load(&source, &a).await == Err(KeyringError::Busy.into()) {}
        assert_eq!(load(&source, &a).await.unwrap(), b"secret");
    });
}

#[test]
fn i02_a_hung_keyring_does_not_hold_the_runtime() {
    with_bus("keyring::i02_a_hung_keyring_does_not_hold_the_runtime", async || {
        let keyring = start_keyring();
        keyring.signal(Signal::STOP);
        let source = KeyringBackend::default();
        let a = key("a");
        let ticks = async {
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            biased;
            outcome = load(&source, &a) => panic!("a hung keyring answered {outcome:?}"),
            () = ticks => {}
        }
        keyring.signal(Signal::CONT);
    });
}

#[test]
fn no_connection_is_kept_between_two_calls() {
    with_bus("keyring::no_connection_is_kept_between_two_calls", async || {
        let _keyring = start_keyring();
        let before = connections();
        store(&KeyringBackend::default(), &key("a"), b"secret").await.unwrap();
        assert!((0..1000).any(|_| connections() == before), "the source is still on the bus");
    });
}

#[test]
fn i04_of_several_matching_items_none_is_taken_changed_or_erased() {
    with_bus("keyring::i04_of_several_matching_items_none_is_taken_changed_or_erased", async || {
        let _keyring = start_keyring();
        let source = KeyringBackend::default();
        store(&source, &key("a"), b"ours").await.unwrap();
        plant(&key("a"), b"theirs", Some(("by", "another")), EncryptionType::Dh);
        assert_eq!(load(&source, &key("a")).await, Err(KeyringError::Ambiguous.into()));
        assert_eq!(store(&source, &key("a"), b"new").await, Err(KeyringError::Ambiguous.into()));
        assert_eq!(source.erase(&key("a")).await, Err(KeyringError::Ambiguous.into()));
        assert_eq!(labels(&[("by", "another")], true), ["planted"]);
        assert_eq!(load(&source, &key("a")).await.unwrap(), b"ours");
    });
}

#[test]
fn i01_a_locked_keyring_is_reported_as_that_and_loses_nothing() {
    with_bus("keyring::i01_a_locked_keyring_is_reported_as_that_and_loses_nothing", async || {
        let keyring = start_keyring();
        let source = KeyringBackend::default();
        store(&source, &key("a"), b"secret").await.unwrap();
        lock_keyring();
        assert_eq!(load(&source, &key("a")).await, Err(KeyringError::Locked.into()));
        assert_eq!(store(&source, &key("a"), b"new").await, Err(KeyringError::Locked.into()));
        assert_eq!(store(&source, &key("b"), b"new").await, Err(KeyringError::Locked.into()));
        assert_eq!(source.erase(&key("a")).await, Err(KeyringError::Locked.into()));
        assert_eq!(source.health(), KeyringReport::Locked);
        drop(keyring);
        let _keyring = start_keyring();
        assert_eq!(load(&source, &key("a")).await.unwrap(), b"secret");
        assert_eq!(load(&source, &key("b")).await, Err(SourceError::Absent));
    });
}

#[test]
fn i07_whoever_listens_on_the_bus_hears_no_secret() {
    with_bus("keyring::i07_whoever_listens_on_the_bus_hears_no_secret", async || {
        let _keyring = start_keyring();
        let source = KeyringBackend::default();
        let recording = BusMonitor::start();
        store(&source, &key("a"), b"Pl4inS3cret").await.unwrap();
        assert_eq!(load(&source, &key("a")).await.unwrap(), b"Pl4inS3cret");
        source.erase(&key("a")).await.unwrap();
        plant(&key("b"), b"S3cretInThe0pen", None, EncryptionType::Plain);
        let heard = recording.finish();
        assert!(contains(&heard, b"cp-token secret for profile a"), "the recording has our calls");
        assert!(contains(&heard, b"S3cretInThe0pen"), "the recording has secrets that are not encrypted");
        assert!(!contains(&heard, b"Pl4inS3cret"));
        assert!(!contains(&heard, b"UGw0aW5TM2NyZXQ"));
    });
}

#[test]
fn i08_what_is_no_secret_is_not_taken_for_one() {
    with_bus("keyring::i08_what_is_no_secret_is_not_taken_for_one", async || {
        let _keyring = start_keyring();
        let source = KeyringBackend::default();
        plant(&key("empty"), b"", None, EncryptionType::Dh);
        plant(&key("long"), &[b'x'; 20_000], None, EncryptionType::Dh);
        assert_eq!(load(&source, &key("empty")).await, Err(SourceError::Unusable));
        assert_eq!(load(&source, &key("long")).await, Err(SourceError::Unusable));
        store(&source, &key("long"), b"secret").await.unwrap();
        assert_eq!(load(&source, &key("long")).await.unwrap(), b"secret");
    });
}

#[test]
fn i09_an_item_deleted_behind_our_back_is_absent() {
    with_bus("keyring::i09_an_item_deleted_behind_our_back_is_absent", async || {
        let _keyring = start_keyring();
        let source = KeyringBackend::default();
        store(&source, &key("a"), b"secret").await.unwrap();
        labels(&[("service", "cp-token")], true);
        assert_eq!(load(&source, &key("a")).await, Err(SourceError::Absent));
    });
}
