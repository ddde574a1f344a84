//! Owns the finding of messages in the text of a source: string literals behind `Failure::new`, `message =` and `#[error`,
//! with `…` for what is filled in.

use std::collections::BTreeMap;

/// A message with its code's constant and what it says to do; that is empty where the source has no literal of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Message {
    pub(super) code: String,
    text: String,
    hint: String,
}

impl Message {
    /// Its row of a list.
    pub(super) fn row(&self) -> String {
        let hint = if self.hint.is_empty() { String::new() } else { format!(": *{}*", self.hint) };
        format!("- {}{hint}\n", self.text)
    }
}

/// One row of the table of codes.
pub(super) struct Code {
    pub(super) constant: String,
    pub(super) number: u16,
    pub(super) name: String,
    pub(super) meaning: String,
}

/// The codes of protocol/src/failure.rs: `NUMBER CONSTANT "NAME": "MEANING";`.
pub(super) fn codes(text: &str) -> Vec<Code> {
    text.lines().filter_map(|line| code(line.trim())).collect()
}

fn code(row: &str) -> Option<Code> {
    let (number, rest) = row.split_once(' ')?;
    let (constant, rest) = rest.split_once(' ')?;
    let (name, meaning) = rest.strip_prefix('"')?.split_once("\": \"")?;
    let meaning = meaning.strip_suffix("\";")?.to_owned();
    Some(Code { constant: constant.to_owned(), number: number.parse().ok()?, name: name.to_owned(), meaning })
}

/// The exit number of each code, from the table that the helper's own test compares: `(64, &[200, 202]),`.
pub(super) fn exit_numbers(text: &str) -> BTreeMap<u16, u8> {
    let rows = text.lines().filter_map(|line| line.trim().strip_prefix('(')?.strip_suffix("]),"));
    let rows = rows.filter_map(|row| row.split_once(", &["));
    rows.flat_map(|(exit, codes)| {
        let exit = exit.parse().expect("an exit number");
        codes.split(", ").map(move |code| (code.parse().expect("a code"), exit))
    })
    .collect()
}

/// The messages in a file's code: `Failure::new(ErrorCode::NAME, "…")`, or `message = "…"` with a code further below in
/// the same function.
pub(super) fn messages(code: &str) -> Vec<Message> {
    let of_call = code.match_indices("ErrorCode::").filter_map(|(at, word)| {
        let before = code[..at].trim_end();
        let is_first = before.ends_with("Failure::new(") || before.ends_with("failed(");
        let (constant, rest) = constant(&code[at + word.len()..]);
        if is_first { message(constant, rest.strip_prefix(',')?) } else { None }
    });
    let of_variable = code.split("message =").skip(1).filter_map(|rest| {
        let function = rest.split("\n}").next()?;
        message(constant(function.split_once("ErrorCode::")?.1).0, function)
    });
    of_call.chain(of_variable).collect()
}

/// The details in a file's code.
pub(super) fn details(code: &str) -> Vec<String> {
    let found = code.split("#[error(").skip(1).filter_map(|rest| literal(rest).map(|(text, _)| text));
    found.filter(|text| says_something(text)).collect()
}

fn message(code: &str, rest: &str) -> Option<Message> {
    let (text, rest) = literal(rest)?;
    let hint = hint(rest.split("\n}").next().unwrap_or_default()).unwrap_or_default();
    says_something(&text).then(|| Message { code: code.to_owned(), text, hint })
}

/// What to do, from the rest of the function behind a message.
fn hint(rest: &str) -> Option<String> {
    let argument = rest.trim_start_matches([')', ',']).trim_start();
    let statement = rest.split(";\n").next().unwrap_or_default();
    let named = ["with_hint(", "message, "].iter().find_map(|word| statement.split_once(word));
    let variable = rest.split_once("let hint =").or_else(|| rest.split_once("message, "));
    let chained =
        rest.split_once("message)").and_then(|(_, call)| call.trim_start().strip_prefix(".with_hint("));
    let argument = rest.starts_with([',', ')']).then_some(argument);
    let places = [argument, named.map(|it| it.1), variable.map(|it| it.1), chained];
    places.into_iter().flatten().find_map(|place| literal(place).map(|(hint, _)| hint))
}

fn says_something(text: &str) -> bool {
    text.split(['…', ' ', ':']).any(|word| word.len() > 2 && word != "profile")
}

/// The constant that a text begins with, and the rest.
fn constant(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_uppercase() && letter != '_').unwrap_or(text.len());
    text.split_at(end)
}

/// The string literal that a text begins with, also within `format!`, and the rest.
fn literal(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    let text = text.strip_prefix("format!(").unwrap_or(text).trim_start().strip_prefix('"')?;
    let mut shown = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((shown, &text[at + 1..])),
            '\\' => match letters.next()?.1 {
                '\n' => while letters.next_if(|(_, letter)| letter.is_whitespace()).is_some() {},
                'n' => shown.push(' '),
                other => shown.push(other),
            },
            '{' if letters.next_if(|(_, letter)| *letter == '{').is_none() => {
                while letters.next()?.1 != '}' {}
                shown.push('…');
            }
            '}' => {
                letters.next_if(|(_, letter)| *letter == '}');
                shown.push('}');
            }
            '<' => shown += "&lt;",
            other => shown.push(other),
        }
    }
    None
}

#[test]
fn messages_are_found_with_code_and_hint() {
    let code = "Failure::new(ErrorCode::TIMED_OUT, format!(\"profile {}: it \\\n   hangs\", x)).with_hint(\"Ask again\");\n}\n\
        let message = format!(\"{name} is {{odd}}\");\n Failure::new(ErrorCode::USAGE, message)\n .with_hint(\"Mend it\")\n}\n\
        failed(ErrorCode::LOCKED, \"it is locked\", \"Unlock it\")\n}\n\
        (ErrorCode::USAGE, \"No message\")\n#[error(\"the lock {0} is \\\"used\\\"\")]";
    let rows: Vec<_> =
        messages(code).iter().map(|message| message.code.clone() + " " + &message.row()).collect();
    let expected = ["TIMED_OUT - profile …: it hangs: *Ask again*\n", "LOCKED - it is locked: *Unlock it*\n"];
    assert_eq!(rows[..2], expected);
    assert_eq!(rows[2..], ["USAGE - … is {odd}: *Mend it*\n"]);
    assert_eq!(details(code), ["the lock … is \"used\""]);
    let row = "    102 STOPPING \"stopping\": \"The daemon is stopping.\";";
    assert!(codes(row).iter().any(|code| code.name == "stopping" && code.number == 102));
}
