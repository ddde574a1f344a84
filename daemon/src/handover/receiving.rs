//! Owns the receiving side: the child that holds the state meanwhile, and the new program in the daemon's own process. Each
//! is given a channel, hardens itself, and only then creates the pair of sockets on which it receives secrets: a descriptor
//! that another program took from it before that is of no use.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use cp_token_protocol::handover::{
    self, Commit, FORMAT, HEADER_LENGTH, Imported, NewProcessReply, PREFIX_LENGTH, StateRecord,
};
use cp_token_protocol::{Failure, IpcAddress};
use rustix::process::Signal;
use zeroize::Zeroizing;

use super::{TakeOverError, system};
use crate::failure;
use crate::ipc::activation;
use crate::ipc::socket::BoundSocket;
use crate::process::args::Role;
use crate::process::instance::InstanceLock;

/// More than any daemon has.
const MAX_RECORDS: usize = 1 << 20;

/// The process that hands over, as the new one sees it.
#[derive(Debug)]
pub struct OldProcess {
    channel: UnixStream,
    callers: Vec<OwnedFd>,
}

impl OldProcess {
    /// Takes these descriptors: the listening socket, the lock, the channel, and the callers who wait for a reply.
    pub fn connect(
        role: Role,
        fds: &[RawFd],
        address: &IpcAddress,
    ) -> Result<(Self, BoundSocket), TakeOverError> {
        let fds: Option<Vec<OwnedFd>> = fds.iter().copied().map(system::take_fd).collect();
        let mut fds = fds.ok_or(TakeOverError::WrongProcess)?.into_iter();
        let (Some(socket), Some(lock), Some(channel)) = (fds.next(), fds.next(), fds.next()) else {
            return Err(TakeOverError::WrongProcess);
        };
        if !is_from_a_daemon(role, &channel) {
            return Err(TakeOverError::WrongProcess);
        }
        let (channel, made) = exchange_headers(UnixStream::from(channel))?;
        let mut old = Self { channel, callers: fds.collect() };
        let checked = check_socket(socket, File::from(lock), made, address);
        checked.inspect_err(|error| old.refuse(failure::of_start(error))).map(|socket| (old, socket))
    }

    /// Reports that this process is ready, and receives the state; nothing if the old process dies meanwhile.
    pub fn receive_state(&mut self) -> Result<Option<Vec<StateRecord>>, TakeOverError> {
        self.send(&NewProcessReply::Ready(env!("CARGO_PKG_VERSION").to_owned()));
        let mut records = Vec::new();
        while records.len() < MAX_RECORDS {
            match record(&mut self.channel)? {
                None => return Ok(None),
                Some(StateRecord::End) => return Ok(Some(records)),
                Some(record) => records.push(record),
            }
        }
        Err(TakeOverError::Broken)
    }

    /// Reports that this process does not take over.
    pub fn refuse(&mut self, failure: Failure) {
        self.send(&NewProcessReply::Refused(failure));
    }

    /// Reports that the state is imported, and waits until it belongs to this process; nothing if the old process is dead.
    pub fn confirm_import(&mut self, imported: Imported) -> Result<Option<Commit>, TakeOverError> {
        self.send(&NewProcessReply::Imported(imported));
        match record(&mut self.channel)? {
            None => Ok(None),
            Some(StateRecord::Commit(commit)) => Ok(Some(commit)),
            Some(_) => Err(TakeOverError::Broken),
        }
    }

    /// Replies to the callers who wait. One that does not read misses the reply.
    pub fn reply_to_callers(self, reply: &[u8]) {
        for caller in self.callers {
            let _ = rustix::net::send(&caller, reply, rustix::net::SendFlags::NOSIGNAL);
        }
    }

    /// The channel, for the next hand-over.
    pub(super) fn into_channel(self) -> UnixStream {
        self.channel
    }

    /// An error means that the old process is dead, which the next read reports.
    fn send(&mut self, reply: &NewProcessReply) {
        let encoded = handover::encode(reply).map_err(io::Error::other);
        let _ = encoded.and_then(|bytes| self.channel.write_all(&bytes));
    }
}

/// The child's channel was made by its parent, with which it ends; that of the new program in the daemon's process was made by its own child.
fn is_from_a_daemon(role: Role, channel: &OwnedFd) -> bool {
    let maker = system::maker(channel);
    match role {
        Role::Rehearse => {
            let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
            maker.is_some() && maker == system::parent()
        }
        Role::TakeOver => maker.is_some_and(system::is_child),
    }
}

/// The old process's header and the socket's identity are in the channel before this process starts. Our header goes back
/// with one end of a new pair of sockets, which nobody can take from a process that is hardened by now.
fn exchange_headers(mut channel: UnixStream) -> Result<(UnixStream, Option<(u64, u64)>), TakeOverError> {
    // The other side's runtime may have made it non-blocking.
    channel.set_nonblocking(false).map_err(|_| TakeOverError::Broken)?;
    let mut header = [0; HEADER_LENGTH];
    channel.read_exact(&mut header).map_err(|_| TakeOverError::WrongProcess)?;
    let format = handover::parse_header(header).ok_or(TakeOverError::WrongProcess)?;
    if format != FORMAT {
        // Our header tells the old process why the channel closes.
        let _ = channel.write_all(&handover::header());
        return Err(TakeOverError::Format);
    }
    let Some(StateRecord::SocketIdentity(made)) = record(&mut channel)? else {
        return Err(TakeOverError::Broken);
    };
    let (ours, theirs) = UnixStream::pair().map_err(|_| TakeOverError::Broken)?;
    system::send_fd(&channel, &handover::header(), theirs.as_fd()).map_err(|_| TakeOverError::Broken)?;
    Ok((ours, made))
}

fn check_socket(
    socket: OwnedFd,
    lock: File,
    made: Option<(u64, u64)>,
    address: &IpcAddress,
) -> Result<BoundSocket, TakeOverError> {
    activation::check(&socket, address)?;
    let lock = InstanceLock::inherited(address.folder(), lock)?;
    Ok(BoundSocket::inherited(address, socket, lock, made))
}

/// The next record; nothing if the channel is closed.
fn record(channel: &mut UnixStream) -> Result<Option<StateRecord>, TakeOverError> {
    let mut prefix = [0; PREFIX_LENGTH];
    if !read(channel, &mut prefix)? {
        return Ok(None);
    }
    let mut body = Zeroizing::new(vec![0; handover::frame_len(prefix).ok_or(TakeOverError::Broken)?]);
    if !read(channel, &mut body)? {
        return Ok(None);
    }
    handover::decode(&body).map(Some).map_err(|_| TakeOverError::Broken)
}

fn read(channel: &mut UnixStream, buffer: &mut [u8]) -> Result<bool, TakeOverError> {
    match channel.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if system::is_closed(&error) => Ok(false),
        Err(_) => Err(TakeOverError::Broken),
    }
}
