//! Owns the answer where nothing is handed over: macOS runs no program by its open file, and the instances of a Windows
//! pipe are not given away. So there is never a daemon of these types.

use cp_token_protocol::handover::{Commit, StateRecord};
use cp_token_protocol::{Failure, IpcAddress};

use super::{HandoverError, Kept, TakeOverError};
use crate::ipc::socket::BoundSocket;
use crate::process::args::Role;

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
pub enum OldProcess {}

impl OldProcess {
    /// Nobody.
    ///
    /// # Errors
    /// [`TakeOverError::Stranger`], always.
    pub fn meet(_: Role, _: &[i32], _: &IpcAddress) -> Result<(Self, BoundSocket), TakeOverError> {
        Err(TakeOverError::Stranger)
    }

    /// Never.
    ///
    /// # Errors
    /// None.
    pub fn wait_for_legacy(&mut self) -> Result<Option<Vec<StateRecord>>, TakeOverError> {
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
    pub fn take_leave(&mut self, _: u32, _: u32) -> Result<Option<Commit>, TakeOverError> {
        match *self {}
    }

    /// Never.
    pub fn answer(self, _: &[u8]) {
        match self {}
    }
}

/// Whoever comes.
pub enum NewProcess {}

/// What is run.
pub enum VerifiedProgram {}

impl NewProcess {
    /// Nobody.
    ///
    /// # Errors
    /// None: there is no such program.
    #[expect(clippy::unused_async, reason = "elsewhere it takes its time")]
    pub async fn start(
        program: &Program,
        _: bool,
        _: &BoundSocket,
    ) -> Result<(Self, VerifiedProgram), HandoverError> {
        match *program {}
    }

    /// Nobody.
    ///
    /// # Errors
    /// None: there is no such program.
    #[expect(clippy::unused_async, reason = "elsewhere it takes its time")]
    pub async fn in_the_parent(
        predecessor: OldProcess,
        _: &Program,
        _: &BoundSocket,
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
    pub async fn give(&mut self, _: Vec<StateRecord>) -> Result<Kept, HandoverError> {
        match *self {}
    }

    /// Never.
    ///
    /// # Errors
    /// None.
    #[expect(clippy::unused_async, reason = "elsewhere it takes its time")]
    pub async fn release(&mut self, _: Commit) -> Result<(), HandoverError> {
        match *self {}
    }
}

impl VerifiedProgram {
    /// Never.
    pub fn take_over(self, _: NewProcess, _: &BoundSocket, _: &[i32]) -> HandoverError {
        match self {}
    }
}

/// It has it.
pub fn take_our_name() {}
