//! Owns the log file: a full one replaces the older one, so that both together have a limited size.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::base::blocking::BusyThread;
use crate::base::files::{self, FileError};

/// The most bytes of a log file; there are at most two.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// A log file, which other daemons of this home may also write.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
}

impl LogFile {
    /// Opens the file at `path`; creates it and its directory if missing.
    pub fn open(path: PathBuf) -> Result<Self, FileError> {
        files::make_private_folder(path.parent().unwrap_or(Path::new("/")))?;
        files::open_to_append(&path)?;
        Ok(Self { path })
    }

    /// Truncates a full file, where the directory does not allow renaming.
    fn truncate_and_append(&self, line: &[u8]) -> Result<(), FileError> {
        let file = files::open_to_append(&self.path)?;
        if file.metadata()?.len() + line.len() as u64 > MAX_FILE_BYTES {
            file.set_len(0)?;
        }
        files::append(&self.path, line, MAX_FILE_BYTES)
    }
}

impl Write for LogFile {
    /// Takes whole lines.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _busy = BusyThread::begin();
        let written =
            files::append(&self.path, line, MAX_FILE_BYTES).or_else(|_| self.truncate_and_append(line));
        written.map(|()| line.len()).map_err(io::Error::other)
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
        assert!(sizes.iter().all(|size| *size <= MAX_FILE_BYTES) && sizes[1] == MAX_FILE_BYTES, "{sizes:?}");
        drop(log);
        let mut log = LogFile::open(path.clone()).unwrap();
        log.write_all(b"of another run\n").unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().ends_with("the last\nof another run\n"));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
