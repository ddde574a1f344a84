//! The promise that a deleted profile takes the comments that touch its table along, and no others.

use super::{FILE, ParsedText, check_part, remove};

const OTHER: &str = "profile.c = { url = \"https://c.example\", client_id = \"k\" }\n";
const TABLES: &str = "\
# HEAD of the file
# managed by operations

# the usual one
default = \"a\" # for now

# about a
[profile.a] # in a
url = \"https://a.example\"
client_id = \"k\"
# below a

#[profile.old]
#url = \"https://old.example\"

# about b
[profile.b]
url = \"https://b.example\"
# within b
client_id = \"k\"

# END of the file
";

/// What is left of the comments when the profiles are deleted one after the other.
fn left(text: &str, gone: &[&str]) -> String {
    let mut text = text.to_owned();
    for name in gone {
        let edit = remove(&text, name);
        let whole = edit.apply(&text, FILE).unwrap().text;
        if let Some(part) = edit.apply_to_section(&ParsedText::parse(text.clone()).unwrap()) {
            assert_eq!(part.text, whole, "both ways are one");
            assert!(check_part(&edit, &text).unwrap());
        }
        text = whole;
    }
    text
}

#[test]
fn a_deleted_profile_takes_the_comments_that_touch_its_table_and_no_others() {
    let about = [
        ("", "# HEAD of the file\n# managed by operations\n\n"),
        ("", "# the usual one"),
        ("a", "# for now"),
        ("a", "# about a"),
        ("a", "# in a"),
        ("", "\n#[profile.old]\n#url = \"https://old.example\"\n\n"),
        ("b", "# about b"),
        ("b", "# within b"),
        ("", "\n# END of the file\n"),
    ];
    let inline = |text: &str| text.replacen("\n\n#", &format!("\n\n{OTHER}\n#"), 1);
    let windows = TABLES.replace('\n', "\r\n");
    for text in [TABLES, &inline(TABLES), &format!("\u{feff}{TABLES}"), &windows] {
        for gone in [&[][..], &["a"], &["b"], &["a", "b"], &["b", "a"]] {
            let left = left(text, gone).replace("\r\n", "\n");
            for (whose, comment) in about {
                assert_eq!(left.contains(comment), !gone.contains(&whose), "{gone:?} {comment}: {left}");
            }
        }
    }
}

#[test]
fn a_comment_that_touches_the_end_of_a_table_goes_with_it_but_at_the_end_of_the_file() {
    assert!(!left(TABLES, &["a"]).contains("# below a"));
    assert!(left(TABLES, &["b", "a"]).contains("# below a"));
}

#[test]
fn a_comment_that_stays_touches_no_other_table() {
    let text = "[profile.a]\nurl = \"https://a.example\"\nclient_id = \"k\"\n[profile.b]\nurl = \"https://b.example\"\n\
                client_id = \"k\"\n\n# mine\n\n[profile.c]\nurl = \"https://c.example\"\nclient_id = \"k\"\n";
    for gone in [["a", "b", "c"], ["b", "a", "c"], ["b", "c", "a"], ["c", "a", "b"]] {
        assert!(left(text, &gone).contains("# mine"), "{gone:?}");
    }
}
