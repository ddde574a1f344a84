//! What the sources promise that only read what somebody else keeps: `command`, `file` and `credential`.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};

use cp_tokend::secrets::program::ProgramError;
use cp_tokend::secrets::sources::{CredentialFault, ExternalSource, FileFault, SecretBackend, SourceError};

use crate::folder::Folder;
use crate::suite::{self, ExternalCase};
use crate::{key, load};

/// Nobody, to the system.
const OTHER_USER: u32 = 65534;

fn put(file: &Path, text: &[u8], mode: u32) {
    std::fs::write(file, text).unwrap();
    set_mode(file, mode);
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn make_folder(path: PathBuf) -> PathBuf {
    std::fs::create_dir(&path).unwrap();
    set_mode(&path, 0o700);
    path
}

async fn load_file(path: impl Into<PathBuf>) -> Result<Vec<u8>, SourceError> {
    load(&ExternalSource::File(path.into()), &key("a")).await
}

fn fault<T>(fault: FileFault) -> Result<T, SourceError> {
    Err(SourceError::File(fault))
}

/// Whether another user's things can be made, which root alone can.
fn can_play_a_stranger() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    assert!(is_root || std::env::var_os("CP_TOKEN_TESTS_REQUIRE_ALL").is_none(), "not root");
    is_root
}

#[tokio::test]
async fn command_keeps_every_promise_of_a_source_that_others_fill() {
    let folder = Folder::new();
    let file = folder.path("secret");
    let argv = ["/bin/cat", file.to_str().unwrap()].map(str::to_owned);
    suite::keeps_every_promise_of_reading(ExternalCase {
        source: &ExternalSource::Command(argv.into()),
        file: &file,
        absent: SourceError::Command(ProgramError::Failed(Some(1))),
        empty: SourceError::Command(ProgramError::NoOutput),
        too_large: SourceError::Command(ProgramError::TooLong),
    })
    .await;
}

#[tokio::test]
async fn file_keeps_every_promise_of_a_source_that_others_fill() {
    let folder = Folder::new();
    let file = folder.path("secret");
    suite::keeps_every_promise_of_reading(ExternalCase {
        source: &ExternalSource::File(file.clone()),
        file: &file,
        absent: SourceError::File(FileFault::Absent),
        empty: SourceError::File(FileFault::Empty),
        too_large: SourceError::File(FileFault::TooLarge),
    })
    .await;
}

#[tokio::test]
async fn credential_keeps_every_promise_of_a_source_that_others_fill() {
    let folder = Folder::new();
    let fault = |fault| SourceError::Credential(CredentialFault::File(fault));
    suite::keeps_every_promise_of_reading(ExternalCase {
        source: &ExternalSource::Credential("secret".to_owned(), Some(folder.path(""))),
        file: &folder.path("secret"),
        absent: fault(FileFault::Absent),
        empty: fault(FileFault::Empty),
        too_large: fault(FileFault::TooLarge),
    })
    .await;
}

#[tokio::test]
async fn e12_a_file_that_lets_anybody_else_in_is_not_taken() {
    let folder = Folder::new();
    let file = folder.path("secret");
    for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o4640, 0o777] {
        put(&file, b"secret", mode);
        assert_eq!(load_file(&file).await, fault(FileFault::Mode(mode)), "{mode:o}");
    }
    for mode in [0o600, 0o400, 0o700] {
        set_mode(&file, mode);
        assert_eq!(load_file(&file).await.unwrap(), b"secret", "the control: {mode:o}");
    }
}

#[tokio::test]
async fn e12_what_is_no_plain_file_is_not_taken_and_blocks_nobody() {
    let folder = Folder::new();
    put(&folder.path("secret"), b"secret", 0o600);
    symlink("secret", folder.path("link")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, folder.path("pipe"), rustix::fs::Mode::RUSR).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path("socket")).unwrap();
    make_folder(folder.path("folder"));
    for name in ["pipe", "socket", "folder"] {
        assert_eq!(load_file(folder.path(name)).await, fault(FileFault::WrongKind), "{name}");
    }
    for path in ["/", "/dev/null"] {
        assert_eq!(load_file(path).await, fault(FileFault::WrongKind), "{path}");
    }
    assert_eq!(load_file("secret").await, fault(FileFault::Relative));
    assert_eq!(load_file("").await, fault(FileFault::Relative));
    assert_eq!(load_file(folder.path("secret")).await.unwrap(), b"secret", "the control");
    assert_eq!(load_file(folder.path("link")).await.unwrap(), b"secret", "a link of ours");
}

#[tokio::test]
async fn e12_a_file_below_a_folder_that_is_open_to_others_is_not_taken() {
    let folder = Folder::new();
    let above = make_folder(folder.path("above"));
    let file = make_folder(above.join("below")).join("secret");
    put(&file, b"secret", 0o600);
    for open in [&above, &above.join("below")] {
        for (mode, expected) in [
            (0o777, fault(FileFault::Replaceable)),
            (0o702, fault(FileFault::Replaceable)),
            (0o1777, Ok(b"secret".to_vec())),
            (0o755, Ok(b"secret".to_vec())),
            (0o700, Ok(b"secret".to_vec())),
        ] {
            set_mode(open, mode);
            assert_eq!(load_file(&file).await, expected, "{mode:o}");
        }
    }
}

