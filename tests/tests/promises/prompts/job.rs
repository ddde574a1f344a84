//! Owns `cp-token` as a job of a shell at a terminal: one that looks at the terminal before and after, and one with
//! job control.

use cp_token_tests::programs;
use cp_token_tests::world::processes::{self, Signal};
use cp_token_tests::world::{Dialogue, World, eventually};

/// A prompt that is nowhere typed in this form.
const READY: &str = "<READY>";

/// One call at a terminal of which nobody but `cp-token` changes the settings.
pub(crate) struct Once<'w> {
    world: &'w World,
    dialogue: Dialogue,
}

impl<'w> Once<'w> {
    /// `cp-token` with these words, once it asks.
    pub(crate) fn asking(world: &'w World, words: &str, question: &str) -> Self {
        // Signals from the keyboard reach the shell, too, which looks on; what it catches is as usual for its child.
        let helper = world.helper_file().display().to_string();
        let line = format!(
            "trap : INT QUIT; stty -a >before; {helper} {words} 2>errors; echo $? >code; stty -a >after"
        );
        let mut dialogue = world.dialogue_with("sh", &["-c", &line]);
        dialogue.wait_for_question(question);
        Self { world, dialogue }
    }

    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        self.dialogue.press(keys);
        self
    }

    pub(crate) fn wait_for_question(&mut self, question: &str) {
        self.dialogue.wait_for_question(question);
    }

    /// From outside, to `cp-token` alone.
    pub(crate) fn signal(&mut self, signal: Signal) -> &mut Self {
        let process = self.dialogue.process(&self.world.helper_file()).expect("it runs");
        processes::signal(process, signal);
        self
    }

    pub(crate) fn signal_by_number(&mut self, signal: i32) -> &mut Self {
        let process = self.dialogue.process(&self.world.helper_file()).expect("it runs");
        self.world.program("sh").args(["-c", &format!("kill -{signal} {process}")]).run().succeeded();
        self
    }

    /// Waits for its end, and looks at its code and at the terminal.
    pub(crate) fn expect_end(&mut self, code: i32) {
        self.dialogue.read_to_the_end();
        let read = |name: &str| std::fs::read_to_string(self.world.path(name)).unwrap_or_default();
        assert_eq!(read("code").trim(), code.to_string(), "{} {}", self.dialogue.shown(), read("errors"));
        assert!(read("before").contains(" echo "), "the control");
        assert_eq!(read("before"), read("after"));
    }
}

/// An interactive shell with job control at a terminal.
pub(crate) struct Shell<'w> {
    world: &'w World,
    dialogue: Dialogue,
}

impl<'w> Shell<'w> {
    /// Nothing, said aloud, where there is no bash.
    pub(crate) fn start(world: &'w World) -> Option<Self> {
        if !programs::present(&["bash"]) {
            return None;
        }
        let mut dialogue = world.dialogue_with("bash", &["--norc", "--noprofile", "--noediting", "-i"]);
        dialogue.press("PS1='<REA''DY>'; PATH=$PWD/bin:$PATH; stty -a >before\n");
        dialogue.wait_for(READY);
        Some(Self { world, dialogue })
    }

    /// Gives the shell a line that ends in a hidden question.
    pub(crate) fn ask(&mut self, line: &str, question: &str) {
        self.keys(&format!("{line}\n"));
        self.question(question);
    }

    pub(crate) fn question(&mut self, question: &str) {
        self.dialogue.wait_for_question(question);
    }

    pub(crate) fn keys(&mut self, keys: &str) {
        self.dialogue.press(keys);
    }

    /// Waits until the shell takes the next line.
    pub(crate) fn prompt(&mut self) {
        self.dialogue.wait_for(READY);
    }

    /// A line that ends by itself.
    pub(crate) fn line(&mut self, line: &str) {
        self.keys(&format!("{line}\n"));
        self.prompt();
    }

    /// Stops the program that asks, with the terminal as it was when it does, and not only when the shell is back.
    pub(crate) fn stop(&mut self, keys: &str) {
        let process = self.process();
        self.keys(keys);
        eventually("it stands still", || is_stopped(process));
        self.prompt();
        self.expect_terminal_as_before();
    }

    /// The program that asks.
    pub(crate) fn process(&self) -> u32 {
        let name = std::path::Path::new("cp-token");
        self.dialogue.process(name).expect("it runs")
    }

    pub(crate) fn signal(&mut self, signal: Signal) {
        processes::signal(self.process(), signal);
    }

    pub(crate) fn expect_terminal_as_before(&mut self) {
        self.line("stty -a >now");
        let read = |name: &str| std::fs::read_to_string(self.world.path(name)).expect("what stty said");
        assert!(read("before").contains(" echo "), "the control");
        assert_eq!(read("before"), read("now"));
    }

    /// Looks at the code of what has just ended, and at the terminal.
    pub(crate) fn expect_end(&mut self, code: i32) {
        self.keys("echo \"code=$?.\"\n");
        self.dialogue.wait_for(&format!("code={code}."));
        self.prompt();
        self.expect_terminal_as_before();
    }

    /// Has the shell say what has become of its job, and looks at the terminal. What `wait` returns depends on whether the
    /// shell has heard of an end already.
    pub(crate) fn expect_note(&mut self, words: &str) {
        self.keys("true\n");
        self.dialogue.wait_for(words);
        self.keys("echo pas''sed\n");
        self.dialogue.wait_for("passed");
        self.prompt();
        self.expect_terminal_as_before();
    }

    /// Everything that was shown.
    pub(crate) fn leave(mut self) -> String {
        self.keys("exit\n");
        self.dialogue.end().stdout
    }
}

/// Whether there is the process, ended and not asked for or not.
pub(crate) fn is_there(process: u32) -> bool {
    std::fs::exists(format!("/proc/{process}")).expect("look for it")
}

/// Whether the process stands still.
pub(crate) fn is_stopped(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    status.rsplit(") ").next().is_some_and(|behind| behind.starts_with('T'))
}
