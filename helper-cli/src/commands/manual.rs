//! Owns the manual: a page for each command, made from its help, and the pages written by hand.

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use cp_token_protocol::{ErrorCode, Failure};
use roff::{Roff, roman};

use crate::args::cli::CommandLine;
use crate::terminal::output;

const MANUAL: &str = "cp-token";

/// When the texts changed last in more than a word.
const DATE: &str = "2026-11-22";

const BY_HAND: [(&str, &str); 2] = [
    ("cp-token-config.5", include_str!("manual/cp-token-config.5")),
    ("cp-tokend.1", include_str!("manual/cp-tokend.1")),
];

/// Prints a page, or the names of all; [`ErrorCode::USAGE`] for an unknown page.
pub(super) fn run(wanted: &str, lists: bool) -> Result<(), Failure> {
    if lists {
        return output::print_lines(&names(CommandLine::command()));
    }
    output::print_text(&[page(CommandLine::command(), wanted)?.as_bytes()])
}

fn names(mut command: Command) -> Vec<String> {
    command.build();
    let commands = pages(&command).into_iter().map(|page| format!("{}.1", title(&page)));
    commands.chain(BY_HAND.iter().map(|(name, _)| (*name).to_owned())).collect()
}

/// The page of that name, with its section or without.
fn page(mut command: Command, wanted: &str) -> Result<String, Failure> {
    command.build();
    let is_wanted =
        |name: &str| name == wanted || name.rsplit_once('.').is_some_and(|(name, _)| name == wanted);
    if let Some((_, text)) = BY_HAND.iter().find(|(name, _)| is_wanted(name)) {
        return Ok((*text).to_owned());
    }
    let page = pages(&command).into_iter().find(|page| is_wanted(&format!("{}.1", title(page))));
    page.map(composed).ok_or_else(|| {
        Failure::new(ErrorCode::USAGE, "there is no such page").with_hint("see: cp-token manual --list")
    })?
}

/// The command and all below it.
fn pages(command: &Command) -> Vec<Command> {
    let below = command.get_subcommands().filter(|each| !each.is_hide_set() && each.get_name() != "help");
    std::iter::once(command.clone()).chain(below.flat_map(pages)).collect()
}

fn title(command: &Command) -> String {
    command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned()
}

fn composed(command: Command) -> Result<String, Failure> {
    let extra = command.get_after_long_help().or_else(|| command.get_after_help()).map(ToString::to_string);
    let has_commands = command.get_subcommands().any(|each| each.get_name() != "help");
    let title = title(&command);
    let version = format!("{MANUAL} {}", env!("CARGO_PKG_VERSION"));
    let man =
        Man::new(command).title(title.to_uppercase()).section("1").date(DATE).source(version).manual(MANUAL);
    let mut page = Vec::new();
    let written = man
        .render_title(&mut page)
        .and_then(|()| man.render_name_section(&mut page))
        .and_then(|()| man.render_synopsis_section(&mut page))
        .and_then(|()| man.render_description_section(&mut page))
        .and_then(|()| man.render_options_section(&mut page))
        .and_then(|()| if has_commands { man.render_subcommands_section(&mut page) } else { Ok(()) });
    let page = written.ok().and_then(|()| String::from_utf8(page).ok());
    let page = page.ok_or_else(|| Failure::new(ErrorCode::INTERNAL, "the page could not be composed"))?;
    Ok(page + &sections(extra.as_deref().unwrap_or_default()) + &see_also(&title))
}

/// The name of the section for what stands under no heading.
const NOTES: &str = "NOTES";

/// A short line that ends in a colon begins a section; indented lines stay as they are; all others flow.
fn sections(help: &str) -> String {
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

fn see_also(title: &str) -> String {
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
    fn every_command_and_the_config_file_have_a_page() {
        let names = names(CommandLine::command());
        for name in
            ["cp-token.1", "cp-token-get.1", "cp-token-profile-create.1", "cp-token-config.5", "cp-tokend.1"]
        {
            assert!(names.contains(&name.to_owned()), "{name} is not in {names:?}");
        }
        for name in &names {
            let page = page(CommandLine::command(), name).unwrap();
            assert!(page.contains(".TH ") && page.contains(".SH NAME"), "{name}");
        }
    }

    #[test]
    fn a_page_is_found_without_its_section_and_another_is_no_page() {
        let of = |name: &str| page(CommandLine::command(), name);
        assert_eq!(of("cp-token-get"), of("cp-token-get.1"));
        assert_eq!(of("cp-token-frobnicate").unwrap_err().code, ErrorCode::USAGE);
    }

    #[test]
    fn a_page_says_what_the_help_says() {
        let page = page(CommandLine::command(), "cp-token").unwrap();
        for part in [".SH \"EXIT CODES\"", ".SH FILES", "CP_TOKEN_PROFILE", "SEE ALSO", "min\\-validity"] {
            assert!(page.contains(part), "{part}");
        }
    }

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
