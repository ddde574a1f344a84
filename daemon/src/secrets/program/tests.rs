//! Owns the tests of running a program, with the shell as the program.

use std::io::{BufRead, BufReader, PipeReader, PipeWriter};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use tokio::task::JoinHandle;

use super::*;

const LATE: Duration = Duration::from_secs(60);
const LIMIT: usize = 100;

fn sh(script: &str) -> Vec<String> {
    ["/bin/sh", "-c", script].map(str::to_owned).into()
}

async fn run_text(argv: &[String]) -> Result<String, ProgramError> {
    let limit = 1 << 16;
    run(argv, LATE, limit).await.map(|secret| String::from_utf8(secret.expose().to_vec()).unwrap())
}

async fn run_script(script: &str) -> Result<String, ProgramError> {
    run_text(&sh(script)).await
}

/// A pipe that a script can write numbers to, whatever descriptors it is given.
struct ReportPipe {
    reader: BufReader<PipeReader>,
    writer: PipeWriter,
}

impl ReportPipe {
    fn new() -> Self {
        let (reader, writer) = std::io::pipe().unwrap();
        Self { reader: BufReader::new(reader), writer }
    }

    fn place(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.writer.as_raw_fd())
    }

    /// Where a script can read what another one wrote.
    fn other_place(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.reader.get_ref().as_raw_fd())
    }

    /// Waits for a line of numbers of processes.
    async fn processes(mut self) -> Vec<Pid> {
        let read = move || {
            let mut line = String::new();
            self.reader.read_line(&mut line).unwrap();
            line.split_whitespace().map(|word| Pid::from_raw(word.parse().unwrap()).unwrap()).collect()
        };
        blocking::run(read).await.unwrap()
    }
}

/// Starts a script that reports its process identifier and that of a child, and then never ends.
async fn begin_endless() -> (JoinHandle<Result<Secret, ProgramError>>, Vec<Pid>) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let report = ReportPipe::new();
    // One line is one thing that may hang; these are many.
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let argv = sh(&format!(": {number}; sleep 1000 & echo $$ $! >{}; wait", report.place()));
    let running = tokio::spawn(async move { run(&argv, LATE, LIMIT).await });
    let processes = report.processes().await;
    assert_eq!(processes.len(), 2);
    (running, processes)
}

/// Waits until it has ended; who inherits it may not have noticed yet.
fn has_ended(process: Pid) -> bool {
    let Ok(handle) = pidfd_open(process, PidfdFlags::empty()) else { return true };
    let limit = Timespec { tv_sec: 60, tv_nsec: 0 };
    poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&limit)) == Ok(1)
}

fn is_known(process: Pid) -> bool {
    std::fs::exists(format!("/proc/{process}")).unwrap()
}

#[tokio::test]
async fn what_a_program_prints_comes_whole_without_its_last_line_end() {
    assert_eq!(run_script("printf 'first\\nsecond\\n'").await.unwrap(), "first\nsecond");
    assert_eq!(run_script("printf ' a '; printf 'b '").await.unwrap(), " a b ");
    assert_eq!(run_script("exec >&-; exit 0").await, Err(ProgramError::NoOutput));
    assert_eq!(run_script("echo").await, Err(ProgramError::NoOutput));
}

#[tokio::test]
async fn arguments_are_not_read_by_a_shell() {
    let argv = ["/bin/echo", "$HOME", "`id`", "*", "; id", "a  b"].map(str::to_owned);
    assert_eq!(run_text(&argv).await.unwrap(), "$HOME `id` * ; id a  b");
}

#[tokio::test]
async fn a_failure_is_a_failure_whatever_was_printed_and_tells_nothing_of_it() {
    for (script, expected) in [
        ("echo hunter2; echo hunter2 >&2; exit 3", ProgramError::Failed(Some(3))),
        ("echo hunter2; kill -9 $$", ProgramError::Failed(None)),
    ] {
        let error = run_script(script).await.unwrap_err();
        assert_eq!(error, expected);
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
    assert_eq!(run_script("echo hunter2; exit 0").await.unwrap(), "hunter2", "the control");
}

#[tokio::test]
async fn b07_a_program_is_run_by_its_whole_path_alone() {
    for argv in [vec![], vec!["".to_owned()], vec!["echo".to_owned()], vec!["./echo".to_owned()]] {
        assert_eq!(run_text(&argv).await, Err(ProgramError::Relative), "{argv:?}");
    }
    let run_file = async |file: &str| run_text(&[file.to_owned(), "x".to_owned()]).await;
    assert_eq!(run_file("/nonexistent/echo").await, Err(ProgramError::Absent));
    assert_eq!(run_file("/etc/passwd").await, Err(ProgramError::NotRun));
    assert_eq!(run_file("/").await, Err(ProgramError::NotRun));
    assert_eq!(run_file("/bin/echo\0").await, Err(ProgramError::NotRun));
    assert_eq!(run_file("/bin/echo").await.unwrap(), "x", "the control");
}

#[tokio::test]
async fn b08_a_program_is_given_no_variable_but_those_of_the_list() {
    let strange = |name: &&str| !environment::passed().any(|passed| passed == *name) && *name != "PATH";
    let given = run_text(&["/usr/bin/env".to_owned()]).await.unwrap();
    let names: Vec<_> = given.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert_eq!(names.iter().copied().find(|name| strange(name)), None);
    assert!(names.contains(&"PATH"));
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some(), "the control: there is more to be given");
}

