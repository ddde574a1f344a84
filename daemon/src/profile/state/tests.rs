//! Tests of the state file beside another daemon's.

use std::path::PathBuf;

use cp_token_protocol::message::Identity;

use super::*;
use crate::profile::request_url::RequestUrl;

/// A folder that goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cp-token-state-{}-{name}", std::process::id()));
        files::make_private_folder(&path).unwrap();
        Self(path)
    }

    fn load(&self) -> StateFile {
        StateFile::load(self.0.join("state.json"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn name(text: &str) -> ProfileName {
    ProfileName::parse(text).unwrap()
}

fn key(of: &str) -> SecretKey {
    let url = RequestUrl::parse("https://a.example", false).unwrap();
    SecretKey { profile: name(of), identity: Identity::ApiClient("k".into()), url }
}

#[tokio::test]
async fn what_another_daemon_has_written_stays() {
    let folder = Folder::new("two");
    let (one, two) = (folder.load(), folder.load());
    one.record_created(&name("a"), Duration::from_secs(1));
    one.journal_begin(&key("a"));
    one.save().await.unwrap();
    two.record_created(&name("b"), Duration::from_secs(2));
    two.journal_begin(&key("b"));
    two.save().await.unwrap();
    one.journal_end(&key("a"));
    one.save().await.unwrap();
    for state in [one, folder.load()] {
        assert_eq!(state.dates(&name("a")).created, Some(1));
        assert_eq!(state.dates(&name("b")).created, Some(2));
        assert_eq!(state.journal_keys(), [key("b")]);
    }
}

#[tokio::test]
async fn what_is_remembered_while_the_file_cannot_be_written_does_not_grow_and_is_written_later() {
    let folder = Folder::new("later");
    let state = folder.load();
    let in_the_way = folder.0.join("state.json");
    std::fs::create_dir(&in_the_way).unwrap();
    for second in 0..100 {
        state.remember(Change::TokenIssued("a".into(), second));
        state.journal_begin(&key("a"));
        assert!(state.save().await.is_err());
    }
    assert_eq!(state.memory().pending.len(), 2);
    std::fs::remove_dir(&in_the_way).unwrap();
    state.save().await.unwrap();
    assert!(state.memory().pending.is_empty());
    assert_eq!(folder.load().dates(&name("a")).last_token_at, Some(99));
}

#[tokio::test]
async fn leftovers_are_removed_while_no_daemon_makes_a_change_and_changes_are_made_side_by_side() {
    let folder = Folder::new("leftovers");
    let (one, two) = (folder.load(), folder.load());
    let first = one.lock_for_change().await.unwrap();
    let second = two.lock_for_change().await.unwrap();
    drop(first);
    assert!(matches!(one.lock_for_recovery().await, Err(FileError::Locked)));
    drop(second);
    // A program that another test starts has the file open for an instant.
    while one.lock_for_recovery().await.is_err() {}
}
