//! Owns the shell syntax that is refused in a program line: pipes, variables, patterns and the like, outside quotes. Pure.

/// What a shell would not hand to the program as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    Special(char),
    /// A variable that is set for the program alone.
    Assignment,
    OtherHome,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Single,
    Double,
}

/// The first thing in the line that only a shell understands, and the places of each `~` that means the home.
pub(super) fn find(text: &str) -> Result<Vec<usize>, Syntax> {
    let (mut quotes, mut homes, mut starts_word, mut is_first) = (Quotes::None, Vec::new(), true, true);
    let mut characters = text.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        let behind = &text[place + character.len_utf8()..];
        match (quotes, character) {
            (Quotes::None | Quotes::Double, '\\') => drop(characters.next()),
            (Quotes::None, '\'') => quotes = Quotes::Single,
            (Quotes::None, '"') => quotes = Quotes::Double,
            (Quotes::Single, '\'') | (Quotes::Double, '"') => quotes = Quotes::None,
            (Quotes::Single, _) => {}
            (_, '`') => return Err(Syntax::Special('`')),
            (_, '$') if is_variable(behind, quotes) => return Err(Syntax::Special('$')),
            (Quotes::Double, _) => {}
            (Quotes::None, '#') if starts_word => return Err(Syntax::Special('#')),
            (Quotes::None, '~') if starts_word && ends_home(behind) => homes.push(place),
            (Quotes::None, '~') if starts_word => return Err(Syntax::OtherHome),
            (Quotes::None, '=') if is_first && is_name(&text[..place]) => return Err(Syntax::Assignment),
            (Quotes::None, '\n') if !text[..place].trim().is_empty() && !behind.trim().is_empty() => {
                return Err(Syntax::Special('\n'));
            }
            (Quotes::None, '{') if is_expanded(behind) => return Err(Syntax::Special('{')),
            (Quotes::None, other) if "|&;<>()*?[".contains(other) => return Err(Syntax::Special(other)),
            (Quotes::None, _) => {}
        }
        let is_blank = quotes == Quotes::None && character.is_ascii_whitespace();
        is_first &= !is_blank || starts_word;
        starts_word = is_blank;
    }
    Ok(homes)
}

/// Whether what stands behind a `$` makes it more than that character.
fn is_variable(behind: &str, quotes: Quotes) -> bool {
    let begins = |next: char| next.is_ascii_alphanumeric() || "_{(@*#?$!-".contains(next);
    behind.starts_with(begins) || (quotes == Quotes::None && behind.starts_with(['\'', '"']))
}

/// Whether a shell expands the braces with this inside: `{a,b}` or `{1..3}`. Templates such as `{{.Data}}` are left alone.
fn is_expanded(behind: &str) -> bool {
    let word = behind.split(|next: char| next.is_ascii_whitespace()).next().unwrap_or_default();
    let Some((inside, _)) = word.split_once('}') else { return false };
    let is_end =
        |end: &str| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_range =
        inside.split_once("..").is_some_and(|(start, end)| is_end(start) && end.split("..").all(is_end));
    inside.contains(',') || is_range
}

fn ends_home(behind: &str) -> bool {
    behind.is_empty()
        || behind.starts_with('/')
        || behind.starts_with(|next: char| next.is_ascii_whitespace())
}

fn is_name(text: &str) -> bool {
    let name = text.trim_start();
    let is_usual = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_digit()) && name.chars().all(is_usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_shell_understands_is_found_outside_of_quotes() {
        for (line, expected) in [
            ("cat f | head -1", '|'),
            ("cat f|head", '|'),
            ("cat f 2>/dev/null", '>'),
            ("cat <f", '<'),
            ("cat f; true", ';'),
            ("cat f && true", '&'),
            ("cat f &", '&'),
            ("echo $SECRET", '$'),
            ("echo \"$SECRET\"", '$'),
            ("echo ${SECRET}", '$'),
            ("echo $(cat f)", '$'),
            ("echo $'a'", '$'),
            ("echo $?", '$'),
            ("echo `cat f`", '`'),
            ("echo \"`cat f`\"", '`'),
            ("(cat f)", '('),
            ("cat *.txt", '*'),
            ("cat fil?", '?'),
            ("cat [ab]", '['),
            ("cat {a,b}", '{'),
            ("cat f{1..3}", '{'),
            ("cat {{.a,b}}", '{'),
            ("cat f # the secret", '#'),
            ("cat f\ncat g", '\n'),
        ] {
            assert_eq!(find(line), Err(Syntax::Special(expected)), "{line}");
        }
        for line in ["X=1 cat f", " LC_ALL=C cat"] {
            assert_eq!(find(line), Err(Syntax::Assignment), "{line}");
        }
        assert_eq!(find("~root/g.sh"), Err(Syntax::OtherHome));
    }

    #[test]
    fn what_is_quoted_or_stands_for_itself_in_a_shell_is_left_alone() {
        for line in [
            "sh -c 'cat f | head -1; echo $X `y` *'",
            "echo 'a'\\''b$c'",
            "echo \\$X \\| \\* \\~/f \\`",
            "echo \"a|b;c<d>e&f(g)*?[~/\" \"\\$X \\`\"",
            "echo $ a$ \"$\" 'x'$",
            "pass show a#b",
            "op read 'op://v/i/f?attribute=otp'",
            "vault kv get -format={{.Data}} -field=a=b x=1 a~b /x~/y",
            "jq '{a,b}' \"{c,d}\" {} {a} {a..} { a, } \\{a,b}",
            "  cat f\n",
            "",
        ] {
            assert_eq!(find(line), Ok(Vec::new()), "{line}");
        }
        assert_eq!(find("~/g.sh ~ '~/a' --b=~/c ~/d"), Ok(vec![0, 7, 23]));
    }
}
