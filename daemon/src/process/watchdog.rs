//! Owns what the service manager is told while the daemon runs: that its loop still turns, that it reads its config,
//! that it stops. It decides nothing, and says nothing where no manager listens.

use std::convert::Infallible;
use std::ffi::OsString;
use std::time::Duration;

#[cfg(unix)]
#[path = "watchdog/unix.rs"]
mod system;
#[cfg(windows)]
#[path = "watchdog/windows.rs"]
mod system;

use system::{ManagerNotice, tell};

/// How long the service manager waits for a sign of life, where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Watchdog {
    limit: Option<Duration>,
}

impl Watchdog {
    /// As `WATCHDOG_USEC` says, if `WATCHDOG_PID` names this process or nobody (sd_watchdog_enabled(3)).
    pub fn from_variables(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let number = |value: OsString| value.to_str()?.parse::<u64>().ok();
        let is_ours =
            variable("WATCHDOG_PID").is_none_or(|pid| number(pid) == Some(std::process::id().into()));
        let limit = variable("WATCHDOG_USEC").filter(|_| is_ours).and_then(number);
        Self { limit: limit.filter(|limit| *limit > 0).map(Duration::from_micros) }
    }

    /// How often the loop has to turn by itself, where it would turn each `usual` anyway: never less often, and at
    /// least twice within the manager's limit.
    pub fn turn(self, usual: Duration) -> Duration {
        self.limit.map_or(usual, |limit| usual.min(limit / 2).max(SHORTEST))
    }

    /// A sign of life. To be called from the loop alone, or a loop that hangs would go unnoticed.
    pub fn turned(self) {
        if self.limit.is_some() {
            tell(ManagerNotice::Alive);
        }
    }

    /// A sign of life in every turn, for a loop that waits for something else meanwhile.
    pub async fn keep_turning(self, usual: Duration) -> Infallible {
        let mut turn = tokio::time::interval(self.turn(usual));
        loop {
            turn.tick().await;
            self.turned();
        }
    }
}

/// Says that the daemon takes callers, again or for the first time.
pub fn serving() {
    tell(ManagerNotice::Serving);
}

/// Does `work`, which reads the config again; callers are taken meanwhile, and the manager is told of both ends.
pub async fn reloading(work: impl Future<Output = ()>) {
    tell(ManagerNotice::Reloading);
    work.await;
    serving();
}

/// Says that nobody is taken any more.
pub fn stopping() {
    tell(ManagerNotice::Stopping);
}

/// A manager that wants more than this would keep the machine awake.
const SHORTEST: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn of(usec: Option<&str>, pid: Option<&str>) -> Watchdog {
        Watchdog::from_variables(|name| if name == "WATCHDOG_PID" { pid } else { usec }.map(OsString::from))
    }

    #[test]
    fn a_watchdog_that_is_nobody_s_or_ours_is_heeded_and_one_that_watches_another_process_is_not() {
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
    fn the_loop_turns_twice_within_the_limit_and_without_a_watchdog_no_more_often_than_before() {
        let usual = Duration::from_secs(30);
        assert_eq!(Watchdog::default().turn(usual), usual);
        assert_eq!(of(Some("60000000"), None).turn(usual), usual);
        assert_eq!(of(Some("600000000"), None).turn(usual), usual);
        assert_eq!(of(Some("2000000"), None).turn(usual), Duration::from_secs(1));
        assert_eq!(of(Some("1"), None).turn(usual), SHORTEST);
    }
}
