//! Owns the lines on proxy and CA settings: settings that many profiles share are one line. Pure.

use std::collections::BTreeMap;

use cp_token_protocol::message::ProfileReport;

use crate::terminal::sanitize::sanitize;

/// Of more profiles with the same settings, only the number is shown.
const NAMED: usize = 3;
const LINES: usize = 10;

/// Proxy and CA settings that differ from the default, each with its profiles; the most common first.
pub(crate) fn routes(profiles: &[ProfileReport]) -> Vec<String> {
    let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for profile in profiles {
        if let Some(way) = way(profile) {
            alike.entry(way).or_default().push(profile.name.as_str());
        }
    }
    let mut alike: Vec<_> = alike.into_iter().collect();
    alike.sort_by_key(|(_, names)| (std::cmp::Reverse(names.len()), names[0]));
    let more = alike.len().saturating_sub(LINES);
    alike.truncate(LINES);
    let line =
        |(way, names): &(String, Vec<&str>)| sanitize(&format!("{}: {way}", whose(names, profiles.len())));
    let more = (more > 0).then(|| format!("and {more} others; see: cp-token profile show NAME"));
    alike.iter().map(line).chain(more).collect()
}

fn whose(names: &[&str], all: usize) -> String {
    match names.len() {
        count if count <= NAMED => names.join(", "),
        count if count == all => format!("all {count} profiles"),
        count => format!("{count} profiles"),
    }
}

fn way(profile: &ProfileReport) -> Option<String> {
    let except = match profile.no_proxy.join(", ") {
        hosts if hosts.is_empty() => String::new(),
        hosts => format!(", but not to {hosts}"),
    };
    let parts = [
        profile.proxy.as_ref().map(|address| format!("through {address}{except}")),
        profile.ca_bundle.as_ref().map(|path| format!("with the roots of {path}")),
        profile.insecure_http.then(|| "http is allowed".to_owned()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use cp_token_protocol::message::TokenState;

    use super::*;
    use crate::commands::table::tests::report;

    fn through(name: &str, proxy: &str) -> ProfileReport {
        ProfileReport { proxy: Some(proxy.to_owned()), ..report(name, TokenState::Absent) }
    }

    #[test]
    fn a_way_of_its_own_is_shown_and_the_usual_one_is_not() {
        let usual = report("a", TokenState::Absent);
        let mut own = through("b", "http://jo@proxy.example:3128");
        own.no_proxy = vec!["localhost".to_owned(), ".corp.example".to_owned()];
        own.ca_bundle = Some("/corp.pem".to_owned());
        let double = ProfileReport { insecure_http: true, ..report("c", TokenState::Absent) };
        assert_eq!(
            routes(&[usual, own, double]),
            [
                "b: through http://jo@proxy.example:3128, but not to localhost, .corp.example; with the roots of /corp.pem",
                "c: http is allowed",
            ]
        );
    }

    #[test]
    fn what_many_have_alike_is_one_line_however_many_they_are() {
        let mut reports: Vec<_> =
            (0..10_000).map(|number| through(&format!("p{number}"), "http://p:1")).collect();
        assert_eq!(routes(&reports), ["all 10000 profiles: through http://p:1"]);
        reports[7].proxy = None;
        reports[8].proxy = Some("http://q:1".to_owned());
        assert_eq!(routes(&reports), ["9998 profiles: through http://p:1", "p8: through http://q:1"]);
    }

    #[test]
    fn of_many_settings_only_some_are_shown() {
        let reports: Vec<_> = (0..50)
            .map(|number| through(&format!("p{number}"), &format!("http://p:{}", number + 1)))
            .collect();
        let lines = routes(&reports);
        assert_eq!((lines.len(), lines[10].as_str()), (11, "and 40 others; see: cp-token profile show NAME"));
    }
}
