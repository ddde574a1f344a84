//! Owns what becomes of claims on one file, by several daemons and on disks that fail.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// A private folder, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("cp-token-codes-{}-{number}", std::process::id())))
    }

    fn file(&self) -> PathBuf {
        self.0.join("codes.json")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn claim(account: &str, now: u64, period: u64, mark: u64, known: Option<u64>) -> Claim {
    let (now, period) = (Duration::from_secs(now), Duration::from_secs(period));
    let new = CodeUse { ends: crate::token_request::totp::steps::end_of(now, period), period, mark };
    Claim { account: AccountKey::from_text(account.to_owned()), now, new, known }
}

async fn taken_by(file: &CodeFile, claim: Claim) -> Option<u64> {
    file.claim(claim).await.expect("a good disk").map(|other| other.mark)
}

#[tokio::test]
async fn a_step_belongs_to_whichever_daemon_wrote_it_down_first_and_to_one_account() {
    let folder = Folder::new();
    let (one, two) = (CodeFile::new(folder.file()), CodeFile::new(folder.file()));
    assert_eq!(taken_by(&one, claim("jo", 1000, 30, 1, None)).await, None);
    assert_eq!(taken_by(&two, claim("jo", 1001, 30, 2, None)).await, Some(1));
    assert_eq!(taken_by(&two, claim("al", 1001, 30, 3, None)).await, None);
    assert_eq!(taken_by(&one, claim("jo", 1002, 30, 4, Some(1))).await, None, "its own is known");
    assert_eq!(taken_by(&two, claim("jo", 1019, 30, 5, None)).await, Some(4));
    assert_eq!(taken_by(&two, claim("jo", 1020, 30, 6, None)).await, None);
}

#[tokio::test]
async fn what_is_stored_is_when_the_step_ends_so_that_a_new_daemon_waits_for_two_minutes() {
    let folder = Folder::new();
    assert_eq!(taken_by(&CodeFile::new(folder.file()), claim("jo", 1000, 120, 1, None)).await, None);
    for now in [1031, 1079] {
        assert_eq!(taken_by(&CodeFile::new(folder.file()), claim("jo", now, 120, 2, None)).await, Some(1));
    }
    assert_eq!(taken_by(&CodeFile::new(folder.file()), claim("jo", 1080, 120, 2, None)).await, None);
}

#[tokio::test]
async fn of_many_daemons_at_once_exactly_one_has_the_step() {
    let folder = Folder::new();
    let claims = (0..16).map(|mark| {
        let file = CodeFile::new(folder.file());
        tokio::spawn(async move { taken_by(&file, claim("jo", 1000, 30, mark, None)).await })
    });
    let claims: Vec<_> = claims.collect();
    let mut winners = 0;
    for claim in claims {
        winners += u32::from(claim.await.expect("a task").is_none());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn what_cannot_be_read_or_written_is_named_and_nothing_is_claimed() {
    let folder = Folder::new();
    let file = CodeFile::new(folder.file());
    assert_eq!(taken_by(&file, claim("jo", 1000, 30, 1, None)).await, None);
    let taken =
        |ends, period| format!(r#"{{"accounts":{{"al":{{"ends":{ends},"period":{period},"mark":1}}}}}}"#);
    let (ends, endless) = (i128::from(MAX_END), i128::from(u64::MAX));
    let overlarge = [taken(-1, 30), taken(ends + 1, 30), taken(endless, 30), taken(30, endless)];
    let foreign = ["", "{", "[]"].map(str::to_owned);
    for broken in foreign.into_iter().chain(overlarge) {
        std::fs::write(folder.file(), broken).expect("break it");
        let error = file.claim(claim("jo", 2000, 30, 2, None)).await.expect_err("no such file was written");
        assert_eq!((error.fault, error.file), (ClaimFault::Broken, files::show(&folder.file())));
    }
    std::fs::remove_file(folder.file()).expect("remove it");
    std::fs::create_dir(folder.file()).expect("put a folder there");
    let error = file.claim(claim("jo", 2000, 30, 2, None)).await.expect_err("a folder");
    assert!(matches!(error.fault, ClaimFault::File(_)), "{error}");
    std::fs::remove_dir(folder.file()).expect("remove it");
    assert_eq!(taken_by(&file, claim("jo", 2000, 30, 2, None)).await, None, "the positive control");
}

#[tokio::test]
async fn the_file_keeps_nothing_that_is_long_over() {
    let folder = Folder::new();
    let file = CodeFile::new(folder.file());
    for number in 0..20_u64 {
        let account = format!("user-{number}");
        assert_eq!(taken_by(&file, claim(&account, 1000 + 30 * number, 30, number, None)).await, None);
    }
    let text = std::fs::read_to_string(folder.file()).expect("the file");
    assert_eq!(text.matches("user-").count(), 3, "{text}");
}

#[test]
fn a_lock_that_stays_held_is_waited_for_so_long_and_no_longer() {
    let folder = Folder::new();
    files::make_private_folder(&folder.0).expect("a folder");
    let [one, two] = [(); 2].map(|()| files::open_to_append(&folder.file()).expect("a file"));
    assert_eq!(lock(&one, Duration::from_millis(50)), Ok(true));
    assert_eq!(lock(&two, Duration::from_millis(50)), Err(ClaimFault::Locked));
    drop(one);
    assert_eq!(lock(&two, Duration::from_millis(50)), Ok(true));
}
