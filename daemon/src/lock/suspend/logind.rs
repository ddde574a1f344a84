//! Owns the connection to systemd-logind over the system bus: its signal that the machine is about to sleep, and its delay
//! lock. Nothing that logind says is repeated anywhere.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use zbus::connection::Builder;
use zbus::export::futures_core::Stream;
use zbus::proxy::{CacheProperties, SignalStream};
use zbus::zvariant::OwnedFd;
use zbus::{Connection, Proxy};

use super::SleepEvent;

/// For the bus to answer, and for the connection to close.
const BUS_TIMEOUT: Duration = Duration::from_secs(5);
/// logind's error while the machine falls asleep or wakes up: a delay granted then would come too late.
const OPERATION_IN_PROGRESS: &str = "org.freedesktop.login1.OperationInProgress";
/// The pause before the next request for a delay.
const RETRY_INTERVAL: Duration = Duration::from_millis(250);

/// A watch on the system's sleep. The system delays its sleep, for a few seconds, until this is dropped.
pub struct SleepWatch {
    signals: SignalStream<'static>,
    /// logind waits until every copy of this descriptor is closed.
    _delay: OwnedFd,
    // Dropped after the signals, because it finishes the work that they leave behind.
    bus: Bus,
}

/// A connection that closes when it is dropped. Unfinished work on it would keep it open for ever.
struct Bus(Connection);

impl SleepWatch {
    /// Starts the watch; `None` if the system does not announce its sleep.
    pub async fn start() -> Option<Self> {
        tokio::time::timeout(BUS_TIMEOUT, connect()).await.ok()?.ok()
    }

    /// Waits for the event. To be called once.
    pub async fn next_event(&mut self) -> SleepEvent {
        let signals = &mut self.signals;
        let event = async {
            while let Some(signal) = poll_fn(|context| Pin::new(&mut *signals).poll_next(context)).await {
                // The same signal with `false` announces that the machine has woken up.
                if signal.body().deserialize() == Ok(true) {
                    return SleepEvent::Sleep;
                }
            }
            SleepEvent::SignalLost
        };
        self.bus.run_with(event).await
    }
}

async fn connect() -> zbus::Result<SleepWatch> {
    // Our own runtime drives the connection, and no thread of its own.
    let bus = Bus(Builder::system()?.internal_executor(false).build().await?);
    let (signals, delay) = bus.run_with(request_delay(&bus.0)).await?;
    Ok(SleepWatch { signals, _delay: delay, bus })
}

/// Subscribes before it asks for the delay, so that a signal right after it is not missed.
async fn request_delay(connection: &Connection) -> zbus::Result<(SignalStream<'static>, OwnedFd)> {
    let manager: Proxy<'static> = zbus::proxy::Builder::new(connection)
        .destination("org.freedesktop.login1")?
        .path("/org/freedesktop/login1")?
        .interface("org.freedesktop.login1.Manager")?
        .cache_properties(CacheProperties::No)
        .build()
        .await?;
    let signals = manager.receive_signal("PrepareForSleep").await?;
    let arguments = ("sleep", "cp-token", "It locks before the machine sleeps", "delay");
    loop {
        match manager.call("Inhibit", &arguments).await {
            Err(zbus::Error::MethodError(name, ..)) if name == OPERATION_IN_PROGRESS => {
                tokio::time::sleep(RETRY_INTERVAL).await;
            }
            result => return Ok((signals, result?)),
        }
    }
}

impl Bus {
    /// Runs the future together with the connection's own work.
    async fn run_with<T>(&self, future: impl Future<Output = T>) -> T {
        let connection = async {
            loop {
                self.0.executor().tick().await;
            }
        };
        tokio::select! {
            output = future => output,
            never = connection => {
                let never: Infallible = never;
                match never {}
            }
        }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let connection = self.0.clone();
            runtime.spawn(async move { tokio::time::timeout(BUS_TIMEOUT, close(connection)).await });
        }
    }
}

async fn close(connection: Connection) {
    let _ = connection.clone().close().await;
    while !connection.executor().is_empty() {
        connection.executor().tick().await;
    }
}
