//! The one behaviour of all sources.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cp_token_protocol::message::Identity;
use cp_tokend::profile::request_url::RequestUrl;
use cp_tokend::profile::secret_key::SecretKey;
use cp_tokend::secrets::sources::{RECORD_LIMIT, SecretBackend, SourceError};

use crate::{key, load, store};

/// Everything that a source promises, on a source that is empty and can be reached.
pub(crate) async fn keeps_every_promise(source: &dyn SecretBackend) {
    what_was_never_stored_is_absent_and_may_be_erased(source).await;
    the_last_secret_stored_is_the_one_loaded(source).await;
    any_bytes_come_back_as_they_were(source).await;
    what_is_no_secret_is_refused_and_the_old_one_stays(source).await;
    a_secret_belongs_to_its_profile_client_and_origin(source).await;
    profiles_do_not_meet(source).await;
}

async fn what_was_never_stored_is_absent_and_may_be_erased(source: &dyn SecretBackend) {
    assert_eq!(load(source, &key("never")).await, Err(SourceError::Absent));
    assert_eq!(source.erase(&key("never")).await, Ok(()));
}

async fn the_last_secret_stored_is_the_one_loaded(source: &dyn SecretBackend) {
    let key = key("last");
    for secret in [&b"first"[..], b"a much longer second one", b"3"] {
        store(source, &key, secret).await.unwrap();
        assert_eq!(load(source, &key).await.unwrap(), secret);
        assert_eq!(load(source, &key).await.unwrap(), secret, "loading takes nothing away");
    }
    source.erase(&key).await.unwrap();
    assert_eq!(load(source, &key).await, Err(SourceError::Absent));
}

async fn any_bytes_come_back_as_they_were(source: &dyn SecretBackend) {
    let key = key("bytes");
    let every_byte: Vec<u8> = (0..=255).collect();
    for secret in [&b" spaces "[..], "pässwörd".as_bytes(), b"line\n\0\r\n", &every_byte] {
        store(source, &key, secret).await.unwrap();
        assert_eq!(load(source, &key).await.unwrap(), secret);
    }
}

async fn what_is_no_secret_is_refused_and_the_old_one_stays(source: &dyn SecretBackend) {
    let key = key("size");
    store(source, &key, b"old").await.unwrap();
    assert_eq!(store(source, &key, b"").await, Err(SourceError::Unusable));
    assert_eq!(store(source, &key, &vec![b'x'; RECORD_LIMIT + 1]).await, Err(SourceError::TooLarge));
    assert_eq!(load(source, &key).await.unwrap(), b"old");
    i06_the_longest_secret_is_whole_or_refused(source, &key).await;
}

async fn i06_the_longest_secret_is_whole_or_refused(source: &dyn SecretBackend, key: &SecretKey) {
    let longest: Vec<u8> = (0..RECORD_LIMIT).map(|i| b'a' + (i % 26) as u8).collect();
    let expected = match store(source, key, &longest).await {
        Ok(()) => longest,
        Err(error) => {
            assert_eq!(error, SourceError::TooLarge);
            b"old".to_vec()
        }
    };
    assert!(load(source, key).await.unwrap() == expected);
}

async fn a_secret_belongs_to_its_profile_client_and_origin(source: &dyn SecretBackend) {
    let mine = key("bound");
    store(source, &mine, b"mine").await.unwrap();
    let url = |text| RequestUrl::parse(text, true).unwrap();
    for other in [
        SecretKey { identity: Identity::ApiClient("key-43".to_owned()), ..mine.clone() },
        SecretKey { url: url("https://crashplan.example:444"), ..mine.clone() },
        SecretKey { url: url("https://evil.example"), ..mine.clone() },
        key("bound.not"),
    ] {
        assert_eq!(load(source, &other).await, Err(SourceError::Absent), "{other:?}");
        source.erase(&other).await.unwrap();
    }
    assert_eq!(load(source, &mine).await.unwrap(), b"mine");
}

