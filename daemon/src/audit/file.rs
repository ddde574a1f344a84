//! Owns the log's copy on disk, where a person has asked for one: a line of JSON for each entry, in a file that only
//! we write, bounded by one older file. It must never make a caller wait.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;

use cp_token_protocol::message::LogEntry;
use tokio::sync::oneshot;

use super::line;
use crate::base::blocking::BusyThread;
use crate::base::files::{self, FileError};
use crate::base::memory;

/// How large the file grows, in bytes, before it becomes the older one: some fifteen thousand entries.
pub(super) const FILE_LIMIT: u64 = 4 << 20;
/// Entries that may wait for a slow disk. What comes beyond is missing in the file, as its numbers show.
const QUEUE: usize = 1024;
const STACK: usize = 64 * 1024;

/// The way to the thread that writes. It ends when this is dropped.
pub(super) struct FileCopy {
    path: PathBuf,
    queue: SyncSender<Message>,
    standing: Arc<FileStatus>,
}

/// How the file stands, as the thread found it last.
#[derive(Default)]
struct FileStatus(Mutex<Option<String>>);

enum Message {
    Entry(LogEntry),
    /// Everything before it is written when the answer comes.
    Flush(oneshot::Sender<()>),
}

impl FileCopy {
    /// Starts to copy into the file, which is tried at once.
    pub(super) fn start(path: PathBuf) -> io::Result<Self> {
        let (queue, messages) = sync_channel(QUEUE);
        let standing = Arc::<FileStatus>::default();
        let (file, told) = (path.clone(), Arc::clone(&standing));
        let thread = Builder::new().name("audit".to_owned()).stack_size(STACK);
        memory::start_thread(thread, move || keep(&file, &messages, &told))?;
        Ok(Self { path, queue, standing })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong with the file; nothing where all is well.
    pub(super) fn problem(&self) -> Option<String> {
        self.standing.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn write(&self, entry: LogEntry) {
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Message::Entry(entry)) {
            self.standing.note(Err("the disk is too slow for it".to_owned()));
        }
    }

    /// An answer to wait for, which comes when all that was given is written.
    pub(super) fn flush(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let _ = self.queue.try_send(Message::Flush(sender));
        receiver
    }
}

impl FileStatus {
    /// Says a change aloud, once.
    fn note(&self, outcome: Result<(), String>) {
        let mut problem = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = outcome.err();
        if *problem != now {
            match &now {
                Some(words) => tracing::warn!(problem = %words, "the audit file is not written"),
                None => tracing::info!("the audit file is written again"),
            }
            *problem = now;
        }
    }
}

/// The thread: writes whatever has come in one piece, and opens the file anew each time, so that a person may move or
/// remove it.
fn keep(path: &Path, messages: &Receiver<Message>, standing: &FileStatus) {
    standing.note(append(path, b"").map_err(|error| error.to_string()));
    while let Ok(first) = messages.recv() {
        let (mut lines, mut waiting) = (Vec::new(), Vec::new());
        for message in std::iter::once(first).chain(messages.try_iter().take(QUEUE)) {
            match message {
                Message::Entry(entry) => line::write(&entry, &mut lines),
                Message::Flush(answer) => waiting.push(answer),
            }
        }
        if !lines.is_empty() {
            standing.note(append(path, &lines).map_err(|error| error.to_string()));
        }
        waiting.into_iter().for_each(|answer| _ = answer.send(()));
    }
}

fn append(path: &Path, lines: &[u8]) -> Result<(), FileError> {
    let _at_work = BusyThread::begin();
    files::append(path, lines, FILE_LIMIT)
}
