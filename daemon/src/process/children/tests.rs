//! Promises about ended children: whoever has started one learns its exit code, whatever else is taken notice of.

use super::*;

#[test]
fn no_exit_code_of_our_own_children_is_lost_to_the_burial_of_strangers() {
    std::thread::scope(|scope| {
        for number in 0..8 {
            scope.spawn(move || {
                for _ in 0..20 {
                    let mut command = Command::new("/bin/sh");
                    let child = start(command.args(["-c", &format!("exit {number}")]));
                    reap_orphans();
                    let status = wait(&mut child.unwrap()).unwrap();
                    assert_eq!(status.code(), Some(number));
                }
            });
        }
    });
}
