//! Owns the sending side: the daemon sends its state to the child, and the child sends it to the new program in the daemon's
//! own process. Nothing is sent to a process that has not hardened itself, and a child that fails is killed.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::Child;
use std::thread::Builder;
use std::time::Duration;

use cp_token_protocol::Failure;
use cp_token_protocol::handover::{
    self, Commit, FORMAT, HEADER_LENGTH, Imported, NewProcessReply, PREFIX_LENGTH, StateRecord,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::UnixStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{HandoverError, OldProcess, Program, system};
use crate::base::memory;
use crate::base::sanitize::clean;
use crate::ipc::socket::BoundSocket;
use crate::process::args::Role;
use crate::process::children;

type StdStream = std::os::unix::net::UnixStream;

/// From the start of the child until it is ready.
const START_TIMEOUT: Duration = Duration::from_secs(10);
/// For the child's import: less than callers wait for a first byte, since none is accepted meanwhile.
const IMPORT_TIMEOUT: Duration = Duration::from_secs(2);
/// For the new program in the daemon's process: after this, the state is lost.
const PARENT_TIMEOUT: Duration = Duration::from_secs(60);
const MAX_VERSION_CHARS: usize = 64;
const MAX_MESSAGE_CHARS: usize = 300;

/// The process that takes over. Dropping this kills it if it is a child.
pub struct NewProcess {
    child: Option<Child>,
    pid: u32,
    channel: UnixStream,
    program: String,
    version: String,
}

/// The file that the child runs, to be executed in this process.
pub struct VerifiedProgram {
    program: Program,
    file: OwnedFd,
    background: bool,
}

impl NewProcess {
    /// Starts the program that is now at the daemon's own path as a child, and waits until it is ready.
    pub async fn start(
        program: &Program,
        background: bool,
        socket: &BoundSocket,
    ) -> Result<(Self, VerifiedProgram), HandoverError> {
        // A debugger would stay attached over the `execve`, and the child would then send nothing back.
        if system::is_traced("self") {
            return Err(HandoverError::Traced);
        }
        let file = program.open().map_err(|fault| HandoverError::Program(program.shown(), fault))?;
        let verified = VerifiedProgram { program: program.clone(), file, background };
        let mut child = verified.start_child(socket).map_err(HandoverError::System)?;
        let ready = timeout(START_TIMEOUT, child.wait_until_ready());
        ready.await.map_err(|_| HandoverError::Timeout(program.shown()))??;
        Ok((child, verified))
    }

    /// Waits, in the child, for the new program in its parent. Messages of other processes, which may have taken the channel
    /// before that program was hardened, are ignored.
    pub async fn in_parent(
        old: OldProcess,
        program: &Program,
        socket: &BoundSocket,
    ) -> Result<Self, HandoverError> {
        let channel = old.into_channel();
        write_header(&channel, socket.made()).map_err(HandoverError::System)?;
        let pid = system::parent().ok_or(HandoverError::NoProgram)?;
        let mut parent = Self::connected(channel, pid, None, program).map_err(HandoverError::System)?;
        let ready = async {
            loop {
                match parent.wait_until_ready().await {
                    Err(HandoverError::WrongProcess) => {}
                    outcome => return outcome,
                }
            }
        };
        timeout(PARENT_TIMEOUT, ready).await.map_err(|_| HandoverError::Timeout(program.shown()))??;
        Ok(parent)
    }

    fn connected(channel: StdStream, pid: u32, child: Option<Child>, program: &Program) -> io::Result<Self> {
        let channel = watched(channel)?;
        Ok(Self { child, pid, channel, program: program.shown(), version: String::new() })
    }

    /// The version that it reports.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Sends the whole state. To be called while no caller is accepted.
    pub async fn send_state(&mut self, records: Vec<StateRecord>) -> Result<Imported, HandoverError> {
        let limit = if self.child.is_some() { IMPORT_TIMEOUT } else { PARENT_TIMEOUT };
        timeout(limit, self.send_all(records)).await.unwrap_or_else(|_| Err(self.not_imported()))
    }

    /// Makes the new process the owner of the state. Fails if it is dead.
    pub async fn commit(&mut self, commit: Commit) -> Result<(), HandoverError> {
        let sent = timeout(IMPORT_TIMEOUT, self.send(&StateRecord::Commit(commit))).await;
        sent.unwrap_or_else(|_| Err(self.not_imported()))
    }

    /// Reads its header, and takes the channel that it has made.
    async fn wait_until_ready(&mut self) -> Result<(), HandoverError> {
        self.channel = self.accept_channel().await?;
        match reply(&mut self.channel).await {
            Ok(NewProcessReply::Ready(version)) => self.version = clean(&version, MAX_VERSION_CHARS),
            Ok(NewProcessReply::Refused(failure)) => return Err(HandoverError::Refused(sanitized(failure))),
            Ok(NewProcessReply::Imported(..)) | Err(_) => return Err(self.not_ready()),
        }
        Ok(())
    }

    async fn accept_channel(&self) -> Result<UnixStream, HandoverError> {
        let mut header = [0; HEADER_LENGTH];
        let received =
            self.channel.async_io(Interest::READABLE, || system::receive_fd(&self.channel, &mut header));
        let (length, channel) = received.await.map_err(|_| self.not_ready())?;
        if length == 0 {
            return Err(self.not_ready());
        }
        let format = handover::parse_header(header);
        let made_by_it = channel.filter(|channel| system::maker(channel) == Some(self.pid));
        let Some(channel) = made_by_it.filter(|_| format == Some(FORMAT)) else {
            return Err(self.wrong_header(format));
        };
        if system::is_traced(&self.pid.to_string()) {
            return Err(HandoverError::Traced);
        }
        if system::is_open_to_others(self.pid) {
            return Err(HandoverError::NotHardened);
        }
        watched(channel.into()).map_err(HandoverError::System)
    }

    async fn send_all(&mut self, records: Vec<StateRecord>) -> Result<Imported, HandoverError> {
        for record in records.into_iter().chain([StateRecord::End]) {
            self.send(&record).await?;
        }
        match reply(&mut self.channel).await {
            Ok(NewProcessReply::Imported(imported)) => Ok(imported),
            Ok(NewProcessReply::Refused(failure)) => Err(HandoverError::Refused(by_its_code(&failure))),
            Ok(NewProcessReply::Ready(_)) | Err(_) => Err(self.not_imported()),
        }
    }

    async fn send(&mut self, record: &StateRecord) -> Result<(), HandoverError> {
        let bytes = handover::encode(record).map_err(|_| self.not_imported())?;
        self.channel.write_all(&bytes).await.map_err(|_| self.not_imported())
    }

    /// The channel to the child's parent may have been written by anybody.
    fn wrong_header(&self, format: Option<u16>) -> HandoverError {
        match format {
            _ if self.child.is_none() => HandoverError::WrongProcess,
            Some(other) if other != FORMAT => HandoverError::Format(self.program.clone(), other, FORMAT),
            None | Some(_) => self.not_ready(),
        }
    }

    fn not_ready(&self) -> HandoverError {
        HandoverError::NotReady(self.program.clone())
    }

    fn not_imported(&self) -> HandoverError {
        HandoverError::NotImported(self.program.clone())
    }
}

impl Drop for NewProcess {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        system::kill(&mut child);
        // The system may be slow to end it; it can do nothing any more.
        let waited = memory::start_thread(Builder::new().name("new-process".to_owned()), move || {
            let _ = children::wait(&mut child);
        });
        drop(waited);
    }
}

