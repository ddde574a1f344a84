//! Owns the notifications to the service manager (sd_notify(3)): keep-alive, reloading, ready, stopping. Without a manager, as
//! on Windows, nothing is sent.

use std::convert::Infallible;
use std::ffi::OsString;
use std::time::Duration;

#[cfg(unix)]
use sd_notify::NotifyState;

/// How long the service manager waits for a keep-alive, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Watchdog {
    limit: Option<Duration>,
}

impl Watchdog {
    /// By `WATCHDOG_USEC`, if `WATCHDOG_PID` is this process or absent (sd_watchdog_enabled(3)).
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let number = |value: OsString| value.to_str()?.parse::<u64>().ok();
        let is_ours =
            variable("WATCHDOG_PID").is_none_or(|pid| number(pid) == Some(std::process::id().into()));
        let limit = variable("WATCHDOG_USEC").filter(|_| is_ours).and_then(number);
        Self { limit: limit.filter(|limit| *limit > 0).map(Duration::from_micros) }
    }

    /// How often the loop has to run: at least each `usual`, and at least twice within the manager's limit.
    pub fn interval(self, usual: Duration) -> Duration {
        self.limit.map_or(usual, |limit| usual.min(limit / 2).max(MIN_INTERVAL))
    }

    /// Sends a keep-alive. To be called only from the loop, so that a loop that hangs is noticed.
    pub fn keep_alive(self) {
        #[cfg(unix)]
        if self.limit.is_some() {
            let _ = sd_notify::notify(&[NotifyState::Watchdog]);
        }
    }

    /// Sends keep-alives while the loop waits for something else.
    pub async fn keep_alive_every(self, usual: Duration) -> Infallible {
        let mut ticks = tokio::time::interval(self.interval(usual));
        loop {
            ticks.tick().await;
            self.keep_alive();
        }
    }
}

/// Notifies that callers are accepted.
pub fn serving() {
    #[cfg(unix)]
    notify(NotifyState::Ready, concat!("cp-tokend ", env!("CARGO_PKG_VERSION"), " takes callers"));
}

/// Does `work`, which reloads the config, and notifies of its start and end.
pub async fn reloading(work: impl Future<Output = ()>) {
    #[cfg(unix)]
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        let status = NotifyState::Status("reading the config again");
        let _ = sd_notify::notify(&[NotifyState::Reloading, now, status]);
    }
    work.await;
    serving();
}

/// Notifies that the daemon stops.
pub fn stopping() {
    #[cfg(unix)]
    notify(NotifyState::Stopping, "stopping");
}

#[cfg(unix)]
fn notify(state: NotifyState<'_>, status: &str) {
    let _ = sd_notify::notify(&[state, NotifyState::Status(status)]);
}

/// More keep-alives would keep the machine awake.
const MIN_INTERVAL: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn of(usec: Option<&str>, pid: Option<&str>) -> Watchdog {
        Watchdog::from_variables(|name| if name == "WATCHDOG_PID" { pid } else { usec }.map(OsString::from))
    }

    #[test]
    fn a_watchdog_for_this_process_or_for_none_applies_and_one_for_another_process_does_not() {
        let own = std::process::id().to_string();
        let limit = Some(Duration::from_secs(60));
        assert_eq!(of(Some("60000000"), None).limit, limit);
        assert_eq!(of(Some("60000000"), Some(&own)).limit, limit);
        for (usec, pid) in [
            (None, None),
            (Some(""), None),
            (Some("0"), None),
            (Some("-1"), None),
            (Some("x"), None),
            (Some("60000000"), Some("1")),
            (Some("60000000"), Some("")),
        ] {
            assert_eq!(of(usec, pid), Watchdog::default(), "{usec:?} {pid:?}");
        }
    }

    #[test]
    fn the_loop_runs_twice_within_the_limit_and_without_a_watchdog_as_often_as_before() {
        let usual = Duration::from_secs(30);
        assert_eq!(Watchdog::default().interval(usual), usual);
        assert_eq!(of(Some("60000000"), None).interval(usual), usual);
        assert_eq!(of(Some("600000000"), None).interval(usual), usual);
        assert_eq!(of(Some("2000000"), None).interval(usual), Duration::from_secs(1));
        assert_eq!(of(Some("1"), None).interval(usual), MIN_INTERVAL);
    }
}
