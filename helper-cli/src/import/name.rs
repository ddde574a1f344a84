//! Owns the names of imported profiles: unchanged if they are valid, else normalised, and never the same twice. Pure.

use std::collections::BTreeSet;

use cp_token_protocol::ProfileName;

/// The longest name, in bytes; the grammar is ASCII alone.
const MAX_LENGTH: usize = 64;

/// A name of ours for each of theirs, in order; `fallback` if nothing of a name is left.
pub(crate) fn assign<'n>(theirs: impl Iterator<Item = (&'n str, &'n str)>) -> Vec<Option<ProfileName>> {
    let theirs: Vec<_> = theirs.collect();
    let mut taken = BTreeSet::new();
    let mut names: Vec<Option<ProfileName>> = theirs
        .iter()
        // Valid names are kept, whatever comes first.
        .map(|(name, _)| ProfileName::parse(name).ok().filter(|name| taken.insert(name.clone())))
        .collect();
    for (slot, (name, fallback)) in names.iter_mut().zip(&theirs) {
        if slot.is_none() {
            *slot = free(&normalised(name, fallback), &taken);
            taken.extend(slot.clone());
        }
    }
    names
}

/// The name in lower case, each run of characters that no name has replaced by one hyphen.
fn normalised(name: &str, fallback: &str) -> String {
    let mut normalised = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' | '0'..='9' | '.' | '_' | '-' => normalised.push(character),
            _ if normalised.ends_with('-') => {}
            _ => normalised.push('-'),
        }
    }
    let normalised = normalised.trim_start_matches(['.', '_', '-']).trim_end_matches('-');
    let normalised = if normalised.is_empty() { fallback } else { normalised };
    normalised.chars().take(MAX_LENGTH).collect()
}

fn free(name: &str, taken: &BTreeSet<ProfileName>) -> Option<ProfileName> {
    let numbered = (2..).map(|number| {
        let tail = format!("-{number}");
        name.chars().take(MAX_LENGTH - tail.len()).chain(tail.chars()).collect()
    });
    // One more candidate than there are names taken: one of them is free.
    let mut candidates = std::iter::once(name.to_owned()).chain(numbered).take(taken.len() + 1);
    candidates.find_map(|name| {
        let name = ProfileName::parse(&name).ok()?;
        (!taken.contains(&name)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assigned(theirs: &[&str]) -> Vec<String> {
        let names = assign(theirs.iter().map(|name| (*name, "crashplancli")));
        names.into_iter().map(|name| name.expect("a name").to_string()).collect()
    }

    #[test]
    fn names_stay_where_they_can_and_are_fitted_where_they_cannot() {
        let theirs = ["prod", "My Prod!", "ÄÖÜ", "..a", "Ünix_2.x", "__Test__", "a::b", "İ"];
        let ours = ["prod", "my-prod", "crashplancli", "a", "nix_2.x", "test__", "a-b", "i"];
        assert_eq!(assigned(&theirs), ours);
        assert_eq!(assigned(&["x".repeat(80).as_str()]), ["x".repeat(64)]);
    }

    #[test]
    fn no_two_profiles_get_one_name_and_the_rightful_owner_keeps_it() {
        assert_eq!(assigned(&["Prod", "PROD", "prod", "prod-2"]), ["prod-3", "prod-4", "prod", "prod-2"]);
        let long = "X".repeat(64);
        let ours = assigned(&[&long, &long.to_lowercase()]);
        assert_eq!(ours, [format!("{}-2", "x".repeat(62)), "x".repeat(64)]);
    }

    proptest! {
        #[test]
        fn every_list_of_names_gets_as_many_different_ones(theirs in proptest::collection::vec("\\PC{0,70}", 0..20)) {
            let names = assign(theirs.iter().map(|name| (name.as_str(), "code42cli")));
            let different: BTreeSet<_> = names.iter().flatten().collect();
            prop_assert_eq!(different.len(), theirs.len());
        }
    }
}
