//! Owns the side of whoever hands over: the daemon to the child that holds everything meanwhile, and that child to the new
//! image of the daemon's own process. It gives nothing to a process that has not hardened itself, and ends a child that
//! does not take over without a trace.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::Child;
use std::thread::Builder;
use std::time::Duration;

use cp_token_protocol::handover::{
    self, Commit, FORMAT, HEADER_LENGTH, NewProcessReply, PREFIX_LENGTH, StateRecord,
};
use tokio::io::Interest;
use tokio::net::UnixStream;
use zeroize::Zeroizing;

use super::{HandoverError, Kept, OldProcess, Program, system};
use crate::base::memory;
use crate::ipc::socket::BoundSocket;
use crate::process::args::Role;
use crate::process::children;

/// From its start until it is ready.
const START_LIMIT: Duration = Duration::from_secs(10);
/// From the moment at which nobody is let in until it holds everything: less than callers wait for a first word.
const TAKE_LIMIT: Duration = Duration::from_secs(2);
/// For the new image, with which everything else would be lost.
const KEEP_LIMIT: Duration = Duration::from_secs(60);

/// Whoever comes, as the one that hands over sees it. Dropping it ends its process, where it is a child.
pub struct NewProcess {
    child: Option<Child>,
    process: u32,
    channel: UnixStream,
    program: String,
    version: String,
}

/// What is run, once it is proved: the very file that the child runs.
pub struct VerifiedProgram {
    program: Program,
    file: OwnedFd,
    background: bool,
}

impl NewProcess {
    /// Starts the program that lies at the daemon's own path as a child, and waits until it is ready.
    ///
    /// # Errors
    /// [`HandoverError`].
    pub async fn start(
        program: &Program,
        background: bool,
        meeting: &BoundSocket,
    ) -> Result<(Self, VerifiedProgram), HandoverError> {
        // Whoever looks into this process would look into the next image as well, which is then given nothing.
        if system::is_traced("self") {
            return Err(HandoverError::Traced);
        }
        let file = program.open().map_err(|fault| HandoverError::Program(program.shown(), fault))?;
        let proved = VerifiedProgram { program: program.clone(), file, background };
        let mut successor = proved.rehearse(meeting).map_err(HandoverError::System)?;
        let ready = tokio::time::timeout(START_LIMIT, successor.get_ready());
        ready.await.map_err(|_| HandoverError::Silent(program.shown()))??;
        Ok((successor, proved))
    }

    /// Waits in the child, which holds everything, for the new image of its parent. What others say on the channel, which
    /// they may have taken from an image that was not hardened yet, is not heeded.
    ///
    /// # Errors
    /// [`HandoverError`].
    pub async fn in_the_parent(
        predecessor: OldProcess,
        program: &Program,
        meeting: &BoundSocket,
    ) -> Result<Self, HandoverError> {
        let refused = HandoverError::System;
        let channel = predecessor.into_channel();
        write_first_words(&channel, meeting.made()).map_err(refused)?;
        let process = system::parent().ok_or(HandoverError::Nowhere)?;
        let mut successor = Self::at(channel, process, None, program).map_err(refused)?;
        let ready = async {
            loop {
                match successor.get_ready().await {
                    Err(HandoverError::Stranger) => {}
                    outcome => return outcome,
                }
            }
        };
        let ready = tokio::time::timeout(KEEP_LIMIT, ready).await;
        ready.map_err(|_| HandoverError::Silent(program.shown()))??;
        Ok(successor)
    }

    fn at(
        channel: std::os::unix::net::UnixStream,
        process: u32,
        child: Option<Child>,
        program: &Program,
    ) -> io::Result<Self> {
        channel.set_nonblocking(true)?;
        let channel = UnixStream::from_std(channel)?;
        Ok(Self { child, process, channel, program: program.shown(), version: String::new() })
    }

