//! Tests of ended children: the thread that started one gets its exit code, whatever else is reaped.

use super::*;

#[test]
fn no_exit_code_of_our_own_children_is_lost_to_the_reaping_of_orphans() {
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
