//! Owns how a session is drawn: a terminal with a background of its own, so that it is readable on light and dark pages.

use super::Line;

const COLUMNS: usize = 104;
/// The width of a column and the height of a line, in units of the drawing.
const COLUMN: f32 = 8.43;
const LINE: usize = 20;
const MARGIN: usize = 20;
const TOP: usize = 52;

/// The drawing.
pub fn draw(session: &[Line]) -> String {
    let lines: Vec<_> = session.iter().flat_map(rows).collect();
    let height = TOP + lines.len() * LINE + MARGIN;
    let mut svg = frame(height);
    for (number, (class, text)) in lines.iter().enumerate() {
        let y = TOP + number * LINE;
        svg += &format!("<text class=\"{class}\" x=\"{MARGIN}\" y=\"{y}\">{}</text>\n", escaped(text));
    }
    svg + "</svg>\n"
}

fn frame(height: usize) -> String {
    let width = format!("{:.0}", COLUMNS as f32 * COLUMN + 2.0 * MARGIN as f32);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" xml:space=\"preserve\">\n\
         <title>A terminal session with cp-token</title>\n\
         <style>\n\
         text {{ font: 14px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; white-space: pre; }}\n\
         .command {{ fill: #ffffff; font-weight: bold; }} .output {{ fill: #c9d1d9; }} .comment {{ fill: #7ee787; }}\n\
         </style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#161b22\" stroke=\"#6e7681\"/>\n\
         <circle cx=\"20\" cy=\"18\" r=\"6\" fill=\"#ff5f57\"/><circle cx=\"40\" cy=\"18\" r=\"6\" fill=\"#febc2e\"/>\
         <circle cx=\"60\" cy=\"18\" r=\"6\" fill=\"#28c840\"/>\n"
    )
}

/// The rows of a line, each with its class; what is too wide is continued below.
fn rows(line: &Line) -> Vec<(&'static str, String)> {
    let (class, text, more) = match line {
        Line::Command(text) => ("command", format!("$ {text}"), " \\"),
        Line::Output(text) => ("output", text.clone(), ""),
        Line::Comment(text) => ("comment", text.clone(), ""),
    };
    wrapped(&text, more).into_iter().map(|row| (class, row)).collect()
}

/// The text broken at spaces; each row but the last ends in `more`.
fn wrapped(text: &str, more: &str) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split(' ') {
        let row = rows.last_mut().expect("a row");
        if row.is_empty() {
            *row += word;
        } else if row.chars().count() + 1 + word.chars().count() + more.len() <= COLUMNS {
            *row += &format!(" {word}");
        } else {
            *row += more;
            rows.push(format!("    {word}"));
        }
    }
    rows
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_continued_and_signs_of_markup_are_escaped() {
        let long = format!("{} end", "word ".repeat(25).trim());
        let rows = wrapped(&long, " \\");
        assert!(rows.len() == 2 && rows[0].ends_with(" \\") && rows[1].starts_with("    "), "{rows:?}");
        let svg = draw(&[Line::Output("a<b&c".to_owned())]);
        assert!(svg.contains(">a&lt;b&amp;c</text>") && svg.ends_with("</svg>\n"), "{svg}");
    }
}
