//! Owns the events of the console and of the session's end on Windows. A daemon in the background has no console: callers
//! stop it.

use std::io;

use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_logoff,
    ctrl_shutdown,
};

use super::SignalEvent;

/// The events that the daemon handles.
pub struct Signals {
    interrupt: CtrlC,
    pause: CtrlBreak,
    close: CtrlClose,
    log_off: CtrlLogoff,
    shut_down: CtrlShutdown,
}

impl Signals {
    /// Listens for the events.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: ctrl_c()?,
            pause: ctrl_break()?,
            close: ctrl_close()?,
            log_off: ctrl_logoff()?,
            shut_down: ctrl_shutdown()?,
        })
    }

    /// The next event.
    pub async fn next(&mut self) -> SignalEvent {
        tokio::select! {
            _ = self.interrupt.recv() => SignalEvent::Stop,
            _ = self.pause.recv() => SignalEvent::Stop,
            _ = self.close.recv() => SignalEvent::Stop,
            _ = self.log_off.recv() => SignalEvent::Stop,
            _ = self.shut_down.recv() => SignalEvent::Stop,
        }
    }
}
