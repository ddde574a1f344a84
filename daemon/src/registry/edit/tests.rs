//! Tests of changes to the config file's text: by hand for the forms that people give a file, and by chance.

use cp_token_protocol::ErrorCode;
use cp_token_protocol::message::{Identity, SecretParts, SecretSource, TotpMethod};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::*;
use crate::profile::Network;
use crate::profile::request_url::RequestUrl;

const FILE: &str = "config.toml";

fn name(text: &str) -> ProfileName {
    ProfileName::parse(text).unwrap()
}

fn profile(text: &str) -> Profile {
    Profile {
        name: name(text),
        url: RequestUrl::parse("https://new.example", false).unwrap(),
        identity: Identity::ApiClient("key-9".into()),
        totp: TotpMethod::None,
        secret_source: SecretSource::Memory,
        network: Network::default(),
        insecure_http: false,
        also_for: Vec::new(),
    }
}

fn nothing(of: &str) -> ProfileUpdate {
    ProfileUpdate {
        name: name(of),
        url: None,
        identity: None,
        secret_source: None,
        secret: SecretParts::default(),
        ca_bundle: None,
        insecure_http: None,
        also_for: Vec::new(),
        not_for: Vec::new(),
        verify: false,
        totp: None,
        code: None,
        proxy: None,
        no_proxy: None,
        dry_run: false,
    }
}

/// The change of a profile that was verified when the file said `text`.
fn update(text: &str, update: ProfileUpdate) -> Edit {
    let old = (*Config::parse(text).unwrap().profiles[&update.name]).clone();
    let new = build::updated(&old, &update).unwrap();
    Edit::Change(Box::new(Update { update, old, new }))
}

fn moved(text: &str, of: &str) -> Edit {
    update(text, ProfileUpdate { url: Some("https://moved.example".into()), ..nothing(of) })
}

fn remove(text: &str, of: &str) -> Edit {
    Edit::Remove(Box::new((*Config::parse(text).unwrap().profiles[&name(of)]).clone()))
}

/// Each kind of change to a file with profiles a and b.
fn edits(text: &str) -> [Edit; 6] {
    [
        Edit::Add(Box::new(profile("c"))),
        Edit::Default(name("a")),
        moved(text, "a"),
        moved(text, "b"),
        remove(text, "a"),
        remove(text, "b"),
    ]
}

/// Forms of a file with profiles a and b that all mean the same but for the default.
const FORMS: [&str; 9] = [
    "default = \"b\"\n[profile.a]\nurl = \"https://a.example\"\nclient_id = \"k\"\n[profile.b]\nurl = \"https://b.example\"\nclient_id = \"k\"\n",
    "[profile.b]\nurl = \"https://b.example\"\nclient_id = \"k\"\n\n# mine\n[profile.a] # too\nurl = \"https://a.example\"\nclient_id = \"k\"",
    "[profile]\na = { url = \"https://a.example\", client_id = \"k\" }\nb = { url = \"https://b.example\", client_id = \"k\" } # mine\n",
    "profile = { a = { url = \"https://a.example\", client_id = \"k\" }, b = { url = \"https://b.example\", client_id = \"k\" } }\ndefault = \"b\"\n",
    "profile.a.url = \"https://a.example\"\nprofile.a.client_id = \"k\"\nprofile.b.url = \"https://b.example\"\nprofile.b.client_id = \"k\"\n# mine\n",
    "profile.a = { url = \"https://a.example\", client_id = \"k\" }\nprofile.b = { url = \"https://b.example\", client_id = \"k\" }\ndefault = 'b'\n",
    "[profile]\na.url = \"https://a.example\"\na.client_id = \"k\"\n[profile.b]\n'url' = '''\nhttps://b.example'''\n\"client_id\" = \"\"\"k\"\"\"\n",
    "\u{feff}[ profile . \"a\" ]\r\nurl = \"https://a.example\"\r\nclient_id = \"k\"\r\n\r\n# mine\r\n[profile.b]\r\nurl = \"https://b.example\"\r\nclient_id = \"k\"\r\n",
    "[profile.a]\nurl = \"https://a.example\"\r\nclient_id = \"k\"\n[profile.b]\r\nurl = \"https://b.example\"\nclient_id = \"k\"\n",
];

#[test]
fn every_change_is_written_into_every_form_of_a_file() {
    for text in FORMS {
        for edit in edits(text) {
            let edited =
                edit.apply(text, FILE).unwrap_or_else(|error| panic!("{edit:?} in {text}: {error:?}"));
            assert_eq!(Config::parse(&edited.text).unwrap(), *edited.config, "{text}");
            let comments = |text: &str| text.matches("# mine").count();
            let is_kept = matches!(edit, Edit::Remove(_)) || comments(text) == comments(&edited.text);
            assert!(is_kept, "{edit:?} in {text}: {}", edited.text);
        }
    }
}

