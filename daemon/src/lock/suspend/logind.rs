//! Owns the talk with systemd-logind over the system bus: its signal that the machine is about to sleep, and the
//! delay that it grants. Nothing that comes from there is repeated anywhere.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use zbus::connection::Builder;
use zbus::export::futures_core::Stream;
use zbus::proxy::{CacheProperties, SignalStream};
use zbus::zvariant::OwnedFd;
use zbus::{Connection, Proxy};

use super::{SleepEvent, SleepSignalUnavailable};

/// A bus that does not answer within this time is none.
const PATIENCE: Duration = Duration::from_secs(5);
/// What logind answers while the machine falls asleep or wakes up: a delay granted then would come too late.
const TOO_LATE: &str = "org.freedesktop.login1.OperationInProgress";
/// Until it is asked again.
const PAUSE: Duration = Duration::from_millis(250);

pub(super) struct LogindClient {
    signals: SignalStream<'static>,
    /// Its last copy being closed is what logind waits for.
    _delay: OwnedFd,
    // After the signals, because it sees to what they leave behind.
    bus: Bus,
}

/// A connection that is closed when it is dropped. What was dropped before it leaves work behind that would hold it
/// for ever.
struct Bus(Connection);

impl LogindClient {
    pub(super) async fn find() -> Result<Self, SleepSignalUnavailable> {
        match tokio::time::timeout(PATIENCE, find()).await {
            Ok(Ok(announcer)) => Ok(announcer),
            Ok(Err(_)) | Err(_) => Err(SleepSignalUnavailable),
        }
    }

    pub(super) async fn word(&mut self) -> SleepEvent {
        let signals = &mut self.signals;
        let word = async {
            while let Some(signal) = poll_fn(|context| Pin::new(&mut *signals).poll_next(context)).await {
                // The same signal, with `false`, says that the machine has woken up.
                if signal.body().deserialize() == Ok(true) {
                    return SleepEvent::Sleep;
                }
            }
            SleepEvent::Silence
        };
        self.bus.driving(word).await
    }
}

async fn find() -> zbus::Result<LogindClient> {
    // Without its own thread: the runtime that we have drives it.
    let bus = Bus(Builder::system()?.internal_executor(false).build().await?);
    let (signals, delay) = bus.driving(ask(&bus.0)).await?;
    Ok(LogindClient { signals, _delay: delay, bus })
}

/// The signal first: one that comes as soon as the delay is granted is not missed.
async fn ask(connection: &Connection) -> zbus::Result<(SignalStream<'static>, OwnedFd)> {
    let manager: Proxy<'static> = zbus::proxy::Builder::new(connection)
        .destination("org.freedesktop.login1")?
        .path("/org/freedesktop/login1")?
        .interface("org.freedesktop.login1.Manager")?
        .cache_properties(CacheProperties::No)
        .build()
        .await?;
    let signals = manager.receive_signal("PrepareForSleep").await?;
    loop {
        match manager
            .call("Inhibit", &("sleep", "cp-token", "It locks before the machine sleeps", "delay"))
            .await
        {
            Err(zbus::Error::MethodError(name, ..)) if name == TOO_LATE => tokio::time::sleep(PAUSE).await,
            outcome => return Ok((signals, outcome?)),
        }
    }
}

impl Bus {
    /// Does the connection's own work beside ours.
    async fn driving<T>(&self, work: impl Future<Output = T>) -> T {
        let connections_own = async {
            loop {
                self.0.executor().tick().await;
            }
        };
        tokio::select! {
            outcome = work => outcome,
            never = connections_own => {
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
            runtime.spawn(async move { tokio::time::timeout(PATIENCE, leave(connection)).await });
        }
    }
}

async fn leave(connection: Connection) {
    let _ = connection.clone().close().await;
    while !connection.executor().is_empty() {
        connection.executor().tick().await;
    }
}
