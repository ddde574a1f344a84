//! Owns the messages of the parser, without values: a secret may have been put there by mistake. Pure.

/// The parser's names of the kinds of values.
const KINDS: &[&str] = &[
    "string",
    "integer",
    "floating point",
    "boolean",
    "sequence",
    "map",
    "datetime",
    "character",
    "byte array",
];

pub(super) fn without_values(message: &str) -> String {
    let (found, expected) = message.rsplit_once(", expected ").unwrap_or((message, "another"));
    let value = ["invalid type: ", "invalid value: "].iter().find_map(|start| found.strip_prefix(start));
    match value {
        Some(value) => {
            let kind = KINDS.iter().find(|kind| value.starts_with(**kind)).unwrap_or(&"something else");
            format!("invalid type: {kind}, expected {expected}")
        }
        None if found.starts_with("unknown variant ") => format!("unknown value, expected {expected}"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::config::Config;

    #[test]
    fn e06_a_value_in_the_wrong_place_is_described_and_not_repeated() {
        let profile = "[profile.p]\nurl = \"https://a.example\"\nclient_id = \"k\"\n";
        for (line, words) in [
            ("secret_command = \"SECRET, expected SECRET\"", "invalid type: string, expected a sequence"),
            ("insecure_http = \"SECRET\"", "invalid type: string, expected a boolean"),
            ("secret_source = \"SECRET\"", "unknown value, expected one of"),
            ("client_id = 7", "duplicate"),
            ("colour = \"SECRET\"", "unknown field `colour`"),
            ("no_proxy = [1]", "invalid type: integer"),
        ] {
            let error = Config::parse(&format!("{profile}{line}\n")).expect_err(line).to_string();
            assert!(error.contains(words) && !error.contains("SECRET"), "{line}: {error}");
        }
    }

    #[test]
    fn a_message_that_the_reader_does_not_have_today_repeats_no_value_either() {
        assert_eq!(without_values("invalid type: SECRET"), "invalid type: something else, expected another");
        assert_eq!(
            without_values("invalid value: string \"SECRET\", expected x"),
            "invalid type: string, expected x"
        );
    }
}
