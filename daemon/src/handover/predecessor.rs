//! Owns the side of the daemon that comes: who hands over to it, what it is given, and when it may begin. It runs before
//! the runtime does, and waits for nobody but its predecessor, whose end is a word, too.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use cp_token_protocol::handover::{self, FORMAT, GREETING_LENGTH, HEAD_LENGTH, Piece, Word};
use cp_token_protocol::{Failure, IpcAddress};
use zeroize::Zeroizing;

use super::{TakeError, system};
use crate::failure;
use crate::instance::InstanceLock;
use crate::ipc::activation;
use crate::ipc::socket::MeetingPlace;

/// More pieces than any daemon has.
const PIECES: usize = 1 << 20;

/// The daemon that goes, as the one that comes sees it.
#[derive(Debug)]
pub struct Predecessor {
    channel: UnixStream,
}

impl Predecessor {
    /// Takes what these descriptors are, if each is what it should be: the listening socket, the lock, the channel.
    ///
    /// # Errors
    /// [`TakeError`].
    pub fn meet(numbers: [RawFd; 3], address: &IpcAddress) -> Result<(Self, MeetingPlace), TakeError> {
        let [socket, lock, channel] = numbers.map(system::take);
        let (Some(socket), Some(lock), Some(channel)) = (socket, lock, channel) else {
            return Err(TakeError::Stranger);
        };
        if system::is_from_parent(&channel) == Some(false) {
            return Err(TakeError::Stranger);
        }
        let mut predecessor = Self { channel: UnixStream::from(channel) };
        let made = predecessor.first_words()?;
        match predecessor.place(socket, system::as_file(lock), made, address) {
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
    /// [`TakeError`] where what comes is no legacy.
    pub fn wait_for_legacy(&mut self) -> Result<Option<Vec<Piece>>, TakeError> {
        self.say(&Word::Ready(env!("CARGO_PKG_VERSION").to_owned()));
        let mut pieces = Vec::new();
        while pieces.len() < PIECES {
            match self.piece()? {
                None => return Ok(None),
                Some(Piece::End) => return Ok(Some(pieces)),
                Some(piece) => pieces.push(piece),
            }
        }
        Err(TakeError::Broken)
    }

    /// Says that it does not take over.
    pub fn refuse(&mut self, failure: Failure) {
        self.say(&Word::Refused(failure));
    }

    /// Says that everything is held here, and waits until the predecessor has let go of it, or is dead.
    ///
    /// # Errors
    /// [`TakeError`] where it says anything else.
    pub fn take_leave(mut self, tokens: u32, secrets: u32) -> Result<(), TakeError> {
        self.say(&Word::Took(tokens, secrets));
        match self.piece()? {
            None | Some(Piece::Go) => Ok(()),
            Some(_) => Err(TakeError::Broken),
        }
    }

    /// Its greeting and what it has made of the socket's name lie in the channel before this process begins.
    fn first_words(&mut self) -> Result<Option<(u64, u64)>, TakeError> {
        let mut greeting = [0; GREETING_LENGTH];
        self.channel.read_exact(&mut greeting).map_err(|_| TakeError::Stranger)?;
        let format = handover::format_of(greeting).ok_or(TakeError::Stranger)?;
        // It learns from ours why there is nothing more to say.
        let _ = self.channel.write_all(&handover::greeting());
        if format != FORMAT {
            return Err(TakeError::Format);
        }
        match self.piece()? {
            Some(Piece::Place(made)) => Ok(made),
            Some(_) | None => Err(TakeError::Broken),
        }
    }

    fn place(
        &self,
        socket: OwnedFd,
        lock: File,
        made: Option<(u64, u64)>,
        address: &IpcAddress,
    ) -> Result<MeetingPlace, TakeError> {
        activation::check(&socket, address)?;
        let lock = InstanceLock::inherited(address.folder(), lock)?;
        Ok(MeetingPlace::inherited(address, socket, lock, made))
    }

    /// The next piece; nothing where the other end is gone.
    fn piece(&mut self) -> Result<Option<Piece>, TakeError> {
        let mut head = [0; HEAD_LENGTH];
        if !self.fill(&mut head)? {
            return Ok(None);
        }
        let mut body = Zeroizing::new(vec![0; handover::length_of(head).ok_or(TakeError::Broken)?]);
        if !self.fill(&mut body)? {
            return Ok(None);
        }
        handover::decode_piece(&body).map(Some).map_err(|_| TakeError::Broken)
    }

    fn fill(&mut self, room: &mut [u8]) -> Result<bool, TakeError> {
        match self.channel.read_exact(room) {
            Ok(()) => Ok(true),
            Err(error) if system::is_the_end(&error) => Ok(false),
            Err(_) => Err(TakeError::Broken),
        }
    }

    /// To somebody who is gone there is nothing to be said.
    fn say(&mut self, word: &Word) {
        let written = handover::encode_word(word).map_err(io::Error::other);
        let _ = written.and_then(|bytes| self.channel.write_all(&bytes));
    }
}
