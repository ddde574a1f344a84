//! Owns the copy of the audit log on disk, where the config asks for one: one line of JSON for each entry, in a file of
//! limited size beside one older file. It must never make a caller wait.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::Builder;

use cp_token_protocol::message::LogEntry;
use tokio::sync::oneshot;

use super::line;
use crate::base::blocking::BusyThread;
use crate::base::files::FileError;
use crate::base::{files, memory, mutex};

/// The most bytes of the file before it becomes the older one: some fifteen thousand entries.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// Entries that wait for a slow disk. The file lacks what comes beyond, as the gap in its numbers shows.
const QUEUE_LEN: usize = 1024;
const STACK_BYTES: usize = 64 * 1024;

/// The queue of the thread that writes the file. Dropping it ends the thread.
pub(super) struct AuditFile {
    path: PathBuf,
    queue: SyncSender<Message>,
    status: Arc<FileStatus>,
}

/// Why the last write failed; nothing after a success.
#[derive(Default)]
struct FileStatus(Mutex<Option<String>>);

enum Message {
    Entry(LogEntry),
    /// Is answered when everything before it is written.
    Flush(oneshot::Sender<()>),
}

impl AuditFile {
    /// Starts the thread, which tries the file immediately.
    pub(super) fn start(path: PathBuf) -> io::Result<Self> {
        let (queue, messages) = sync_channel(QUEUE_LEN);
        let status = Arc::<FileStatus>::default();
        let (file, its_status) = (path.clone(), Arc::clone(&status));
        let thread = Builder::new().name("audit".to_owned()).stack_size(STACK_BYTES);
        memory::start_thread(thread, move || run_writer(&file, &messages, &its_status))?;
        Ok(Self { path, queue, status })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn problem(&self) -> Option<String> {
        mutex::lock(&self.status.0).clone()
    }

    pub(super) fn write(&self, entry: LogEntry) {
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Message::Entry(entry)) {
            self.status.set(Some("the disk is too slow for it".to_owned()));
        }
    }

    pub(super) fn flush(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let _ = self.queue.try_send(Message::Flush(sender));
        receiver
    }
}

impl FileStatus {
    /// Logs a change, once.
    fn set(&self, now: Option<String>) {
        let mut problem = mutex::lock(&self.0);
        if *problem != now {
            match &now {
                Some(problem) => tracing::warn!(%problem, "the audit file is not written"),
                None => tracing::info!("the audit file is written again"),
            }
            *problem = now;
        }
    }
}

/// Writes the queued entries together. The file is opened each time, so that a person may move or remove it.
fn run_writer(path: &Path, messages: &Receiver<Message>, status: &FileStatus) {
    append(path, b"", status);
    while let Ok(first) = messages.recv() {
        let (mut lines, mut waiting) = (Vec::new(), Vec::new());
        for message in std::iter::once(first).chain(messages.try_iter().take(QUEUE_LEN)) {
            match message {
                Message::Entry(entry) => line::write(&entry, &mut lines),
                Message::Flush(answer) => waiting.push(answer),
            }
        }
        if !lines.is_empty() {
            append(path, &lines, status);
        }
        waiting.into_iter().for_each(|answer| _ = answer.send(()));
    }
}

fn append(path: &Path, lines: &[u8], status: &FileStatus) {
    let _busy = BusyThread::begin();
    status.set(files::append(path, lines, MAX_FILE_BYTES).err().map(|error| describe(&error)));
}

/// The file is created where it does not exist.
fn describe(error: &FileError) -> String {
    match error {
        FileError::Absent => "its folder does not exist".to_owned(),
        FileError::Untrusted(_)
        | FileError::WrongKind(_)
        | FileError::TooLarge
        | FileError::NotText
        | FileError::ReadOnly(_)
        | FileError::Locked
        | FileError::Hangs
        | FileError::Io(_) => error.to_string(),
    }
}
