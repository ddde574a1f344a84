//! Owns the one watch over many silent connections on Linux: an epoll instance that the runtime watches as
//! one descriptor.

use std::io;
use std::os::fd::OwnedFd;

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use tokio::io::unix::AsyncFd;

use crate::ipc::system;

pub(super) struct Watch {
    epoll: AsyncFd<OwnedFd>,
}

impl Watch {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { epoll: system::watch(epoll::create(CreateFlags::CLOEXEC)?)? })
    }

    pub(super) fn add(&self, connection: &OwnedFd, number: u64) -> io::Result<()> {
        let flags = EventFlags::IN | EventFlags::RDHUP;
        Ok(epoll::add(self.epoll.get_ref(), connection, EventData::new_u64(number), flags)?)
    }

    /// Removes a connection that stays open; a closed one is removed by the system.
    pub(super) fn remove(&self, connection: &OwnedFd) {
        let _ = epoll::delete(self.epoll.get_ref(), connection);
    }

    /// Waits until connections have data, or are closed.
    pub(super) async fn readable(&self) -> Vec<u64> {
        loop {
            let Ok(mut ready) = self.epoll.readable().await else { return std::future::pending().await };
            let spoke = self.collect();
            if !spoke.is_empty() {
                return spoke;
            }
            ready.clear_ready();
        }
    }

    fn collect(&self) -> Vec<u64> {
        let mut events = Vec::with_capacity(MAX_EVENTS);
        let no_wait = Timespec { tv_sec: 0, tv_nsec: 0 };
        let spare = rustix::buffer::spare_capacity(&mut events);
        let _ = epoll::wait(self.epoll.get_ref(), spare, Some(&no_wait));
        events.iter().map(|event| event.data.u64()).collect()
    }
}

/// Connections handled before other tasks run.
const MAX_EVENTS: usize = 64;
