//! Owns a stand-in for systemd-logind on a system bus of its own: it grants delays of sleep, announces sleep, and
//! sees when a delay is given back. It knows nothing of the product.

use std::fs::File;
use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::fdo;

use super::bus::Bus;
use super::{Launch, TIMEOUT, World};
use crate::programs;

const NAME: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const PATH: &str = "/org/freedesktop/login1";

/// A system bus with a logind on it.
pub struct FakeLogind {
    connection: Connection,
    granted: Receiver<Delay>,
    bus: Bus,
}

/// A delay of sleep that somebody has asked for and got.
pub struct Delay {
    /// `what`, `who`, `why` and `mode`, as they were asked for.
    pub asked: [String; 4],
    pipe: File,
}

struct Manager {
    granted: SyncSender<Delay>,
    /// How many are refused first, because the machine is just falling asleep.
    refusals: u32,
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Manager {
    fn inhibit(
        &mut self,
        what: &str,
        who: &str,
        why: &str,
        mode: &str,
    ) -> Result<zbus::zvariant::OwnedFd, Refusal> {
        if let Some(left) = self.refusals.checked_sub(1) {
            self.refusals = left;
            return Err(Refusal::OperationInProgress("it is just falling asleep".to_owned()));
        }
        let (ours, theirs) = rustix::pipe::pipe().map_err(|_| fdo::Error::Failed("no pipe".to_owned()))?;
        let asked = [what, who, why, mode].map(str::to_owned);
        let _ = self.granted.try_send(Delay { asked, pipe: ours.into() });
        Ok(theirs.into())
    }
}

/// The errors that the real one has.
#[derive(Debug, zbus::DBusError)]
#[zbus(prefix = "org.freedesktop.login1")]
enum Refusal {
    #[zbus(error)]
    Bus(zbus::Error),
    OperationInProgress(String),
}

impl From<fdo::Error> for Refusal {
    fn from(error: fdo::Error) -> Self {
        Self::Bus(error.into())
    }
}

impl FakeLogind {
    /// Starts one in this world; `None`, said aloud, where there is no bus to be had.
    pub fn start(world: &World) -> Option<Self> {
        Self::start_refusing(world, 0)
    }

    /// The same, which refuses so many delays first, as the real one does while the machine falls asleep.
    pub fn start_refusing(world: &World, refusals: u32) -> Option<Self> {
        if !programs::present(&["dbus-daemon"]) {
            return None;
        }
        let bus = Bus::start(world.root(), "system-bus");
        let (sender, granted) = sync_channel(16);
        let builder = Builder::address(bus.address()).and_then(|builder| builder.name(NAME));
        let builder =
            builder.and_then(|builder| builder.serve_at(PATH, Manager { granted: sender, refusals }));
        let connection = builder.and_then(Builder::build).expect("a connection to the bus");
        Some(Self { connection, granted, bus })
    }

    /// A daemon for which this is the system bus.
    pub fn launch(&self) -> Launch {
        Launch::default().env("DBUS_SYSTEM_BUS_ADDRESS", self.bus.address())
    }

    /// The next delay that somebody has got.
    pub fn granted(&self) -> Delay {
        self.granted.recv_timeout(TIMEOUT).expect("somebody asks for a delay")
    }

    /// Says that the machine is about to sleep, or that it has woken up.
    pub fn announce(&self, sleep: bool) {
        let sent = self.connection.emit_signal(None::<&str>, PATH, MANAGER, "PrepareForSleep", &sleep);
        sent.expect("the bus takes a signal");
    }
}

impl Delay {
    /// Waits until it is given back, as the machine does.
    pub fn wait_until_released(mut self) {
        drop(self.pipe.read_to_end(&mut Vec::new()));
    }
}
