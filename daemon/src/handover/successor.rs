//! Owns the side of the daemon that goes: the process of the one that comes, what it is told, and that it ends without a
//! trace where it does not take over.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Child;
use std::time::Duration;

use cp_token_protocol::handover::{self, FORMAT, GREETING_LENGTH, HEAD_LENGTH, Piece, Word};
use tokio::io::Interest;
use tokio::net::UnixStream;
use zeroize::Zeroizing;

use super::{HandoverError, Kept, Program, system};
use crate::harden;
use crate::ipc::socket::MeetingPlace;
use crate::watchdog;

/// From its start until it is ready.
const START_LIMIT: Duration = Duration::from_secs(10);
/// From the moment at which nobody is let in until it holds everything: less than callers wait for a first word.
const TAKE_LIMIT: Duration = Duration::from_secs(2);

/// The daemon that comes, as the one that goes sees it. Dropping it ends its process.
pub struct Successor {
    child: Option<Child>,
    channel: UnixStream,
    /// Open until its process has ended: the end of the channel would tell it to begin.
    keeper: Option<OwnedFd>,
    program: String,
    version: String,
}

impl Successor {
    /// Starts the program that lies at the daemon's own path, and waits until it is ready.
    ///
    /// # Errors
    /// [`HandoverError`].
    pub async fn start(
        program: &Program,
        background: bool,
        meeting: &MeetingPlace,
    ) -> Result<Self, HandoverError> {
        let mut successor = Self::run(program, background, meeting)?;
        let ready = tokio::time::timeout(START_LIMIT, successor.get_ready());
        ready.await.map_err(|_| HandoverError::Silent(program.shown()))??;
        if successor.process().is_some_and(system::is_traced) {
            return Err(HandoverError::Traced);
        }
        Ok(successor)
    }

    fn run(program: &Program, background: bool, meeting: &MeetingPlace) -> Result<Self, HandoverError> {
        let refused = |error: io::Error| HandoverError::System(error.kind());
        let file = program.open().map_err(|fault| HandoverError::Program(program.shown(), fault))?;
        let (ours, theirs) = system::pair().map_err(refused)?;
        let given = [meeting.socket.as_fd(), meeting.lock().file().as_fd(), theirs.as_fd()];
        write_first_words(&ours, meeting.made()).map_err(refused)?;
        ours.set_nonblocking(true).map_err(refused)?;
        let keeper = OwnedFd::from(ours.try_clone().map_err(refused)?);
        let channel = UnixStream::from_std(ours).map_err(refused)?;
        let arguments = arguments(background, given);
        let child = program.run(&file, &arguments, given, harden::is_kept).map_err(refused)?;
        let (program, version) = (program.shown(), String::new());
        Ok(Self { child: Some(child), channel, keeper: Some(keeper), program, version })
    }

    /// Its number.
    pub fn process(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Its version, by its own word.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Gives it everything. To be called while nobody is let in.
    ///
    /// # Errors
    /// [`HandoverError`].
    pub async fn give(&mut self, legacy: Vec<Piece>) -> Result<Kept, HandoverError> {
        let taken = tokio::time::timeout(TAKE_LIMIT, self.give_all(legacy)).await;
        taken.unwrap_or_else(|_| Err(HandoverError::NotTaken(self.program.clone())))
    }

    /// From here on it is the daemon, and this process is not.
    pub fn release(mut self) {
        // Its number is that of the main process before this one's ends, so that a service manager misses nothing.
        if let Some(child) = self.child.take() {
            watchdog::tell_of_main_process(child.id());
        }
        if let Ok(bytes) = handover::encode_piece(&Piece::Go) {
            // A word that is lost is made good by the end of the channel.
            let _ = self.channel.try_write(&bytes);
        }
    }

    async fn get_ready(&mut self) -> Result<(), HandoverError> {
        let not_ready = || HandoverError::NotReady(self.program.clone());
        let mut greeting = [0; GREETING_LENGTH];
        read(&self.channel, &mut greeting).await.map_err(|_| not_ready())?;
        match handover::format_of(greeting) {
            Some(FORMAT) => {}
            Some(other) => return Err(HandoverError::Format(self.program.clone(), other, FORMAT)),
            None => return Err(not_ready()),
        }
        match word(&self.channel).await {
            Ok(Word::Ready(version)) => self.version = crate::clean::clean(&version, VERSION_LIMIT),
            Ok(Word::Refused(failure)) => return Err(HandoverError::Refused(cleaned(failure))),
            Ok(Word::Took(..)) | Err(_) => return Err(not_ready()),
        }
        Ok(())
    }

    async fn give_all(&mut self, legacy: Vec<Piece>) -> Result<Kept, HandoverError> {
        let not_taken = || HandoverError::NotTaken(self.program.clone());
        for piece in legacy.into_iter().chain([Piece::End]) {
            let bytes = handover::encode_piece(&piece).map_err(|_| not_taken())?;
            write(&self.channel, &bytes).await.map_err(|_| not_taken())?;
        }
        match word(&self.channel).await {
            Ok(Word::Took(tokens, secrets)) => Ok(Kept { tokens, secrets }),
            Ok(Word::Refused(failure)) => Err(HandoverError::Refused(cleaned(failure))),
            Ok(Word::Ready(_)) | Err(_) => Err(not_taken()),
        }
    }
}

impl Drop for Successor {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        system::end(&mut child);
        let keeper = self.keeper.take();
        // Nobody waits for a process that the system is slow to end; it can do nothing any more.
        let waited = std::thread::Builder::new().name("successor".to_owned()).spawn(move || {
            let _ = child.wait();
            drop(keeper);
        });
        drop(waited);
    }
}

fn write_first_words(
    mut channel: &std::os::unix::net::UnixStream,
    made: Option<(u64, u64)>,
) -> io::Result<()> {
    use std::io::Write;
    channel.write_all(&handover::greeting())?;
    channel.write_all(&handover::encode_piece(&Piece::Place(made)).map_err(io::Error::other)?)
}

fn arguments(background: bool, given: [std::os::fd::BorrowedFd<'_>; 3]) -> Vec<String> {
    use std::os::fd::AsRawFd;
    let numbers = given.map(|descriptor| descriptor.as_raw_fd().to_string()).join(",");
    let mode = background.then(|| "--background".to_owned());
    mode.into_iter().chain([format!("--take-over={numbers}")]).collect()
}

/// Its words come from another program, if from one of this user's own choice.
fn cleaned(failure: cp_token_protocol::Failure) -> cp_token_protocol::Failure {
    let clean = |text: &str| crate::clean::clean(text, WORDS_LIMIT);
    cp_token_protocol::Failure { message: clean(&failure.message), hint: clean(&failure.hint), ..failure }
}

async fn word(channel: &UnixStream) -> io::Result<Word> {
    let mut head = [0; HEAD_LENGTH];
    read(channel, &mut head).await?;
    let length = handover::length_of(head).ok_or(io::ErrorKind::InvalidData)?;
    let mut body = Zeroizing::new(vec![0; length]);
    read(channel, &mut body).await?;
    handover::decode_word(&body).map_err(|_| io::ErrorKind::InvalidData.into())
}

async fn read(channel: &UnixStream, room: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < room.len() {
        channel.ready(Interest::READABLE).await?;
        match channel.try_read(&mut room[filled..]) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn write(channel: &UnixStream, mut rest: &[u8]) -> io::Result<()> {
    while !rest.is_empty() {
        channel.ready(Interest::WRITABLE).await?;
        match channel.try_write(rest) {
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

const VERSION_LIMIT: usize = 64;
const WORDS_LIMIT: usize = 300;