#[tokio::test]
async fn b09_a_program_has_three_descriptors_and_none_of_ours() {
    let (_reader, writer) = std::io::pipe().unwrap();
    // A copy without the mark that keeps it from other programs.
    let careless = rustix::io::dup(&writer).unwrap();
    let given = run_script("ls -l /proc/$$/fd").await.unwrap();
    let links: Vec<_> = given.lines().filter_map(|line| Some(line.split_once(" -> ")?.1)).collect();
    assert!(links.len() == 3 && links[1].starts_with("pipe:"), "{given}");
    assert_eq!((links[0], links[2]), ("/dev/null", "/dev/null"));
    drop(careless);
}

#[tokio::test]
async fn b10_a_program_stands_in_a_group_of_its_own_and_in_no_folder() {
    let report = run_script("pwd; echo $$; cat /proc/$$/stat").await.unwrap();
    let lines: Vec<_> = report.lines().collect();
    let fields: Vec<_> = lines[2].rsplit(") ").next().unwrap().split(' ').collect();
    assert_eq!((lines[0], fields[2]), ("/", lines[1]));
}

#[tokio::test]
async fn a_program_that_does_not_end_is_ended_with_its_children_at_the_deadline() {
    let (running, processes) = begin_endless().await;
    assert!(processes.iter().all(|process| is_known(*process)), "the control");
    tokio::time::pause();
    assert_eq!(running.await.unwrap().unwrap_err(), ProgramError::TimedOut);
    assert!(processes.iter().all(|process| has_ended(*process)));
    while is_known(processes[0]) {
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_program_that_nobody_waits_for_any_more_is_ended() {
    let (running, processes) = begin_endless().await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    assert!(processes.iter().all(|process| has_ended(*process)));
}

#[tokio::test]
async fn who_else_holds_the_pipe_is_neither_waited_for_nor_left_behind() {
    let report = ReportPipe::new();
    let script = format!("sleep 1000 & echo $! >{}; echo hunter2", report.place());
    assert_eq!(run_script(&script).await.unwrap(), "hunter2");
    assert!(has_ended(report.processes().await[0]));
}

#[tokio::test]
async fn a_service_that_a_program_starts_in_a_session_of_its_own_lives_on() {
    let (report, ready) = (ReportPipe::new(), ReportPipe::new());
    let tell = format!("echo $$ >{}; echo >{}; exec sleep 1000", report.place(), ready.place());
    let service = format!("setsid sh -c '{tell}' & read up <{}; echo hunter2", ready.other_place());
    assert_eq!(run_script(&service).await.unwrap(), "hunter2");
    let service = report.processes().await[0];
    assert!(!is_zombie(service));
    kill_process(service, Signal::KILL).unwrap();
}

fn is_zombie(process: Pid) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

#[tokio::test]
async fn a_program_that_prints_without_end_is_ended_at_the_cap() {
    let report = ReportPipe::new();
    let argv = sh(&format!("echo $$ >{}; exec yes", report.place()));
    assert_eq!(run(&argv, LATE, LIMIT).await.unwrap_err(), ProgramError::TooLong);
    assert!(has_ended(report.processes().await[0]));
    let exactly = |length: usize| sh(&format!("printf '%{length}d\\n' 7"));
    assert_eq!(run(&exactly(LIMIT), LATE, LIMIT).await.unwrap().expose().len(), LIMIT);
    assert_eq!(run(&exactly(LIMIT + 1), LATE, LIMIT).await.unwrap_err(), ProgramError::TooLong);
}

#[tokio::test]
async fn no_program_is_left_as_a_zombie() {
    for script in ["echo $$", "sleep 1000 & echo $$"] {
        let number: i32 = run_script(script).await.unwrap().parse().unwrap();
        assert!(!is_known(Pid::from_raw(number).unwrap()), "{script}");
    }
}

#[tokio::test]
async fn programs_that_hang_leave_places_for_other_work() {
    let mut endless = Vec::new();
    for _ in 0..MAX_CONCURRENT {
        endless.push(begin_endless().await);
    }
    assert_eq!(PERMITS.available_permits(), 0);
    let next = tokio::spawn(async { run_script("echo $$").await });
    assert_eq!(blocking::run(|| 7).await.unwrap(), 7);
    assert!(!next.is_finished());
    for (running, _) in endless {
        running.abort();
    }
    assert!(next.await.unwrap().is_ok(), "the control: it was only waiting");
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_descriptor_of_a_process_a_thread_sees_its_end_and_takes_no_status_away() {
    let piped = std::process::Stdio::piped;
    let mut child = std::process::Command::new("cat").stdin(piped()).stdout(piped()).spawn().unwrap();
    let watch = watch::Watch { ended: watch::watch_by_thread(Pid::from_child(&child)).unwrap() };
    let output = child.stdout.take();
    drop(child.stdin.take());
    while !watch.wait(None).unwrap().0 {}
    assert_eq!(watch.wait(output.as_ref()).unwrap(), (true, true));
    assert!(child.wait().unwrap().success());
}
