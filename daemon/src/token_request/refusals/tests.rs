//! Owns the table of which secrets are held back, and until when.

use cp_token_protocol::handover::ServerRefusal;

use super::*;

fn account(text: &str) -> AccountKey {
    AccountKey::from_text(text.to_owned())
}

fn name(text: &str) -> ProfileName {
    ProfileName::parse(text).unwrap()
}

fn secret(text: &str) -> Secret {
    Secret::copy_of(text.as_bytes())
}

fn no() -> RefusalCause {
    RefusalCause::Server(ServerRefusal { answer: "no".to_owned(), ..ServerRefusal::default() })
}

#[test]
fn the_very_secret_of_the_very_account_is_held_back_for_every_profile_until_it_is_cleared() {
    let refusals = Refusals::default();
    refusals.record(&account("jo"), &secret("old"), &name("a"), no());
    assert_eq!(refusals.of(&account("jo"), &secret("old")), Some(no()));
    assert_eq!(refusals.of(&account("jo"), &secret("new")), None);
    assert_eq!(
        refusals.of(&account("al"), &secret("old")),
        None,
        "a mistyped user has nothing to do with it"
    );
    refusals.clear_refusal(&account("al"));
    assert!(refusals.of(&account("jo"), &secret("old")).is_some());
    refusals.clear_refusal(&account("jo"));
    assert_eq!(refusals.of(&account("jo"), &secret("old")), None);
}

#[test]
fn one_secret_of_an_account_that_works_sets_no_other_free() {
    let refusals = Refusals::default();
    for text in ["one", "two"] {
        refusals.record(&account("jo"), &secret(text), &name(text), no());
    }
    refusals.clear(&account("jo"), &secret("one"));
    assert_eq!(refusals.of(&account("jo"), &secret("one")), None);
    assert!(refusals.of(&account("jo"), &secret("two")).is_some());
    refusals.clear_refusals();
    assert_eq!(refusals.of(&account("jo"), &secret("two")), None);
}

#[test]
fn the_first_refused_code_is_not_yet_the_secrets_and_the_second_is() {
    let refusals = Refusals::default();
    assert!(refusals.record_code(&account("jo"), &secret("old"), &name("a")));
    assert_eq!(refusals.of(&account("jo"), &secret("old")), None);
    assert!(!refusals.record_code(&account("jo"), &secret("old"), &name("b")), "whoever sent the first");
    refusals.clear(&account("jo"), &secret("old"));
    assert!(refusals.record_code(&account("jo"), &secret("old"), &name("a")), "it has worked since");
}

#[test]
fn the_memory_is_bounded_and_forgets_the_oldest_first() {
    let refusals = Refusals::default();
    refusals.record(&account("al"), &secret("0"), &name("a"), no());
    for number in 0..=MAX_PER_ACCOUNT {
        refusals.record(&account("jo"), &secret(&number.to_string()), &name("a"), no());
    }
    let held = |number: usize| refusals.of(&account("jo"), &secret(&number.to_string())).is_some();
    assert!(!held(0) && (1..=MAX_PER_ACCOUNT).all(held));
    assert!(refusals.of(&account("al"), &secret("0")).is_some());
}

#[test]
fn without_its_key_nothing_is_known_of_a_secret_and_with_it_everything_is_as_before() {
    let refusals = Refusals::default();
    refusals.record(&account("jo"), &secret("old"), &name("a"), no());
    let key = refusals.take_key();
    assert_eq!(refusals.of(&account("jo"), &secret("old")), None, "nothing of it is held meanwhile");
    refusals.put_back_key(&key);
    assert!(refusals.of(&account("jo"), &secret("old")).is_some());
    assert_eq!(refusals.of(&account("jo"), &secret("new")), None);
}

#[test]
fn the_next_daemon_holds_the_same_secrets_back_also_where_it_is_locked() {
    let old = Refusals::default();
    old.record(&account("jo"), &secret("old"), &name("a"), no());
    old.record_code(&account("al"), &secret("one"), &name("b"));
    let open = Refusals::default();
    old.export_state().into_iter().for_each(|refusal| open.import_state(refusal));
    assert_eq!(open.of(&account("jo"), &secret("old")), Some(no()));
    assert!(!open.record_code(&account("al"), &secret("one"), &name("b")));
    let key = old.take_key();
    let locked = Refusals::default();
    old.export_state().into_iter().for_each(|refusal| locked.import_state(refusal));
    assert_eq!(locked.of(&account("jo"), &secret("old")), None);
    locked.put_back_key(&key);
    assert!(locked.of(&account("jo"), &secret("old")).is_some());
}

#[test]
fn a_refusal_crosses_an_upgrade_with_everything_that_its_failure_is_worded_from() {
    let answer = ServerRefusal {
        answer: "HTTP 401".to_owned(),
        is_doubtful: true,
        asks_for_code: true,
        note: "; note that the secret ends with a space".to_owned(),
    };
    let old = Refusals::default();
    let causes = [("jo", RefusalCause::Server(answer)), ("proxy", RefusalCause::Proxy)];
    for (user, cause) in &causes {
        old.record(&account(user), &secret("old"), &name("a"), cause.clone());
    }
    let new = Refusals::default();
    for refusal in old.export_state() {
        let record = handover::encode(&handover::StateRecord::Refusal(refusal)).unwrap();
        let handover::StateRecord::Refusal(refusal) =
            handover::decode(&record[handover::PREFIX_LENGTH..]).unwrap()
        else {
            panic!("another record")
        };
        new.import_state(refusal);
    }
    for (user, cause) in causes {
        assert_eq!(new.of(&account(user), &secret("old")), Some(cause), "{user}");
    }
}
