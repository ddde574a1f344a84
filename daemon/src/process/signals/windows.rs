//! Owns what the console and the session's end mean on Windows. A daemon in the background has no console: it is stopped
//! by a caller's wish.

use std::io;

use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_logoff,
    ctrl_shutdown,
};

use super::SignalEvent;

/// What the daemon listens to.
pub struct Signals {
    interrupt: CtrlC,
    pause: CtrlBreak,
    close: CtrlClose,
    log_off: CtrlLogoff,
    shut_down: CtrlShutdown,
}

impl Signals {
    /// Starts to listen.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: ctrl_c()?,
            pause: ctrl_break()?,
            close: ctrl_close()?,
            log_off: ctrl_logoff()?,
            shut_down: ctrl_shutdown()?,
        })
    }

    /// The next wish.
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
