//! Owns the one watch over many silent connections on macOS: a kernel queue that the runtime watches as one
//! descriptor.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::event::Timespec;
use rustix::event::kqueue::{Event, EventFilter, EventFlags, kevent_timespec, kqueue};
use tokio::io::unix::AsyncFd;

use crate::ipc::system;

pub(super) struct Watch {
    queue: AsyncFd<OwnedFd>,
}

impl Watch {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { queue: system::watch(kqueue()?)? })
    }

    pub(super) fn add(&self, connection: &OwnedFd, number: u64) -> io::Result<()> {
        let mark = std::ptr::without_provenance_mut(usize::try_from(number).map_err(io::Error::other)?);
        self.change(Event::new(EventFilter::Read(connection.as_raw_fd()), EventFlags::ADD, mark))
    }

    /// Removes a connection that stays open; a closed one is removed by the system.
    pub(super) fn remove(&self, connection: &OwnedFd) {
        let filter = EventFilter::Read(connection.as_raw_fd());
        let _ = self.change(Event::new(filter, EventFlags::DELETE, std::ptr::null_mut()));
    }

    /// Waits until connections have data, or are closed.
    pub(super) async fn readable(&self) -> Vec<u64> {
        loop {
            let Ok(mut ready) = self.queue.readable().await else { return std::future::pending().await };
            let spoke = self.collect();
            if !spoke.is_empty() {
                return spoke;
            }
            ready.clear_ready();
        }
    }

    fn change(&self, change: Event) -> io::Result<()> {
        let mut none: [Event; 0] = [];
        // SAFETY: the descriptor is open; one that is closed later leaves the queue by that.
        unsafe { kevent_timespec(self.queue.get_ref(), &[change], &mut none, Some(&NO_WAIT)) }?;
        Ok(())
    }

    fn collect(&self) -> Vec<u64> {
        let mut events = Vec::with_capacity(MAX_EVENTS);
        let spare = rustix::buffer::spare_capacity(&mut events);
        // SAFETY: nothing is changed in the queue.
        let _ = unsafe { kevent_timespec(self.queue.get_ref(), &[], spare, Some(&NO_WAIT)) };
        events.iter().map(|event: &Event| event.udata().addr() as u64).collect()
    }
}

const NO_WAIT: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
/// Connections handled before other tasks run.
const MAX_EVENTS: usize = 64;
