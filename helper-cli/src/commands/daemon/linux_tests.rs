//! What is promised of a daemon's process, also if the kernel gives out no descriptor of it.

use std::os::unix::process::ExitStatusExt;
use std::process::Command;

use super::*;

#[test]
fn with_or_without_a_descriptor_of_it_a_process_is_signalled_if_that_is_its_name_and_waited_for() {
    for has_descriptor in [true, false] {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let process = Pid::from_child(&child);
        let descriptor = has_descriptor.then(|| pidfd_open(process, PidfdFlags::empty()).unwrap());
        let handle = Handle::with(process, descriptor).unwrap();
        let refused = handle.send_signal("cp-tokend", Signal::TERM).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        let late = handle.wait(Duration::from_millis(1)).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        handle.send_signal("sleep", Signal::TERM).unwrap();
        handle.wait(Duration::from_secs(60)).unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(15));
        assert!(handle.send_signal("sleep", Signal::TERM).is_err());
    }
}
