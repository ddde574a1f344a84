//! Owns the tests of the reader: what configparser takes, what it refuses, and that nothing makes it panic.

use proptest::prelude::*;

use super::*;

/// Every value as `section/key = lines`, the lines joined by a bar, after configparser's own rule for the end.
fn read(text: &str) -> Result<Vec<String>, Flaw> {
    let ini = Ini::parse(text)?;
    let mut all = Vec::new();
    for section in &ini.sections {
        for key in section.values.keys().chain(ini.defaults.values.keys()) {
            let lines = ini.lines(section, key).unwrap_or_default().join("|");
            all.push(format!("{}/{key} = {}", section.name, lines.trim_end_matches('|')));
        }
    }
    Ok(all)
}

#[test]
fn files_mean_what_configparser_says_they_mean() {
    for (text, expected) in [
        ("", vec![]),
        ("[a]\nX = 1\ny:2\nz==3\n", vec!["a/x = 1", "a/y = 2", "a/z = =3"]),
        ("[a]\nx = 1\n  two\n\n  three\n\n[b]\ny=2", vec!["a/x = 1|two||three", "b/y = 2"]),
        ("[a]\nk = \n\n   v\n", vec!["a/k = ||v"]),
        ("[DEFAULT]\nz=9\n[a]\nx=1\n[b]\nz=8\n", vec!["a/x = 1", "a/z = 9", "b/z = 8", "b/z = 8"]),
        ("# c\n; c\n[a]\n# c\nx = 1 ; stays # stays\n  # c\n", vec!["a/x = 1 ; stays # stays"]),
        ("[a]\n x=1\n  [b]\n y=2\n", vec!["a/x = 1|[b]", "a/y = 2"]),
        (" [a]\nx=1\n", vec!["a/x = 1"]),
        ("[a b]]junk\nx=1", vec!["a b]/x = 1"]),
        ("[a]\r\nx=1\rY=2\r\n", vec!["a/x = 1", "a/y = 2"]),
        ("[a]\nx = 1\n\x0b y=2\n", vec!["a/x = 1|y=2"]),
        ("[a]\nx=1\x1c\n", vec!["a/x = 1"]),
        ("[a]\nEmpty =\n", vec!["a/empty = "]),
        ("[PROD]\nx=1\n[prod]\nx=2\n", vec!["PROD/x = 1", "prod/x = 2"]),
    ] {
        let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(read(text), Ok(expected), "{text:?}");
    }
}

#[test]
fn what_configparser_refuses_is_refused_with_its_line() {
    for (text, line) in [
        ("x=1\n[a]\n", 1),
        ("\u{feff}[a]\n", 1),
        ("[]\nx=1\n", 1),
        ("[a]\n =3\n", 2),
        ("[a]\nnovalue\n", 2),
        ("[a]\nx=1\n[b]\n[a]\n", 4),
        ("[a]\nx=1\nX=2\n", 3),
        ("[DEFAULT]\nx=1\n[a]\n[DEFAULT]\nx=2\n", 5),
        ("[b]\n  c\n", 2),
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
        let _ = Ini::parse(&text);
        let _ = Ini::parse(&format!("[s]\nx=1\n{text}"));
    }
    let sections: String = (0..20_000).map(|number| format!("[{number}]\nx=1\n")).collect();
    assert!(Ini::parse(&sections).is_err());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = Ini::parse(&text);
    }

    #[test]
    fn no_text_of_its_own_characters_makes_it_panic(text in "[\\[\\]=:#; \ta\u{e9}\u{3000}\r\n%()]{0,80}") {
        if let Ok(ini) = Ini::parse(&text) {
            for section in ini.sections() {
                prop_assert!(text.contains(section.name()));
            }
        }
    }
}
