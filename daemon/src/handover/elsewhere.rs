//! Owns the answer where nothing is handed over: macOS runs no program by its open file, and the instances of a Windows
//! pipe are not given away. So there is never a daemon of these types.

use cp_token_protocol::handover::Piece;
use cp_token_protocol::{Failure, IpcAddress};

use super::{HandoverError, Kept, TakeError};
use crate::ipc::socket::MeetingPlace;

/// The program to hand over to.
#[derive(Debug, Clone)]
pub enum Program {}

impl Program {
    /// None.
    pub fn own() -> Option<Self> {
        None
    }
}

/// The daemon that goes.
#[derive(Debug)]
pub enum Predecessor {}

impl Predecessor {
    /// Nobody.
    ///
    /// # Errors
    /// [`TakeError::Stranger`], always.
    pub fn meet(_: [i32; 3], _: &IpcAddress) -> Result<(Self, MeetingPlace), TakeError> {
        Err(TakeError::Stranger)
    }

    /// Never.
    ///
    /// # Errors
    /// None.
    pub fn wait_for_legacy(&mut self) -> Result<Option<Vec<Piece>>, TakeError> {
        match *self {}
    }

    /// Never.
    pub fn refuse(&mut self, _: Failure) {
        match *self {}
    }

    /// Never.
    ///
    /// # Errors
    /// None.
    pub fn take_leave(self, _: u32, _: u32) -> Result<(), TakeError> {
        match self {}
    }
}

/// The daemon that comes.
pub enum Successor {}

impl Successor {
    /// Nobody.
    ///
    /// # Errors
    /// None: there is no such program.
    #[expect(clippy::unused_async, reason = "elsewhere it takes its time")]
    pub async fn start(program: &Program, _: bool, _: &MeetingPlace) -> Result<Self, HandoverError> {
        match *program {}
    }

    /// Never.
    pub fn process(&self) -> Option<u32> {
        match *self {}
    }

    /// Never.
    pub fn version(&self) -> &str {
        match *self {}
    }

    /// Never.
    ///
    /// # Errors
    /// None.
    #[expect(clippy::unused_async, reason = "elsewhere it takes its time")]
    pub async fn give(&mut self, _: Vec<Piece>) -> Result<Kept, HandoverError> {
        match *self {}
    }

    /// Never.
    pub fn release(self) {
        match self {}
    }
}

/// It has it.
pub fn take_our_name() {}
