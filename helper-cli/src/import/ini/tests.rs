//! Owns the tests of the reader: what it takes, what it refuses, and that nothing makes it panic.

use proptest::prelude::*;

use super::*;

/// Every value as `section/key = lines`, the lines joined by a bar.
fn read(text: &str) -> Result<Vec<String>, Flaw> {
    let mut all = Vec::new();
    for section in &parse(text)? {
        for (key, lines) in &section.values {
            all.push(format!("{}/{key} = {}", section.name, lines.join("|")));
        }
    }
    Ok(all)
}

#[test]
fn files_mean_what_configparser_says_they_mean() {
    for (text, expected) in [
        ("", vec![]),
        ("[a]\nx = 1\ny=2\nz==3\n", vec!["a/x = 1", "a/y = 2", "a/z = =3"]),
        ("[a]\nx = 1\n\ttwo\n\t\n  three\n\n[b]\ny=2", vec!["a/x = 1|two|three", "b/y = 2"]),
        ("[a]\nk = \n\tv\n\t\n", vec!["a/k = |v"]),
        ("# c\n; c\n[a]\n# c\nx = 1 ; stays # stays\n  # c\n", vec!["a/x = 1 ; stays # stays"]),
        ("[a]\nx=1\n  [b]\ny=2\n", vec!["a/x = 1|[b]", "a/y = 2"]),
        ("[a b]]junk\nx=1", vec!["a b]/x = 1"]),
        ("[a]\r\nx=1\r\ny=2\r\n", vec!["a/x = 1", "a/y = 2"]),
        ("[a]\nempty =\n", vec!["a/empty = "]),
        ("[PROD]\nx=1\n[prod]\nx=2\n", vec!["PROD/x = 1", "prod/x = 2"]),
    ] {
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(read(text), Ok(expected), "{text:?}");
    }
}

#[test]
fn what_configparser_refuses_or_never_writes_is_refused_with_its_line() {
    for (text, line) in [
        ("x=1\n[a]\n", 1),
        ("\u{feff}[a]\n", 1),
        ("[]\nx=1\n", 1),
        ("[a]\n=3\n", 2),
        ("[a]\nnovalue\n", 2),
        ("[a]\nx=1\n[b]\n[a]\n", 4),
        ("[a]\nx=1\nx=2\n", 3),
        ("[DEFAULT]\nx=1\n", 1),
        ("[b]\n  c\n", 2),
        (" [a]\nx=1\n", 1),
        ("[a]\nx=1\n\0\n", 3),
        ("[a]\nx=\0\n", 2),
    ] {
        assert_eq!(read(text).map_err(|flaw| flaw.line), Err(line), "{text:?}");
    }
}

#[test]
fn a_mebibyte_of_anything_is_read_in_one_pass() {
    for piece in ["\n", "[a", "[a]\n", "x\n", " ", "[a]\nx=1\n\n", "\r", "=", "\u{3000}"] {
        let text = piece.repeat((1 << 20) / piece.len());
        let _ = parse(&text);
        let _ = parse(&format!("[s]\nx=1\n{text}"));
    }
    let sections: String = (0..20_000).map(|number| format!("[{number}]\nx=1\n")).collect();
    assert!(parse(&sections).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = parse(&text);
    }

    #[test]
    fn no_text_of_its_own_characters_makes_it_panic(text in "[\\[\\]=:#; \ta\u{e9}\u{3000}\r\n%()]{0,80}") {
        for section in parse(&text).unwrap_or_default() {
            prop_assert!(text.contains(section.name));
        }
    }
}