impl VerifiedProgram {
    fn start_child(&self, socket: &BoundSocket) -> io::Result<NewProcess> {
        let (ours, theirs) = StdStream::pair()?;
        write_header(&ours, socket.made())?;
        let fds = [socket.socket.as_raw_fd(), socket.lock().file().as_raw_fd(), theirs.as_raw_fd()];
        let child = self.program.start(&self.file, &self.arguments(Role::Rehearse, &fds), &fds)?;
        NewProcess::connected(ours, child.id(), Some(child), &self.program)
    }

    /// Runs the program in this process, with the child that holds the state at the other end of its channel. Returns only if
    /// the system refuses.
    pub fn exec(self, holder: NewProcess, socket: &BoundSocket, callers: &[RawFd]) -> HandoverError {
        let channel = holder.channel.as_raw_fd();
        let mut fds = vec![socket.socket.as_raw_fd(), socket.lock().file().as_raw_fd(), channel];
        fds.extend(callers);
        let error = self.program.exec(&self.file, &self.arguments(Role::TakeOver, &fds), &fds);
        drop(holder);
        HandoverError::ExecFailed(self.program.shown(), error)
    }

    fn arguments(&self, role: Role, fds: &[RawFd]) -> Vec<String> {
        let numbers: Vec<String> = fds.iter().map(ToString::to_string).collect();
        let mode = self.background.then(|| "--background".to_owned());
        mode.into_iter().chain([format!("{}{}", role.option(), numbers.join(","))]).collect()
    }
}

fn watched(channel: StdStream) -> io::Result<UnixStream> {
    channel.set_nonblocking(true)?;
    UnixStream::from_std(channel)
}

fn write_header(mut channel: &StdStream, socket: Option<(u64, u64)>) -> io::Result<()> {
    use std::io::Write;
    channel.write_all(&handover::header())?;
    let record = handover::encode(&StateRecord::SocketIdentity(socket));
    channel.write_all(&record.map_err(io::Error::other)?)
}

/// Its message may hold a secret once it has received some: only what its code means is shown.
fn by_its_code(failure: &Failure) -> Failure {
    Failure::new(failure.code, format!("it takes nothing over ({})", failure.code.name()))
        .with_hint("see the daemon's log; to go on without a hand-over, run `cp-token daemon stop` and `cp-token daemon start`")
}

/// The message comes from another program, though one of this user's choice that has received nothing yet.
fn sanitized(failure: Failure) -> Failure {
    let [message, hint] = [&failure.message, &failure.hint].map(|text| clean(text, MAX_MESSAGE_CHARS));
    Failure { message, hint, ..failure }
}

async fn reply(channel: &mut UnixStream) -> io::Result<NewProcessReply> {
    let mut prefix = [0; PREFIX_LENGTH];
    channel.read_exact(&mut prefix).await?;
    let mut body = Zeroizing::new(vec![0; handover::frame_len(prefix).ok_or(io::ErrorKind::InvalidData)?]);
    channel.read_exact(&mut body).await?;
    handover::decode(&body).map_err(|_| io::ErrorKind::InvalidData.into())
}
