//! Owns the proof that no bytes whatever upset the reading of a curl command.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn arbitrary_words_are_read_or_refused_and_come_out_as_they_went_in(
        line in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..12), 0..8)
    ) {
        if let Ok(items) = read_words(&line) {
            let again: Vec<_> = items.iter().flat_map(Item::words).collect();
            if !line.contains(&b"--".to_vec()) {
                prop_assert_eq!(read_words(&again).ok(), Some(items.clone()));
            }
            let _ = check(items.iter()).map(|facts| traces(&facts, items.iter()));
        }
    }

    #[test]
    fn words_made_of_options_are_read_or_refused(line in "((-[a-zA-Z#:]{1,3}|--(no-)?[a-z]{3,8}(=[a-z])?|/[a-z]) ){0,8}") {
        let words: Vec<_> = line.split_whitespace().map(|word| word.as_bytes().to_vec()).collect();
        let _ = read_words(&words).map(|items| check(items.iter()));
    }

    #[test]
    fn a_config_file_of_any_bytes_is_read_or_refused(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_config(&text);
    }

    #[test]
    fn a_value_of_any_bytes_survives_being_written_into_a_config(value in proptest::collection::vec(1u8.., 0..40)) {
        let item = Item::long(HEADER, &value);
        prop_assert_eq!(read_config(&item.line()), Ok(vec![item]));
    }

    #[test]
    fn whatever_the_url_it_leads_to_a_plain_host_or_is_refused(rest in "[a-z@:/?#\\\\.\\[\\]{}%-]{0,30}") {
        if let Ok(target::Target::Absolute { origin, path }) = target::Target::parse(format!("https://{rest}").as_bytes()) {
            let host = origin.strip_prefix("https://").unwrap();
            prop_assert!(!host.contains(['@', '/', '?', '#', '\\', '{', '}', '%']), "{}", origin);
            prop_assert!(path.is_empty() || path.starts_with(['/', '?', '#']), "{}", path);
        }
    }
}
