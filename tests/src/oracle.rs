//! Owns the search for secrets and tokens where none may be: in files, in what programs printed, in arguments
//! and environments. It knows the values and nothing of the product.

mod needles;
mod readings;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use needles::Needles;
use readings::readings;

/// The shortest value that can be looked for. A shorter one would be found by chance.
pub const SHORTEST_VALUE: usize = needles::SHORTEST_VALUE;

/// What must not be found, and what has to be searched.
#[derive(Debug, Default)]
pub struct Oracle {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    values: Vec<Vec<u8>>,
    samples: Vec<Sample>,
    spared: Vec<PathBuf>,
}

/// Bytes that some program let out, and where.
#[derive(Debug)]
struct Sample {
    place: String,
    bytes: Vec<u8>,
}

impl Oracle {
    /// From now on this value must be found nowhere. Panics for one that is too short to be unique.
    pub fn register(&self, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        assert!(value.len() >= SHORTEST_VALUE, "a value of {} bytes is not unique", value.len());
        self.state().values.push(value.to_owned());
    }

    /// From now on nothing is looked for in this file: another program keeps secrets in it, and that is no news.
    pub fn spare(&self, file: impl Into<PathBuf>) {
        self.state().spared.push(file.into());
    }

    /// Keeps bytes that some program let out, to be searched with everything that is registered by then.
    pub fn record(&self, place: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        let bytes = bytes.into();
        if !bytes.is_empty() {
            self.state().samples.push(Sample { place: place.into(), bytes });
        }
    }

    /// Keeps the arguments and the environment of a running process, as far as the system shows them.
    #[cfg(target_os = "linux")]
    pub fn record_process(&self, pid: u32) {
        for what in ["cmdline", "environ"] {
            let bytes = std::fs::read(format!("/proc/{pid}/{what}")).unwrap_or_default();
            self.record(format!("{what} of process {pid}"), bytes);
        }
    }

    /// Every place where a registered value or one of `more` is found: in what was recorded, and in every file
    /// below `root` other than `except`. Sorted, each place once.
    pub fn leaks(&self, more: &[String], root: &Path, except: &[PathBuf]) -> Vec<String> {
        let state = self.state();
        let values = state.values.iter().map(Vec::as_slice).chain(more.iter().map(String::as_bytes));
        let needles = Needles::of(values);
        let leaks = |bytes: &[u8]| readings(bytes).iter().any(|reading| needles.are_in(reading));
        let recorded = state.samples.iter().filter(|sample| leaks(&sample.bytes));
        let mut places: Vec<String> = recorded.map(|sample| sample.place.clone()).collect();
        let except = [except, &state.spared].concat();
        for file in files_below(root, &except) {
            let name_leaks = needles.are_in(file.as_os_str().as_encoded_bytes());
            if name_leaks || leaks(&std::fs::read(&file).unwrap_or_default()) {
                places.push(format!("file {}", file.display()));
            }
        }
        places.sort();
        places.dedup();
        places
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Regular files only: a pipe would never end, and a symbolic link leads to what is not ours.
fn files_below(root: &Path, except: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, kind) = (entry.path(), entry.file_type());
            match kind {
                _ if except.contains(&path) => {}
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => files.push(path),
                Ok(_) | Err(_) => {}
            }
        }
    }
    files
}
