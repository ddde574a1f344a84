//! Owns how text is broken into lines of a terminal: at words, of which a command in backticks is one. Pure.

use unicode_width::UnicodeWidthStr;

/// The text behind `start`, in lines of at most `columns`, unless one word is longer. All but the first begin with
/// `indent`.
pub(crate) fn wrapped(start: &str, text: &str, indent: &str, columns: usize) -> String {
    let (mut lines, mut line, mut has_word) = (String::new(), start.to_owned(), false);
    for word in words(text) {
        if has_word && line.width() + 1 + word.width() > columns {
            lines += &(line + "\n");
            line = indent.to_owned();
        } else if has_word {
            line.push(' ');
        }
        line += word;
        has_word = true;
    }
    lines + &line + "\n"
}

/// The words of the text, each with what its backticks hold.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    text.split(move |letter| {
        is_quoted ^= letter == '`';
        letter == ' ' && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_at_words_and_a_command_in_backticks_stays_whole() {
        let text = "run `cp-token doctor` or ask again";
        assert_eq!(wrapped("- ", text, "  ", 20), "- run\n  `cp-token doctor`\n  or ask again\n");
        assert_eq!(wrapped("- ", text, "  ", 80), format!("- {text}\n"));
        assert_eq!(wrapped("", "/a/long/path is wrong", "  ", 5), "/a/long/path\n  is\n  wrong\n");
        assert_eq!(wrapped("", "地址 無效", "", 8), "地址\n無效\n");
    }
}
