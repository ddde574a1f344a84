//! Owns the JSON that `profile import` prints. Its fields are promised in its help.

use serde::Serialize;

use super::Outcome;
use super::render::ImportLine;
use crate::terminal::sanitize::sanitize;

#[derive(Serialize)]
pub(super) struct ImportResult {
    profile: String,
    from: &'static str,
    name_there: String,
    outcome: &'static str,
    code: Option<&'static str>,
    said: Vec<String>,
}

impl From<&ImportLine<'_>> for ImportResult {
    fn from(import_line: &ImportLine<'_>) -> Self {
        let (outcome, code) = match import_line.outcome {
            Outcome::Imported(_) if import_line.settings.dry_run => ("would_be_imported", None),
            Outcome::Imported(_) => ("imported", None),
            Outcome::Exists => ("there_already", None),
            Outcome::Failed(failure) => ("failed", Some(failure.code.name())),
        };
        Self {
            profile: import_line.name.to_string(),
            from: import_line.profile.program.name,
            name_there: sanitize(&import_line.profile.name),
            outcome,
            code,
            said: import_line.lines().iter().map(|line| sanitize(line)).collect(),
        }
    }
}