    /// Its version, by its own word.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Gives it everything. To be called while nobody is let in.
    ///
    /// # Errors
    /// [`HandoverError`].
    pub async fn give(&mut self, legacy: Vec<StateRecord>) -> Result<Kept, HandoverError> {
        let limit = if self.child.is_some() { TAKE_LIMIT } else { KEEP_LIMIT };
        let taken = tokio::time::timeout(limit, self.give_all(legacy)).await;
        taken.unwrap_or_else(|_| Err(self.not_taken()))
    }

    /// From here on everything is its own.
    ///
    /// # Errors
    /// [`HandoverError::NotTaken`] where it is dead.
    pub async fn release(&mut self, commit: Commit) -> Result<(), HandoverError> {
        let bytes = handover::encode_record(&StateRecord::Commit(commit)).map_err(|_| self.not_taken())?;
        let said = tokio::time::timeout(TAKE_LIMIT, write(&self.channel, &bytes)).await;
        said.map_err(|_| self.not_taken())?.map_err(|_| self.not_taken())
    }

    /// Reads its greeting, and takes the channel that it has made.
    async fn get_ready(&mut self) -> Result<(), HandoverError> {
        self.channel = self.greeted().await?;
        match word(&self.channel).await {
            Ok(NewProcessReply::Ready(version)) => {
                self.version = crate::base::sanitize::clean(&version, VERSION_LIMIT)
            }
            Ok(NewProcessReply::Refused(failure)) => return Err(HandoverError::Refused(cleaned(failure))),
            Ok(NewProcessReply::Imported(..)) | Err(_) => return Err(self.not_ready()),
        }
        Ok(())
    }

    async fn greeted(&self) -> Result<UnixStream, HandoverError> {
        let mut greeting = [0; HEADER_LENGTH];
        let heard = hear_with(&self.channel, &mut greeting).await;
        let (length, given) = heard.map_err(|_| self.not_ready())?;
        if length == 0 {
            return Err(self.not_ready());
        }
        let format = handover::parse_header(greeting);
        let made_by_it = given.filter(|channel| system::maker(channel) == Some(self.process));
        let Some(channel) = made_by_it.filter(|_| format == Some(FORMAT)) else {
            return Err(self.unfit(format));
        };
        if system::is_traced(&self.process.to_string()) {
            return Err(HandoverError::Traced);
        }
        if system::is_open_to_others(self.process) {
            return Err(HandoverError::Exposed);
        }
        let channel = std::os::unix::net::UnixStream::from(channel);
        let watched = channel.set_nonblocking(true).and_then(|()| UnixStream::from_std(channel));
        watched.map_err(HandoverError::System)
    }

    async fn give_all(&mut self, legacy: Vec<StateRecord>) -> Result<Kept, HandoverError> {
        for piece in legacy.into_iter().chain([StateRecord::End]) {
            let bytes = handover::encode_record(&piece).map_err(|_| self.not_taken())?;
            write(&self.channel, &bytes).await.map_err(|_| self.not_taken())?;
        }
        match word(&self.channel).await {
            Ok(NewProcessReply::Imported(tokens, secrets)) => Ok(Kept { tokens, secrets }),
            Ok(NewProcessReply::Refused(failure)) => Err(HandoverError::Refused(by_its_code(&failure))),
            Ok(NewProcessReply::Ready(_)) | Err(_) => Err(self.not_taken()),
        }
    }

    /// To the child, which waits for its parent, anybody may have spoken.
    fn unfit(&self, format: Option<u16>) -> HandoverError {
        match format {
            _ if self.child.is_none() => HandoverError::Stranger,
            Some(other) if other != FORMAT => HandoverError::Format(self.program.clone(), other, FORMAT),
            None | Some(_) => self.not_ready(),
        }
    }

    fn not_ready(&self) -> HandoverError {
        HandoverError::NotReady(self.program.clone())
    }

    fn not_taken(&self) -> HandoverError {
        HandoverError::NotTaken(self.program.clone())
    }
}

impl Drop for NewProcess {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        system::end(&mut child);
        // Nobody waits for a process that the system is slow to end; it can do nothing any more.
        let waited = memory::start_thread(Builder::new().name("successor".to_owned()), move || {
            let _ = children::wait(&mut child);
        });
        drop(waited);
    }
}

