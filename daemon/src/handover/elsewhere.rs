//! Owns the answer where nothing is handed over: macOS runs no program by its open file, and the instances of a Windows
//! pipe are not given away. So there is never a daemon of these types.

use cp_token_protocol::handover::{Parting, Piece};
use cp_token_protocol::{Failure, IpcAddress};

use super::{HandoverError, Kept, Role, TakeError};
use crate::ipc::socket::MeetingPlace;

/// The program to hand over to.
#[derive(Debug, Clone)]
pub enum Program {}

impl Program {
    /// None.
    pub fn own() -> Option<Self> {
        None
    }

    /// None.
    pub fn inherited() -> Option<Self> {
        None
    }
}

/// Whoever hands over.
#[derive(Debug)]
pub enum Predecessor {}

impl Predecessor {
    /// Nobody.
    ///
    /// # Errors
    /// [`TakeError::Stranger`], always.
    pub fn meet(_: Role, _: &[i32], _: &IpcAddress) -> Result<(Self, MeetingPlace), TakeError> {
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
    pub fn take_leave(&mut self, _: u32, _: u32) -> Result<Option<Parting>, TakeError> {
        match *self {}
    }

    /// Never.
    pub fn answer(self, _: &[u8]) {
        match self {}
    }
}

/// Whoever comes.
pub enum Successor {}

/// What is run.
pub enum Proved {}

impl Successor {
    /// Nobody.
    ///
    /// # Errors
    /// None: there is no such program.
    #[expect(clippy::unused_async, reason = "elsewhere it takes its time")]
    pub async fn start(
        program: &Program,
        _: bool,
        _: &MeetingPlace,
    ) -> Result<(Self, Proved), HandoverError> {
        match *program {}
    }

    /// Nobody.
    ///
    /// # Errors
    /// None: there is no such program.
    #[expect(clippy::unused_async, reason = "elsewhere it takes its time")]
    pub async fn in_the_parent(
        predecessor: Predecessor,
        _: &Program,
        _: &MeetingPlace,
    ) -> Result<Self, HandoverError> {
        match predecessor {}
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
    ///
    /// # Errors
    /// None.
    #[expect(clippy::unused_async, reason = "elsewhere it takes its time")]
    pub async fn release(&mut self, _: Parting) -> Result<(), HandoverError> {
        match *self {}
    }
}

impl Proved {
    /// Never.
    pub fn take_over(self, _: Successor, _: &MeetingPlace, _: &[i32]) -> HandoverError {
        match self {}
    }
}

/// It has it.
pub fn take_our_name() {}