#[test]
fn line_ends_and_the_byte_order_mark_of_the_file_stay() {
    let edited = Edit::Add(Box::new(profile("c"))).apply(FORMS[7], FILE).unwrap().text;
    assert!(edited.starts_with('\u{feff}') && !edited[3..].contains('\u{feff}'));
    assert_eq!(edited.matches('\n').count(), edited.matches("\r\n").count());
}

#[test]
fn a_default_goes_with_its_profile_and_is_never_one_that_is_not_there() {
    let text = FORMS[0];
    assert_eq!(remove(text, "b").apply(text, FILE).unwrap().config.default, None);
    assert_eq!(remove(text, "a").apply(text, FILE).unwrap().config.default, Some(name("b")));
    assert_eq!(Edit::Default(name("c")).apply(text, FILE).unwrap_err().code, ErrorCode::UNKNOWN_PROFILE);
    let without_b = remove(text, "b").apply(text, FILE).unwrap().text;
    assert_eq!(
        Edit::Default(name("b")).apply(&without_b, FILE).unwrap_err().code,
        ErrorCode::UNKNOWN_PROFILE
    );
}

#[test]
fn a_change_is_made_to_what_a_person_has_written_meanwhile_where_that_asks_the_same() {
    let edit = moved(FORMS[0], "a");
    let other = format!("{}[profile.c]\nurl = \"https://c.example\"\nclient_id = \"k\"\n", FORMS[0]);
    assert_eq!(edit.apply(&other, FILE).unwrap().config.profiles.len(), 3);
    let origins = FORMS[0].replace(
        "client_id = \"k\"\n[profile.b]",
        "client_id = \"k\"\nalso_for = [\"https://g.example\"]\n[profile.b]",
    );
    let merged = edit.apply(&origins, FILE).unwrap().config;
    let changed = &merged.profiles[&name("a")];
    assert_eq!((changed.url.as_str(), changed.also_for.len()), ("https://moved.example", 1));
}

#[test]
fn a_change_is_not_made_where_the_profile_asks_another_server_or_otherwise_by_now() {
    let text = FORMS[0];
    let edits = [moved(text, "a"), remove(text, "a")];
    for (from, to) in [
        ("https://a.example", "https://elsewhere.example"),
        ("client_id = \"k\"\n[profile.b]", "client_id = \"other\"\n[profile.b]"),
        ("client_id = \"k\"\n[profile.b]", "client_id = \"k\"\nsecret_source = \"memory\"\n[profile.b]"),
    ] {
        let now = text.replace(from, to);
        assert!(Config::parse(&now).is_ok() && now != text);
        for edit in &edits {
            assert_eq!(edit.apply(&now, FILE).unwrap_err().code, ErrorCode::CONFIG_CHANGED, "{now}");
        }
    }
    let proxied = text.replace("[profile.b]", "proxy = \"http://proxy:1\"\n[profile.b]");
    assert_eq!(edits[0].apply(&proxied, FILE).unwrap_err().code, ErrorCode::CONFIG_CHANGED);
    assert!(edits[1].apply(&proxied, FILE).is_ok(), "its secret is the same, and is to go");
    let renamed = text.replace("profile.a", "profile.z");
    assert_eq!(edits[0].apply(&renamed, FILE).unwrap_err().code, ErrorCode::CONFIG_CHANGED);
    assert_eq!(edits[1].apply(&renamed, FILE).unwrap_err().code, ErrorCode::UNKNOWN_PROFILE);
}

#[test]
fn a_file_that_is_broken_meanwhile_is_named_with_its_line() {
    let twice = format!("{}[profile.a]\n", FORMS[0]);
    for broken in [twice.as_str(), "profile.a.colour = 1", "default = \"gone\"", "[profile", "a\u{0}"] {
        let error = moved(FORMS[0], "a").apply(broken, FILE).unwrap_err();
        assert_eq!(error.code, ErrorCode::CONFIG_BROKEN);
        assert!(error.message.starts_with("config.toml, line "), "{error:?}");
    }
}

/// What a person may do to a file: a piece of it is taken away, doubled, moved, or another is written into it.
fn edited_by_hand() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("default = \"a\"\n"),
        Just("default = \"b\"\n"),
        Just("proxy = \"http://top:1\"\n"),
        Just("[profile.a]\n"),
        Just("[profile.b]\nurl = \"https://b2.example\"\nclient_id = \"k\"\n"),
        Just("profile.b.also_for = [\"https://g.example\"]\n"),
        Just("url = \"https://c.example\"\n"),
        Just("colour = 1\n"),
        Just("# a note\n"),
        Just("\n"),
        Just("\r\n"),
        Just("\u{feff}"),
        Just("\""),
        Just("}"),
    ];
    let edit = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), piece, 0..4_u8);
    (prop::sample::select(FORMS.as_slice()), prop::collection::vec(edit, 0..4)).prop_map(|(form, edits)| {
        let mut lines: Vec<String> = form.split_inclusive('\n').map(str::to_owned).collect();
        for (from, to, piece, kind) in edits {
            let line = if lines.is_empty() { String::new() } else { lines[from.index(lines.len())].clone() };
            match kind {
                0 if !lines.is_empty() => drop(lines.remove(from.index(lines.len()))),
                1 => lines.insert(to.index(lines.len() + 1), line),
                2 => lines.insert(to.index(lines.len() + 1), piece.to_owned()),
                _ => lines.push(piece.to_owned()),
            }
        }
        lines.concat()
    })
}

