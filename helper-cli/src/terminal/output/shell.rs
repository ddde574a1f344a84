//! Owns how shells set a variable, and quote its value. Pure.

pub(super) struct Shell {
    pub(super) set: &'static str,
    pub(super) equals: &'static str,
    pub(super) end: &'static str,
    /// What stands for a character between single quotes if it cannot stand for itself.
    instead: &'static [(char, &'static str)],
}

/// POSIX, and so bash and zsh: nothing is special between single quotes.
pub(super) const SH: Shell = Shell { set: "export ", equals: "=", end: "\n", instead: &[('\'', r"'\''")] };

/// fish: a backslash takes the quote and itself.
pub(super) const FISH: Shell =
    Shell { set: "set -gx ", equals: " ", end: "\n", instead: &[('\\', r"\\"), ('\'', r"\'")] };

/// PowerShell: a quote is doubled.
pub(super) const POWERSHELL: Shell =
    Shell { set: "$env:", equals: " = ", end: "\n", instead: &[('\'', "''")] };

/// csh: history is looked for even here, and a line's end is lost on the way to `eval`.
pub(super) const CSH: Shell =
    Shell { set: "setenv ", equals: " ", end: ";\n", instead: &[('\'', r"'\''"), ('!', r"\!")] };

impl Shell {
    pub(super) fn quoted(&self, text: &str) -> String {
        let written = |letter: char| {
            let special = self.instead.iter().find(|(special, _)| *special == letter);
            special.map_or_else(|| letter.to_string(), |(_, instead)| (*instead).to_owned())
        };
        text.chars().map(written).collect()
    }
}
