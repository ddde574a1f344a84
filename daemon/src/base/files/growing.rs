//! Owns log files: each is limited in size, with one older file, and several daemons may write to it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{FileError, lock_within, open_to_append};

/// How long another daemon may take to rename the file.
const ROTATE_TIMEOUT: Duration = Duration::from_secs(5);

/// Appends whole lines. A file that would be longer than `limit` bytes is first renamed to `path` with `.1`.
pub fn append(path: &Path, lines: &[u8], limit: u64) -> Result<(), FileError> {
    let mut file = open_to_append(path)?;
    if !has_room(&file, lines, limit)? {
        file = rotate(path, &file, lines, limit)?;
    }
    if !lines.is_empty() && ends_in_partial_line(&file)? {
        file.write_all(b"\n")?;
    }
    Ok(file.write_all(lines)?)
}

/// Renames a full file and opens a new one. Of several daemons only one renames it.
fn rotate(path: &Path, full: &File, lines: &[u8], limit: u64) -> Result<File, FileError> {
    let _ = lock_within(full, ROTATE_TIMEOUT);
    let file = open_to_append(path)?;
    if has_room(&file, lines, limit)? {
        return Ok(file);
    }
    std::fs::rename(path, older(path))?;
    open_to_append(path)
}

/// The name that a full file gets.
pub fn older(path: &Path) -> PathBuf {
    let mut older = path.as_os_str().to_owned();
    older.push(".1");
    older.into()
}

fn has_room(file: &File, lines: &[u8], limit: u64) -> io::Result<bool> {
    Ok(file.metadata()?.len() + lines.len() as u64 <= limit)
}

/// Whether a full disk has left a partial line at the end.
fn ends_in_partial_line(mut file: &File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_writers_one_renames_the_full_file_and_none_writes_to_the_older_one_for_long() {
        let folder = std::env::temp_dir().join(format!("cp-token-growing-{}", std::process::id()));
        super::super::make_private_folder(&folder).expect("a folder");
        let path = folder.join("log");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    for number in 0..300 {
                        append(path, format!("{writer}-{number:06}\n").as_bytes(), 4096)
                            .expect("it is written");
                    }
                });
            }
        });
        let texts = ["log.1", "log"].map(|name| std::fs::read_to_string(folder.join(name)).expect("both"));
        let lines: Vec<_> = texts.iter().flat_map(|text| text.lines()).collect();
        assert!(lines.iter().all(|line| line.len() == 8), "{lines:?}");
        // The last full file is never lost, and a writer that had it open has added a line at most.
        assert!(texts[0].len() > 4096 - 9 && texts[0].len() <= 4096 + 4 * 9, "{}", texts[0].len());
        assert!(texts[1].len() <= 4096 + 4 * 9);
        assert_eq!(std::fs::read_dir(&folder).expect("look").count(), 2);
        std::fs::remove_dir_all(folder).expect("remove it");
    }
}
