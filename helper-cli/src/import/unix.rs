//! Owns the opening of other programs' files on Unix, by the rule of `trust`. It knows nothing of their content.

use std::fs::File;
use std::io;
use std::path::Path;

use cp_token_protocol::trust::{self, Distrust, Flaw, Purpose};

use super::Refusal;

/// Opens an ordinary file of ours or root's, without blocking on a pipe. The user's own group may write it.
pub(super) fn open_own(path: &Path) -> Result<File, Refusal> {
    let path = std::path::absolute(path).map_err(|_| Refusal::Unreadable)?;
    trust::open(&path, Purpose::Decision).map_err(|problem| classify(&problem))
}

fn classify(problem: &Distrust) -> Refusal {
    match problem {
        Distrust::Absent => Refusal::Absent,
        Distrust::WrongKind => Refusal::WrongKind,
        Distrust::Itself(Flaw::OtherOwner(_)) | Distrust::OnTheWay(_, Flaw::OtherOwner(_)) => {
            Refusal::OtherOwner
        }
        Distrust::Itself(Flaw::Open(_) | Flaw::Listed)
        | Distrust::OnTheWay(_, Flaw::Open(_) | Flaw::Listed) => Refusal::Open,
        // A folder on the way that is a file means the same: there is nothing.
        Distrust::Io(error) if error.kind() == io::ErrorKind::NotADirectory => Refusal::Absent,
        Distrust::Io(_) => Refusal::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("cpt-import-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).expect("a folder");
            Self(path)
        }

        fn file(&self, name: &str, content: &[u8], mode: u32) -> std::path::PathBuf {
            let path = self.0.join(name);
            std::fs::write(&path, content).expect("a file");
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("its mode");
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    fn read_own(path: &Path) -> Result<cp_token_protocol::Secret, Refusal> {
        open_own(path).and_then(crate::import::read_open)
    }

    #[test]
    fn an_ordinary_file_of_ours_is_read_whole_and_any_other_thing_is_not() {
        let folder = Folder::new("kinds");
        let good = folder.file("good", b"abc", 0o644);
        assert!(read_own(&good).is_ok_and(|bytes| bytes.expose() == b"abc"));
        assert!(read_own(&folder.file("empty", b"", 0o600)).is_ok_and(|bytes| bytes.expose().is_empty()));
        let link = folder.0.join("link");
        std::os::unix::fs::symlink(&good, &link).expect("a link");
        assert!(read_own(&link).is_ok(), "a link of ours");
        let pipe = folder.0.join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)
            .expect("a pipe");
        for (path, refusal) in [
            (folder.0.join("none"), Refusal::Absent),
            (good.join("below"), Refusal::Absent),
            (pipe, Refusal::WrongKind),
            (folder.0.clone(), Refusal::WrongKind),
            (folder.file("open", b"abc", 0o666), Refusal::Open),
        ] {
            assert_eq!(read_own(&path).err(), Some(refusal), "{}", path.display());
        }
    }

    #[test]
    fn a_file_past_the_limit_is_refused_before_it_is_read() {
        let folder = Folder::new("limits");
        let path = folder.file("large", b"", 0o600);
        let file = File::options().write(true).open(&path).expect("the file");
        file.set_len(10 << 20).expect("ten megabytes of nothing");
        assert_eq!(read_own(&path).err(), Some(Refusal::TooLarge));
        file.set_len(super::super::FILE_LIMIT as u64).expect("the largest size");
        assert!(read_own(&path).is_ok());
    }
}
