//! Owns the answer where nothing is handed over: macOS runs no program by its open file, and the instances of a Windows
//! pipe cannot be passed on.

use std::convert::Infallible;
use std::io;

use crate::app::App;
use crate::handover::HandoverError;
use crate::ipc::acceptor::Acceptor;

/// There is no old process.
pub enum InheritedState {}

pub(in crate::app) type TakenOver = InheritedState;

#[expect(clippy::unused_async, reason = "these wait on Linux")]
impl App {
    pub(super) async fn hand_over(&self, _: &mut Acceptor) -> Result<Infallible, HandoverError> {
        let _ = (&self.daemon_state, &self.program, self.background);
        Err(HandoverError::NoProgram)
    }

    pub(in crate::app) async fn take_over(&self, old: InheritedState) -> io::Result<Option<TakenOver>> {
        match old {}
    }

    pub(in crate::app) fn finish_upgrade(&self, old: TakenOver) {
        match old {}
    }
}
