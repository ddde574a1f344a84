//! Owns the start of programs on Windows, where `std` lets children inherit every inheritable handle.

#[cfg(windows)]
#[path = "child/windows.rs"]
mod system;

#[cfg(windows)]
pub use system::{Start, Started};

/// The variables that Windows' own libraries and programs read. Names are case-insensitive.
pub const SYSTEM_VARIABLES: &[&str] = &[
    "ALLUSERSPROFILE",
    "APPDATA",
    "COMPUTERNAME",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERDOMAIN",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
    // Wine finds the user's folders by this one, Windows by the user's token.
    "WINEUSERNAME",
];

/// The line that Microsoft's C runtime splits back into exactly these words.
fn command_line(words: &[&str]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    if !word.is_empty() && !word.contains([' ', '\t', '\n', '\u{b}', '"']) {
        return word.to_owned();
    }
    let mut line = String::from("\"");
    let mut slashes = 0;
    for letter in word.chars() {
        match letter {
            '\\' => slashes += 1,
            // Backslashes are doubled only before a quote.
            '"' => {
                line.push_str(&"\\".repeat(slashes + 1));
                slashes = 0;
            }
            _ => slashes = 0,
        }
        line.push(letter);
    }
    line.push_str(&"\\".repeat(slashes));
    line.push('"');
    line
}

/// `NAME=VALUE`, each with a closing zero, and one more at the end. Windows requires them sorted by name.
fn block(variables: &[(&str, Vec<u16>)]) -> Vec<u16> {
    let mut sorted: Vec<_> = variables.iter().collect();
    sorted.sort_by_key(|(name, _)| name.to_ascii_uppercase());
    let mut block = Vec::new();
    for (name, value) in sorted {
        block.extend(name.encode_utf16());
        block.push(u16::from(b'='));
        block.extend(value.iter().copied().filter(|unit| *unit != 0));
        block.push(0);
    }
    // A block without any variable has two zeros as well.
    block.extend(if variables.is_empty() { &[0, 0][..] } else { &[0] });
    block
}

/// The words of a line, split as Microsoft documents it for its C runtime; `None` if a quote is not closed.
pub fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' if !is_quoted => words.extend(word.take()),
            '"' => {
                is_quoted = !is_quoted;
                word.get_or_insert_default();
            }
            '\\' => {
                let mut count = 1;
                while letters.next_if_eq(&'\\').is_some() {
                    count += 1;
                }
                let word = word.get_or_insert_default();
                let is_before_quote = letters.peek() == Some(&'"');
                word.push_str(&"\\".repeat(if is_before_quote { count / 2 } else { count }));
                if is_before_quote && count % 2 == 1 {
                    word.extend(letters.next());
                }
            }
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    (!is_quoted).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_arrives_as_it_was_given() {
        let pieces = ["", "a", " ", "\\", "\"", "\\\\", "\\\"", "a b\\", "C:\\x y\\", "--x=\"1\"", "é"];
        for first in pieces {
            for second in pieces {
                for third in pieces {
                    let joined = format!("{second}{third}");
                    let words = ["p", first, &joined, third];
                    assert_eq!(
                        split(&command_line(&words)).as_deref(),
                        Some(&words.map(str::to_owned)[..]),
                        "{words:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_line_as_a_person_writes_it_is_split_and_its_backslashes_stay() {
        let split = |line: &str| split(line).map(|words| words.join("|"));
        assert_eq!(
            split(r#""C:\Program Files\op.exe" read x"#).as_deref(),
            Some(r"C:\Program Files\op.exe|read|x")
        );
        assert_eq!(split(r#"  C:\bin\pass.exe  "" "#).as_deref(), Some(r"C:\bin\pass.exe|"));
        assert_eq!(split(r#"a "b"#), None);
        assert_eq!(split("").as_deref(), Some(""));
    }

    #[test]
    fn a_block_is_sorted_and_ends_with_two_zeros_and_no_value_can_end_it_early() {
        let of = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        let variables = [("b", of("2\0x")), ("A", of("1"))];
        assert_eq!(block(&variables), of("A=1\0b=2x\0\0"));
        assert_eq!(block(&[]), [0, 0]);
    }
}