#[tokio::test]
async fn e12_links_on_the_way_are_followed_where_nobody_else_can_bend_them() {
    let folder = Folder::new();
    let open = make_folder(folder.path("open"));
    put(&make_folder(folder.path("real")).join("secret"), b"secret", 0o600);
    symlink("../real", open.join("link")).unwrap();
    symlink(open.join("link"), folder.path("far")).unwrap();
    symlink("circle", folder.path("circle")).unwrap();
    symlink("spiral/x", folder.path("spiral")).unwrap();
    for way in ["open/link/secret", "far/secret", "open/../far/./secret", "real/../real//secret"] {
        set_mode(&open, 0o700);
        assert_eq!(load_file(folder.path(way)).await.unwrap(), b"secret", "the control: {way}");
        set_mode(&open, 0o777);
        let expected =
            if way.contains("real") { Ok(b"secret".to_vec()) } else { fault(FileFault::Replaceable) };
        assert_eq!(load_file(folder.path(way)).await, expected, "{way}");
    }
    for way in ["circle/secret", "spiral/secret"] {
        assert_eq!(load_file(folder.path(way)).await, fault(FileFault::WrongKind), "{way}");
    }
}

#[tokio::test]
async fn e12_what_belongs_to_another_user_is_not_taken() {
    if !can_play_a_stranger() {
        return;
    }
    let folder = Folder::new();
    let theirs = make_folder(folder.path("theirs"));
    let (file, link) = (folder.path("secret"), folder.path("link"));
    for place in [&file, &theirs.join("secret")] {
        put(place, b"secret", 0o600);
    }
    symlink("theirs", &link).unwrap();
    let ways = [file.clone(), theirs.join("secret"), link.join("secret")];
    for way in &ways {
        assert_eq!(load_file(way).await.unwrap(), b"secret", "the control: {way:?}");
    }
    chown(&file, Some(OTHER_USER), None).unwrap();
    assert_eq!(load_file(&file).await, fault(FileFault::OtherOwner(OTHER_USER)));
    lchown(&link, Some(OTHER_USER), None).unwrap();
    assert_eq!(load_file(&ways[2]).await, fault(FileFault::Replaceable));
    chown(&theirs, Some(OTHER_USER), None).unwrap();
    assert_eq!(load_file(&ways[1]).await, fault(FileFault::Replaceable));
}

/// Kubernetes puts each version into a folder of its own and turns one link to it.
#[tokio::test]
async fn a_cluster_secret_is_followed_when_the_cluster_turns_its_link() {
    let folder = Folder::new();
    for version in ["..2026_01", "..2026_02"] {
        put(&make_folder(folder.path(version)).join("secret"), version.as_bytes(), 0o400);
        drop(symlink("..data/secret", folder.path("name")));
        symlink(version, folder.path("..next")).unwrap();
        std::fs::rename(folder.path("..next"), folder.path("..data")).unwrap();
        for way in ["..data/secret", "name"] {
            assert_eq!(load_file(folder.path(way)).await.unwrap(), version.as_bytes());
        }
    }
}

#[tokio::test]
async fn a_credential_may_be_read_by_root_and_us_alone_as_systemd_leaves_it() {
    let folder = Folder::new();
    let file = folder.path("cp");
    let source = ExternalSource::Credential("cp".to_owned(), Some(folder.path("")));
    for mode in [0o444, 0o404, 0o460, 0o620, 0o402, 0o401] {
        put(&file, b"secret", mode);
        let expected = SourceError::Credential(CredentialFault::File(FileFault::Mode(mode)));
        assert_eq!(load(&source, &key("a")).await, Err(expected), "{mode:o}");
        set_mode(&file, 0o600);
    }
    for mode in [0o400, 0o440, 0o600] {
        set_mode(&file, mode);
        assert_eq!(load(&source, &key("a")).await.unwrap(), b"secret", "the control: {mode:o}");
    }
}

#[tokio::test]
async fn a_credential_is_looked_for_only_where_a_service_manager_says() {
    let folder = Folder::new();
    put(&folder.path("cp"), b"secret", 0o400);
    put(&make_folder(folder.path("in")).join("cp"), b"inner", 0o400);
    let find = async |name: &str, folder: Option<PathBuf>| {
        load(&ExternalSource::Credential(name.to_owned(), folder), &key("a")).await
    };
    let fault = |fault| Err(SourceError::Credential(fault));
    assert_eq!(find("cp", None).await, fault(CredentialFault::NoDirectory));
    assert_eq!(find("cp", Some(PathBuf::new())).await, fault(CredentialFault::NoDirectory));
    let relative = fault(CredentialFault::File(FileFault::Relative));
    assert_eq!(find("cp", Some("credentials".into())).await, relative);
    for name in ["../cp", "..", "", "/etc/passwd", "in/cp"] {
        assert_eq!(find(name, Some(folder.path("in"))).await, fault(CredentialFault::Name), "{name}");
    }
    assert_eq!(find("cp", Some(folder.path("in"))).await.unwrap(), b"inner", "the control");
}

#[tokio::test]
async fn what_others_keep_is_never_changed() {
    let folder = Folder::new();
    let file = folder.path("secret");
    let argv = ["/bin/cat", file.to_str().unwrap()].map(str::to_owned);
    put(&file, b"secret", 0o600);
    let sources: [&dyn SecretBackend; 3] = [
        &ExternalSource::Command(argv.into()),
        &ExternalSource::File(file.clone()),
        &ExternalSource::Credential("secret".to_owned(), Some(folder.path(""))),
    ];
    for source in sources {
        assert_eq!(crate::store(source, &key("a"), b"new").await, Err(SourceError::ReadOnly));
        assert_eq!(source.erase(&key("a")).await, Err(SourceError::ReadOnly));
        assert_eq!(load(source, &key("a")).await.unwrap(), b"secret");
    }
}