impl VerifiedProgram {
    fn rehearse(&self, meeting: &BoundSocket) -> io::Result<NewProcess> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        write_first_words(&ours, meeting.made())?;
        let given = [meeting.socket.as_raw_fd(), meeting.lock().file().as_raw_fd(), theirs.as_raw_fd()];
        let child = self.program.start(&self.file, &self.arguments(Role::Rehearsal, &given), &given)?;
        NewProcess::at(ours, child.id(), Some(child), &self.program)
    }

    /// Runs the program in the place of this one, with the child that holds everything at the other end of its channel.
    /// It returns only where the system refuses.
    pub fn take_over(self, held_by: NewProcess, meeting: &BoundSocket, callers: &[RawFd]) -> HandoverError {
        let channel = held_by.channel.as_raw_fd();
        let mut given = vec![meeting.socket.as_raw_fd(), meeting.lock().file().as_raw_fd(), channel];
        given.extend(callers);
        let arguments = self.arguments(Role::Successor, &given);
        let refusal = self.program.take_over_this_process(&self.file, &arguments, &given);
        drop(held_by);
        HandoverError::NotRun(self.program.shown(), refusal)
    }

    fn arguments(&self, role: Role, given: &[RawFd]) -> Vec<String> {
        let numbers: Vec<String> = given.iter().map(ToString::to_string).collect();
        let mode = self.background.then(|| "--background".to_owned());
        mode.into_iter().chain([format!("{}{}", role.word(), numbers.join(","))]).collect()
    }
}

fn write_first_words(
    mut channel: &std::os::unix::net::UnixStream,
    made: Option<(u64, u64)>,
) -> io::Result<()> {
    use std::io::Write;
    channel.write_all(&handover::header())?;
    channel.write_all(&handover::encode_record(&StateRecord::SocketIdentity(made)).map_err(io::Error::other)?)
}

/// Once it was given secrets its words may hold one: only what its code means is told.
fn by_its_code(failure: &cp_token_protocol::Failure) -> cp_token_protocol::Failure {
    let message = format!("it takes nothing over ({})", failure.code.name());
    cp_token_protocol::Failure::new(failure.code, message)
        .with_hint("See the daemon's log; to go on without a hand-over, run `cp-token daemon stop` and `cp-token daemon start`")
}

/// Its words come from another program, if from one of this user's own choice, which has been given nothing yet.
fn cleaned(failure: cp_token_protocol::Failure) -> cp_token_protocol::Failure {
    let clean = |text: &str| crate::base::sanitize::clean(text, WORDS_LIMIT);
    cp_token_protocol::Failure { message: clean(&failure.message), hint: clean(&failure.hint), ..failure }
}

async fn word(channel: &UnixStream) -> io::Result<NewProcessReply> {
    let mut head = [0; PREFIX_LENGTH];
    read(channel, &mut head).await?;
    let length = handover::frame_len(head).ok_or(io::ErrorKind::InvalidData)?;
    let mut body = Zeroizing::new(vec![0; length]);
    read(channel, &mut body).await?;
    handover::decode_reply(&body).map_err(|_| io::ErrorKind::InvalidData.into())
}

async fn hear_with(channel: &UnixStream, words: &mut [u8]) -> io::Result<(usize, Option<OwnedFd>)> {
    channel.async_io(Interest::READABLE, || system::hear_with(channel, words)).await
}

async fn read(channel: &UnixStream, room: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < room.len() {
        let rest = &mut room[filled..];
        match channel.async_io(Interest::READABLE, || channel.try_read(rest)).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => filled += count,
        }
    }
    Ok(())
}

async fn write(channel: &UnixStream, mut rest: &[u8]) -> io::Result<()> {
    while !rest.is_empty() {
        let count = channel.async_io(Interest::WRITABLE, || channel.try_write(rest)).await?;
        rest = &rest[count..];
    }
    Ok(())
}

const VERSION_LIMIT: usize = 64;
const WORDS_LIMIT: usize = 300;
