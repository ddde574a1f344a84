//! Owns the log's file: a full one becomes the older one, so that both together stay within their bound while the daemon
//! runs.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::background::AtWork;
use crate::files::{self, FileError};

/// The most bytes of a log file; there are at most two.
const LIMIT: u64 = 1 << 20;

/// A log file that is open.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: File,
    length: u64,
}

impl LogFile {
    /// Opens the file, with the folder made where it is missing.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn open(path: PathBuf) -> Result<Self, FileError> {
        files::make_private_folder(path.parent().unwrap_or(Path::new("/")))?;
        let file = files::open_to_append(&path)?;
        let length = file.metadata()?.len();
        Ok(Self { path, file, length })
    }

    fn begin_anew(&mut self) -> io::Result<()> {
        let mut older = self.path.clone().into_os_string();
        older.push(".1");
        let moved = std::fs::rename(&self.path, older).map_err(FileError::Io);
        match moved.and_then(|()| files::open_to_append(&self.path)) {
            Ok(file) => self.file = file,
            // In a folder that lets nothing be moved, the file itself is emptied.
            Err(_) => self.file.set_len(0)?,
        }
        self.length = 0;
        Ok(())
    }
}

impl Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _at_work = AtWork::begin();
        if self.length + line.len() as u64 > LIMIT {
            self.begin_anew()?;
        }
        let written = self.file.write(line)?;
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_much_is_written_two_mebibytes_are_kept_and_the_last_lines_among_them() {
        let folder = std::env::temp_dir().join(format!("cp-token-log-{}", std::process::id()));
        let path = folder.join("daemon.log");
        let mut log = LogFile::open(path.clone()).unwrap();
        let line = format!("{}\n", "x".repeat(1023));
        for _ in 0..5000 {
            log.write_all(line.as_bytes()).unwrap();
        }
        log.write_all(b"the last\n").unwrap();
        let sizes = ["daemon.log", "daemon.log.1"].map(|name| folder.join(name).metadata().unwrap().len());
        assert!(sizes.iter().all(|size| *size <= LIMIT) && sizes[1] == LIMIT, "{sizes:?}");
        drop(log);
        let mut log = LogFile::open(path.clone()).unwrap();
        log.write_all(b"of another run\n").unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("the last\nof another run\n"));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