fn command() -> impl Strategy<Value = (u8, bool)> {
    (0..4_u8, any::<bool>())
}

/// The commands that cp-token would make of what the file says now; nothing where it refuses by itself.
fn edit(text: &str, (kind, is_a): (u8, bool)) -> Option<Edit> {
    let (of, config) = (if is_a { "a" } else { "b" }, Config::parse(text).ok()?);
    let is_there = config.profiles.get(&name(of)).is_some();
    match kind {
        0 => Some(Edit::Add(Box::new(profile(if is_a { "c" } else { "a" })))),
        1 => Some(Edit::Default(name(of))),
        2 if is_there => Some(moved(text, of)),
        3 if is_there => Some(remove(text, of)),
        _ => None,
    }
}

/// A change of one part, where it is made, means what the change of the whole means; what is known of it is true.
fn check_part(edit: &Edit, text: &str) -> Result<bool, TestCaseError> {
    let Ok(known) = ParsedText::parse(text.to_owned()) else { return Ok(false) };
    let Some(edited) = edit.apply_to_section(&known) else { return Ok(false) };
    let whole = edit.apply(text, FILE);
    let meant = whole.as_ref().map(|whole| &*whole.config);
    prop_assert_eq!(Ok(&*edited.config), meant, "{}", edited.text);
    let read = ParsedText::parse(edited.text.clone()).unwrap();
    prop_assert_eq!(&read.config, &edited.config, "{}", edited.text);
    prop_assert_eq!(&read.sections, &edited.sections, "{}", edited.text);
    Ok(true)
}

#[test]
fn each_change_of_one_part_is_made_to_files_of_the_usual_form_and_keeps_what_people_wrote() {
    let text = "# all\nproxy = \"http://p:1\"\n\n# a is old\n[profile.a]\nurl = \"https://a.example\" # here\nclient_id = \"k\"\n\n\
                # b is new\n[profile.b]\nurl = \"https://b.example\"\nclient_id = \"k\"\n# the end\n";
    for edit in edits(text) {
        assert!(check_part(&edit, text).unwrap(), "{edit:?}");
        let edited = edit.apply_to_section(&ParsedText::parse(text.to_owned()).unwrap()).unwrap().text;
        let gone = if let Edit::Remove(profile) = &edit { profile.name.as_str() } else { "" };
        for (whose, comment) in
            [("", "# all"), ("a", "# a is old"), ("a", "# here"), ("b", "# b is new"), ("", "# the end")]
        {
            assert_eq!(edited.contains(comment), whose.is_empty() || whose != gone, "{edit:?}: {edited}");
        }
    }
}

mod comments;

#[test]
fn what_looks_like_a_header_inside_a_text_is_none() {
    let text = "[profile.a]\nurl = \"https://a.example\"\nclient_id = \"\"\"\\\n    k\"\"\"\nno_proxy = [\n# [profile.b]\n]\n\n\
                [profile.b]\nurl = \"https://b.example\"\nclient_id = '''\nk'''\n";
    for edit in
        [moved(text, "a"), moved(text, "b"), remove(text, "a"), remove(text, "b"), Edit::Default(name("b"))]
    {
        assert!(check_part(&edit, text).unwrap(), "{edit:?}");
    }
}

proptest! {
    #[test]
    fn the_file_always_parses_or_the_command_says_so_and_changes_nothing(
        first in edited_by_hand(), meanwhile in edited_by_hand(), command in command(),
    ) {
        let Some(edit) = edit(&first, command) else { return Ok(()) };
        for text in [&first, &meanwhile] {
            check_part(&edit, text)?;
            let before = Config::parse(text);
            match (edit.apply(text, FILE), before) {
                (Ok(edited), Ok(before)) => {
                    let after = Config::parse(&edited.text);
                    prop_assert_eq!(after.as_ref(), Ok(&*edited.config));
                    let touched = match &edit {
                        Edit::Add(profile) | Edit::Remove(profile) => Some(&profile.name),
                        Edit::Change(change) => Some(&change.old.name),
                        Edit::Default(_) => None,
                    };
                    for profile in before.profiles.values().chain(edited.config.profiles.values()) {
                        let name = &profile.name;
                        let is_same = before.profiles.get(name) == edited.config.profiles.get(name);
                        prop_assert!(is_same || Some(name) == touched);
                    }
                }
                (Err(error), Ok(_)) => prop_assert!(error.code != ErrorCode::CONFIG_BROKEN, "{error:?}: {text}"),
                (outcome, Err(problem)) => prop_assert_eq!(outcome.map(|edited| edited.text), Err(failure::config_broken(FILE, &problem))),
            }
        }
    }
}
