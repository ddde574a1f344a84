//! Owns the watch (inotify) for removals from the socket's directory. It does not report which file was removed.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use tokio::io::unix::AsyncFd;

use super::system::watch;

/// A watch on a directory; `None` before it begins, or if the system has no more of them.
#[derive(Default)]
pub struct RemovalWatch(Option<AsyncFd<OwnedFd>>);

impl RemovalWatch {
    /// Watches the directory that is there now.
    pub fn begin(&mut self, folder: &Path) {
        let begun = || -> io::Result<AsyncFd<OwnedFd>> {
            let descriptor = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
            inotify::add_watch(&descriptor, folder, WatchFlags::DELETE | WatchFlags::MOVED_FROM)?;
            watch(descriptor)
        };
        self.0 = begun().ok();
    }

    /// Waits for the next removals. Cancel safe.
    pub async fn next(&self) {
        if let Some(watch) = &self.0 {
            while let Ok(mut ready) = watch.readable().await {
                if let Ok(Ok(())) = ready.try_io(|descriptor| read(descriptor.get_ref())) {
                    return;
                }
            }
        }
        std::future::pending().await
    }
}

fn read(descriptor: &OwnedFd) -> io::Result<()> {
    let mut room = [MaybeUninit::uninit(); 4096];
    rustix::io::read(descriptor, &mut room)?;
    Ok(())
}
