//! Owns the reading of trusted files: whole, or only to compare the content.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use super::{FileError, MAX_FILE_BYTES, system};

const COMPARE_CHUNK: usize = 64 << 10;

/// The text of a plain file of this user or root, writable by nobody else. A pipe in its place does not block.
pub fn read_own(path: &Path) -> Result<String, FileError> {
    text(read_trusted(path, MAX_FILE_BYTES)?)
}

/// The same as bytes, at most `limit` of them.
pub fn read_trusted(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    bytes(&system::open_trusted(path)?, limit)
}

/// As [`read_own`]; nothing if the text is `known`, which is then not read into memory again.
pub fn read_unless(path: &Path, known: &str) -> Result<Option<String>, FileError> {
    let mut file = system::open_trusted(path)?;
    if content_is(&file, known).unwrap_or(false) {
        return Ok(None);
    }
    file.rewind()?;
    text(bytes(&file, MAX_FILE_BYTES)?).map(Some)
}

/// Whether there is such a file with this content.
pub(super) fn has_content(path: &Path, text: &str) -> bool {
    system::open_trusted(path).is_ok_and(|file| content_is(&file, text).unwrap_or(false))
}

/// Whether there is such a file and somebody has it open for writing, as far as the system tells.
pub fn has_writer(path: &Path) -> bool {
    #[cfg(target_os = "linux")]
    return system::open_trusted(path).is_ok_and(|file| super::linux::has_writer(&file));
    #[cfg(not(target_os = "linux"))]
    path.as_os_str().is_empty()
}

fn content_is(mut file: &File, text: &str) -> io::Result<bool> {
    let mut piece = vec![0; COMPARE_CHUNK];
    for part in text.as_bytes().chunks(COMPARE_CHUNK) {
        let read = &mut piece[..part.len()];
        file.read_exact(read)?;
        if read != part {
            return Ok(false);
        }
    }
    Ok(file.read(&mut piece[..1])? == 0)
}

fn bytes(file: &File, limit: u64) -> Result<Vec<u8>, FileError> {
    let size = usize::try_from(file.metadata()?.len().min(limit)).unwrap_or_default();
    // One more, so that the last read finds the end.
    let mut bytes = Vec::with_capacity(size + 1);
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(FileError::TooLarge) } else { Ok(bytes) }
}

fn text(bytes: Vec<u8>) -> Result<String, FileError> {
    String::from_utf8(bytes).map_err(|_| FileError::NotText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_known_only_to_its_last_byte_and_no_further() {
        let path = std::env::temp_dir().join(format!("cp-token-reading-{}", std::process::id()));
        let write = |text: &str| std::fs::write(&path, text).expect("write a file");
        for length in [0, 1, COMPARE_CHUNK - 1, COMPARE_CHUNK, COMPARE_CHUNK + 1, 3 * COMPARE_CHUNK] {
            let text = "x".repeat(length);
            write(&text);
            assert!(has_content(&path, &text), "{length}");
            assert_eq!(read_unless(&path, &text).expect("ours"), None, "{length}");
            for other in [format!("{text}y"), format!("y{text}"), text.get(1..).unwrap_or("y").to_owned()] {
                assert!(!has_content(&path, &other), "{length}");
                assert_eq!(read_unless(&path, &other).expect("ours").as_ref(), Some(&text), "{length}");
            }
        }
        std::fs::remove_file(&path).expect("remove it");
        assert!(!has_content(&path, "") && matches!(read_unless(&path, ""), Err(FileError::Absent)));
    }
}
