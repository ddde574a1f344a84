//! Owns the side of whoever comes: the child that holds everything meanwhile, and the new image of the daemon's own
//! process. Each is given a channel, hardens itself, and only then makes the pair of sockets on which it is told anything
//! that is secret: what others could take from it before that leads nowhere.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use cp_token_protocol::handover::{
    self, Commit, FORMAT, HEADER_LENGTH, NewProcessReply, PREFIX_LENGTH, StateRecord,
};
use cp_token_protocol::{Failure, IpcAddress};
use zeroize::Zeroizing;

use super::{TakeOverError, system};
use crate::failure;
use crate::ipc::activation;
use crate::ipc::socket::BoundSocket;
use crate::process::args::Role;
use crate::process::instance::InstanceLock;

/// More pieces than any daemon has.
const PIECES: usize = 1 << 20;

/// Whoever hands over, as the one that comes sees it.
#[derive(Debug)]
pub struct OldProcess {
    channel: UnixStream,
    callers: Vec<OwnedFd>,
}

impl OldProcess {
    /// Takes what these descriptors are, if each is what it should be: the listening socket, the lock, the channel, and
    /// the callers who wait for a word.
    ///
    /// # Errors
    /// [`TakeOverError`].
    pub fn meet(
        role: Role,
        numbers: &[RawFd],
        address: &IpcAddress,
    ) -> Result<(Self, BoundSocket), TakeOverError> {
        let given: Option<Vec<OwnedFd>> = numbers.iter().copied().map(system::take).collect();
        let mut given = given.ok_or(TakeOverError::Stranger)?.into_iter();
        let (Some(socket), Some(lock), Some(channel)) = (given.next(), given.next(), given.next()) else {
            return Err(TakeOverError::Stranger);
        };
        if !is_from_a_daemon(role, &channel) {
            return Err(TakeOverError::Stranger);
        }
        let (channel, made) = first_words(UnixStream::from(channel))?;
        let mut predecessor = Self { channel, callers: given.collect() };
        match place(socket, File::from(lock), made, address) {
            Ok(place) => Ok((predecessor, place)),
            Err(error) => {
                predecessor.refuse(failure::of_start(&error));
                Err(error)
            }
        }
    }

    /// Says that nothing more has to be done before everything can be taken, and waits for it. Nothing where the
    /// predecessor dies before it has handed over all of it.
    ///
    /// # Errors
    /// [`TakeOverError`] where what comes is no legacy.
    pub fn wait_for_legacy(&mut self) -> Result<Option<Vec<StateRecord>>, TakeOverError> {
        self.say(&NewProcessReply::Ready(env!("CARGO_PKG_VERSION").to_owned()));
        let mut pieces = Vec::new();
        while pieces.len() < PIECES {
            match self.piece()? {
                None => return Ok(None),
                Some(StateRecord::End) => return Ok(Some(pieces)),
                Some(piece) => pieces.push(piece),
            }
        }
        Err(TakeOverError::Broken)
    }

    /// Says that it does not take over.
    pub fn refuse(&mut self, failure: Failure) {
        self.say(&NewProcessReply::Refused(failure));
    }

    /// Says that everything is held here, and waits for the word that it is this one's now; nothing where the predecessor
    /// is dead.
    ///
    /// # Errors
    /// [`TakeOverError`] where it says anything else.
    pub fn take_leave(&mut self, tokens: u32, secrets: u32) -> Result<Option<Commit>, TakeOverError> {
        self.say(&NewProcessReply::Imported(tokens, secrets));
        match self.piece()? {
            None => Ok(None),
            Some(StateRecord::Commit(commit)) => Ok(Some(commit)),
            Some(_) => Err(TakeOverError::Broken),
        }
    }

    /// Says the word to the callers who wait for it. One who does not read misses it.
    pub fn answer(self, reply: &[u8]) {
        for caller in self.callers {
            let _ = rustix::net::send(&caller, reply, rustix::net::SendFlags::NOSIGNAL);
        }
    }

    /// The channel, to hand over in turn.
    pub(super) fn into_channel(self) -> UnixStream {
        self.channel
    }

    /// The next piece; nothing where the other end is gone.
    fn piece(&mut self) -> Result<Option<StateRecord>, TakeOverError> {
        piece(&mut self.channel)
    }

    /// To somebody who is gone there is nothing to be said.
    fn say(&mut self, word: &NewProcessReply) {
        let written = handover::encode_reply(word).map_err(io::Error::other);
        let _ = written.and_then(|bytes| self.channel.write_all(&bytes));
    }
}

/// The child is given a pair that its parent has made, and ends with it; the new image one that its own child has made.
fn is_from_a_daemon(role: Role, channel: &OwnedFd) -> bool {
    let maker = system::maker(channel);
    match role {
        Role::Rehearsal => {
            system::end_with_parent();
            maker.is_some() && maker == system::parent()
        }
        Role::Successor => maker.is_some_and(system::is_child),
    }
}

/// The greeting of whoever hands over, and what was made of the socket's name, lie in the channel before this process
/// begins. Its own greeting goes back with the end of a new pair, which nobody can have taken from a process that is
/// hardened by now.
fn first_words(mut channel: UnixStream) -> Result<(UnixStream, Option<(u64, u64)>), TakeOverError> {
    // The other side's runtime may have set it otherwise.
    channel.set_nonblocking(false).map_err(|_| TakeOverError::Broken)?;
    let mut greeting = [0; HEADER_LENGTH];
    channel.read_exact(&mut greeting).map_err(|_| TakeOverError::Stranger)?;
    let format = handover::parse_header(greeting).ok_or(TakeOverError::Stranger)?;
    if format != FORMAT {
        // It learns from ours why there is nothing more to say.
        let _ = channel.write_all(&handover::header());
        return Err(TakeOverError::Format);
    }
    let Some(StateRecord::SocketIdentity(made)) = piece(&mut channel)? else {
        return Err(TakeOverError::Broken);
    };
    let (ours, theirs) = UnixStream::pair().map_err(|_| TakeOverError::Broken)?;
    system::say_with(&channel, &handover::header(), theirs.as_fd()).map_err(|_| TakeOverError::Broken)?;
    Ok((ours, made))
}

fn place(
    socket: OwnedFd,
    lock: File,
    made: Option<(u64, u64)>,
    address: &IpcAddress,
) -> Result<BoundSocket, TakeOverError> {
    activation::check(&socket, address)?;
    let lock = InstanceLock::inherited(address.folder(), lock)?;
    Ok(BoundSocket::inherited(address, socket, lock, made))
}

fn piece(channel: &mut UnixStream) -> Result<Option<StateRecord>, TakeOverError> {
    let mut head = [0; PREFIX_LENGTH];
    if !fill(channel, &mut head)? {
        return Ok(None);
    }
    let mut body = Zeroizing::new(vec![0; handover::frame_len(head).ok_or(TakeOverError::Broken)?]);
    if !fill(channel, &mut body)? {
        return Ok(None);
    }
    handover::decode_record(&body).map(Some).map_err(|_| TakeOverError::Broken)
}

fn fill(channel: &mut UnixStream, room: &mut [u8]) -> Result<bool, TakeOverError> {
    match channel.read_exact(room) {
        Ok(()) => Ok(true),
        Err(error) if system::is_the_end(&error) => Ok(false),
        Err(_) => Err(TakeOverError::Broken),
    }
}
