//! Owns the suggestion of similar names for a profile that does not exist. Pure.

use cp_token_protocol::ProfileName;

/// The most names in a suggestion.
const MAX_SUGGESTIONS: usize = 3;

/// The names with the smallest edit distance, or else those that begin with the wanted one.
pub(super) fn similar_names<'n>(
    names: impl Iterator<Item = &'n ProfileName>,
    wanted: &ProfileName,
) -> Vec<ProfileName> {
    let mut max = tolerance(wanted.as_str());
    let (mut nearest, mut longer) = (Vec::new(), Vec::new());
    for name in names {
        match distance(wanted.as_str().as_bytes(), name.as_str().as_bytes(), max) {
            Some(distance) if distance < max || nearest.is_empty() => {
                max = distance;
                nearest = vec![name];
            }
            Some(_) => nearest.push(name),
            None if name.as_str().starts_with(wanted.as_str()) => longer.push(name),
            None => {}
        }
    }
    // A prefix of many names suggests none of them.
    let begun = if longer.len() <= MAX_SUGGESTIONS { longer } else { Vec::new() };
    let near = if nearest.is_empty() { begun } else { nearest };
    near.into_iter().take(MAX_SUGGESTIONS).cloned().collect()
}

/// The largest edit distance for a name of this length: every short name would be similar.
fn tolerance(wanted: &str) -> usize {
    match wanted.len() {
        0..3 => 0,
        3..6 => 1,
        _ => 2,
    }
}

/// The edit distance with swaps of neighbours (optimal string alignment), nothing if it is more than `max`, which is
/// small: nearly all of ten thousand names are rejected at their first letters.
fn distance(from: &[u8], to: &[u8], max: usize) -> Option<usize> {
    let (from, to) = differing(from, to);
    if from.len().abs_diff(to.len()) > max {
        return None;
    }
    match (from, to) {
        ([], rest) | (rest, []) => Some(rest.len()),
        _ if max == 0 => None,
        ([_, from_rest @ ..], [_, to_rest @ ..]) => {
            let fewer = max - 1;
            let swapped = match (from, to) {
                ([a, b, from @ ..], [c, d, to @ ..]) if a == d && b == c => distance(from, to, fewer),
                _ => None,
            };
            let others = [
                distance(from_rest, to_rest, fewer),
                distance(from_rest, to, fewer),
                distance(from, to_rest, fewer),
            ];
            others.into_iter().chain([swapped]).flatten().min().map(|distance| distance + 1)
        }
    }
}

/// Both without their common prefix.
fn differing<'t>(from: &'t [u8], to: &'t [u8]) -> (&'t [u8], &'t [u8]) {
    let alike = from.iter().zip(to).take_while(|(one, other)| one == other).count();
    (&from[alike..], &to[alike..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near_in(names: &[&str], wanted: &str) -> Vec<String> {
        let name = |text: &str| ProfileName::parse(text).unwrap();
        let names: Vec<_> = names.iter().map(|text| name(text)).collect();
        similar_names(names.iter(), &name(wanted)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_slip_of_the_keyboard_finds_the_name_that_was_meant() {
        let names = ["audit", "customer-001", "customer-002", "prod", "staging"];
        for (wanted, meant) in [
            ("custmer-001", "customer-001"),
            ("cutsomer-002", "customer-002"),
            ("customer-0022", "customer-002"),
            ("prd", "prod"),
            ("porduct", ""),
            ("stagnig", "staging"),
            ("audits", "audit"),
            ("stag", "staging"),
            ("nope", ""),
            ("x", ""),
        ] {
            assert_eq!(near_in(&names, wanted).join(" "), meant, "{wanted}");
        }
    }

    #[test]
    fn of_many_near_names_the_nearest_are_reported_and_few_of_them() {
        let many: Vec<String> = (0..10).map(|number| format!("customer-{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(near_in(&many, "customer-x"), ["customer-0", "customer-1", "customer-2"]);
        assert_eq!(near_in(&many, "customer-"), ["customer-0", "customer-1", "customer-2"]);
        assert!(near_in(&many, "cust").is_empty());
        assert!(near_in(&["de", "us"], "eu").is_empty());
    }

    #[test]
    fn distances_are_counted_up_to_a_limit() {
        for (from, to, expected) in [
            ("abc", "abc", Some(0)),
            ("abc", "acb", Some(1)),
            ("abc", "bc", Some(1)),
            ("abcdef", "abXdeY", Some(2)),
            ("abcdef", "badcef", Some(2)),
            ("abcdef", "uvwxyz", None),
            ("a", "abcd", None),
        ] {
            let (from, to) = (from.as_bytes(), to.as_bytes());
            assert_eq!(distance(from, to, 2), expected, "{from:?} {to:?}");
            assert_eq!(distance(to, from, 2), expected, "{to:?} {from:?}");
        }
        assert_eq!(distance(b"ab", b"ba", 1), Some(1));
        assert_eq!(distance(b"ab", b"ba", 0), None);
    }
}
