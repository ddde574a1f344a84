//! Owns how the longer texts of the help become sections of a manual page. Pure.

use roff::{Roff, roman};

/// The name of the section for what stands under no heading.
const NOTES: &str = "NOTES";

/// A short line that ends in a colon begins a section; indented lines stay as they are; all others flow.
pub(super) fn sections(help: &str) -> String {
    let mut page = Page::default();
    help.lines().for_each(|line| page.take(line));
    page.be_literal(false);
    page.roff.to_roff()
}

#[derive(Default)]
struct Page {
    roff: Roff,
    has_section: bool,
    is_literal: bool,
}

impl Page {
    fn take(&mut self, line: &str) {
        let heading = line.strip_suffix(':').filter(|heading| is_heading(heading));
        if !line.is_empty() {
            self.be_literal(line.starts_with(' '));
        }
        match heading {
            Some(heading) => self.begin(&heading.to_uppercase()),
            None if !self.has_section => self.begin(NOTES),
            None => {}
        }
        if line.is_empty() {
            self.roff.control("PP", []);
        } else if heading.is_none() {
            self.roff.text([roman(line)]);
        }
    }

    fn begin(&mut self, heading: &str) {
        self.has_section = true;
        self.roff.control("SH", [heading]);
    }

    /// Whether lines stay as they are from here on.
    fn be_literal(&mut self, is_literal: bool) {
        if is_literal != self.is_literal {
            self.roff.control(if is_literal { "nf" } else { "fi" }, []);
        }
        self.is_literal = is_literal;
    }
}

fn is_heading(line: &str) -> bool {
    line.split_whitespace().count() <= 2 && line.starts_with(|first: char| first.is_ascii_uppercase())
}

pub(super) fn see_also(title: &str) -> String {
    let others = ["cp-token(1)", "cp-tokend(1)", "cp-token-config(5)"];
    let others = others.into_iter().filter(|other| *other != format!("{title}(1)"));
    let mut page = Roff::new();
    page.control("SH", ["SEE ALSO"]);
    page.text([roman(others.collect::<Vec<_>>().join(", "))]);
    page.to_roff()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_begin_sections_and_indented_lines_keep_their_form() {
        let page = sections("A note.\n\nExamples:\n  one\n    two\n\nFlow on.");
        let lines: Vec<_> = page.lines().collect();
        let expected = [
            ".SH NOTES",
            "A note.",
            ".PP",
            ".SH EXAMPLES",
            ".nf",
            "  one",
            "    two",
            ".PP",
            ".fi",
            "Flow on.",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn no_text_gives_no_section_and_a_page_does_not_name_itself() {
        assert_eq!(sections(""), "");
        assert_eq!(see_also("cp-token"), ".SH \"SEE ALSO\"\ncp\\-tokend(1), cp\\-token\\-config(5)\n");
    }
}
