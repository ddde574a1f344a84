//! Owns a Python program in a world that does one thing at a time, as a test tells it to. It knows no SDK.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::oracle::Oracle;
use crate::world::World;

/// Does what each line says, and answers with one line.
const DRIVER: &str = r#"
import json, sys
names = {}
for line in sys.stdin:
    kind, text = json.loads(line)
    try:
        answer = {"value": eval(text, names) if kind == "value" else exec(text, names)}
    except BaseException as error:
        code = getattr(error, "exit_code", None)
        answer = {"error": type(error).__name__, "message": str(error), "exit_code": code}
    print(json.dumps(answer), flush=True)
"#;

/// A running Python. Dropping it ends it.
pub struct PythonSession {
    child: Child,
    keyboard: Option<ChildStdin>,
    screen: BufReader<ChildStdout>,
    oracle: Arc<Oracle>,
}

/// An exception.
#[derive(Debug)]
pub struct Raised {
    /// The name of its class.
    pub class: String,
    /// Its text.
    pub message: String,
    /// Its `exit_code`, where it has one.
    pub exit_code: Option<i64>,
}

impl PythonSession {
    /// Starts this interpreter with the project's own modules at hand.
    pub fn start(world: &World, interpreter: &Path) -> Self {
        let mut command = world.unwatched(interpreter);
        command.args(["-c", DRIVER]).env("PYTHONPATH", modules()).env("PYTHONDONTWRITEBYTECODE", "1");
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("run the interpreter");
        let screen = BufReader::new(child.stdout.take().expect("a pipe"));
        let oracle = Arc::clone(world.oracle());
        oracle.record_process(child.id());
        Self { keyboard: child.stdin.take(), screen, child, oracle }
    }

    /// Has it run statements. Panics where they raise.
    pub fn run(&mut self, statements: &str) {
        self.message("statements", statements).unwrap_or_else(|raised| panic!("{statements}: {raised:?}"));
    }

    /// The value of an expression. Panics where it raises.
    pub fn value(&mut self, expression: &str) -> Value {
        self.message("value", expression).unwrap_or_else(|raised| panic!("{expression}: {raised:?}"))
    }

    /// What the expression raises. Panics where it raises nothing.
    pub fn raised(&mut self, expression: &str) -> Raised {
        match self.message("value", expression) {
            Ok(value) => panic!("{expression} is {value}"),
            Err(raised) => raised,
        }
    }

    /// Lets it begin an expression, whose value [`Self::finish`] gives. Meanwhile the test goes on.
    pub fn begin(&mut self, expression: &str) {
        let line = json!(["value", expression]);
        writeln!(self.keyboard.as_mut().expect("a keyboard"), "{line}").expect("tell it");
    }

    /// The value of what has begun. Panics where it raises.
    pub fn finish(&mut self) -> Value {
        self.answer().unwrap_or_else(|raised| panic!("{raised:?}"))
    }

    fn message(&mut self, kind: &str, text: &str) -> Result<Value, Raised> {
        let line = json!([kind, text]);
        writeln!(self.keyboard.as_mut().expect("a keyboard"), "{line}").expect("tell it");
        self.answer()
    }

    fn answer(&mut self) -> Result<Value, Raised> {
        let mut line = String::new();
        self.screen.read_line(&mut line).expect("its answer");
        self.oracle.record("what a Python session printed", line.clone());
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no answer: {line:?}"));
        let Some(class) = answer["error"].as_str() else { return Ok(answer["value"].clone()) };
        let message = answer["message"].as_str().unwrap_or_default().to_owned();
        Err(Raised { class: class.to_owned(), message, exit_code: answer["exit_code"].as_i64() })
    }
}

impl Drop for PythonSession {
    fn drop(&mut self) {
        // Without a keyboard it has nothing more to do.
        drop(self.keyboard.take());
        drop(self.child.wait());
    }
}

/// Where the project's own Python files lie.
pub fn modules() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("this crate lies in the workspace").join("packaging/python")
}