async fn profiles_do_not_meet(source: &dyn SecretBackend) {
    let (left, right) = (key("left"), key("right"));
    for round in 0..5 {
        let secrets = [format!("left {round}"), format!("right {round}")];
        let (one, two) = tokio::join!(
            store(source, &left, secrets[0].as_bytes()),
            store(source, &right, secrets[1].as_bytes())
        );
        assert_eq!((one, two), (Ok(()), Ok(())));
        let (one, two) = tokio::join!(load(source, &right), load(source, &left));
        assert_eq!(one.unwrap(), secrets[1].as_bytes());
        assert_eq!(two.unwrap(), secrets[0].as_bytes());
    }
    source.erase(&left).await.unwrap();
    assert_eq!(load(source, &left).await, Err(SourceError::Absent));
    assert!(load(source, &right).await.is_ok());
}

/// A source that others fill, with what it answers where they did not.
pub(crate) struct ExternalCase<'t> {
    pub(crate) source: &'t dyn SecretBackend,
    /// Where the others put the secret.
    pub(crate) file: &'t Path,
    pub(crate) absent: SourceError,
    pub(crate) empty: SourceError,
    pub(crate) too_large: SourceError,
}

/// Everything that a source promises that others fill: what concerns loading.
pub(crate) async fn keeps_every_promise_of_reading(case: ExternalCase<'_>) {
    assert_eq!(case.load().await, Err(case.absent));
    any_bytes_come_back_but_one_line_end(&case).await;
    what_is_no_secret_is_not_loaded(&case).await;
    the_secret_that_is_there_now_is_the_one_loaded(&case).await;
}

impl ExternalCase<'_> {
    async fn load(&self) -> Result<Vec<u8>, SourceError> {
        load(self.source, &key("any")).await
    }

    fn put(&self, text: &[u8]) {
        let draft = self.file.with_extension("new");
        std::fs::write(&draft, text).unwrap();
        std::fs::set_permissions(&draft, std::fs::Permissions::from_mode(0o400)).unwrap();
        std::fs::rename(&draft, self.file).unwrap();
    }
}

async fn any_bytes_come_back_but_one_line_end(case: &ExternalCase<'_>) {
    let every_byte: Vec<u8> = (0..=255).collect();
    for text in [&b" spaces "[..], "pässwörd".as_bytes(), b"first\nsecond", b"line\n\0", b"a\n", &every_byte]
    {
        for end in [&b""[..], b"\n", b"\r\n"] {
            // A line end of its own would be taken for the one behind it.
            if end.is_empty() && text.ends_with(b"\n") {
                continue;
            }
            case.put(&[text, end].concat());
            assert_eq!(case.load().await.unwrap(), text);
        }
    }
}

async fn what_is_no_secret_is_not_loaded(case: &ExternalCase<'_>) {
    for text in [&b""[..], b"\n", b"\r\n"] {
        case.put(text);
        assert_eq!(case.load().await, Err(case.empty));
    }
    for length in [RECORD_LIMIT + 1, 100 * RECORD_LIMIT] {
        case.put(&vec![b'x'; length]);
        assert_eq!(case.load().await, Err(case.too_large), "i06: {length}");
    }
    let longest: Vec<u8> = (0..RECORD_LIMIT).map(|i| b'a' + (i % 26) as u8).collect();
    case.put(&[&longest, &b"\n"[..]].concat());
    assert!(case.load().await.unwrap() == longest, "i06: the longest is whole");
}

async fn the_secret_that_is_there_now_is_the_one_loaded(case: &ExternalCase<'_>) {
    for secret in [&b"first"[..], b"a much longer second one", b"3"] {
        case.put(secret);
        assert_eq!(case.load().await.unwrap(), secret);
        assert_eq!(case.load().await.unwrap(), secret, "loading takes nothing away");
    }
    std::fs::remove_file(case.file).unwrap();
    assert_eq!(case.load().await, Err(case.absent));
}
