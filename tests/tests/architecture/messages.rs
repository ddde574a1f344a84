//! Owns the rule that docs/troubleshooting.md lists the messages that the sources have: those of each code, and the details
//! that complete them.

mod extract;

use std::collections::BTreeMap;

use extract::{Message, codes, details, exit_numbers, messages};

use crate::sources::{Source, root, shipped};

const PAGE: &str = "docs/troubleshooting.md";
/// What precedes the part that this test writes.
const MARK: &str =
    "<!-- Below: CP_TOKEN_RECORD=1 cargo test -p cp-token-tests --test architecture messages -->\n";

/// The parts of messages: their title, and what the paths of their files contain. The first row that fits counts.
const DETAILS: &[(&str, &[&str])] = &[
    ("A secret file", &["/secret_file.rs"]),
    ("A secret command", &["daemon/src/secrets/program", "/secret_reader.rs"]),
    ("A credential of the service", &["/external_source.rs"]),
    ("Keyring and other secret sources", &["daemon/src/secrets/"]),
    ("One-time codes", &["daemon/src/token_request/"]),
    ("URLs and proxy addresses", &["/request_url.rs", "/proxy.rs"]),
    ("Profiles and config", &["daemon/src/registry", "daemon/src/profile", "protocol/src/name.rs"]),
    ("Server, proxy, TLS", &["daemon/src/token_endpoint", "protocol/src/token.rs"]),
    ("Files and folders", &["daemon/src/base", "/trust", "/blocking.rs"]),
    ("Restart and lock", &["daemon/src/handover", "daemon/src/lock"]),
    ("Socket, start and protocol", &[""]),
];

/// The details that word the messages of a code.
fn details_of(code: u16) -> Option<&'static str> {
    match code {
        400..=405 => Some("[Server, proxy, TLS](#server-proxy-tls)"),
        500..=505 => Some("[Keyring and other secret sources](#keyring-and-other-secret-sources)"),
        506 | 509 => Some("[A secret command](#a-secret-command)"),
        507 => Some("[A secret file](#a-secret-file)"),
        508 => Some("[A credential of the service](#a-credential-of-the-service)"),
        412 | 552 => Some("[Restart and lock](#restart-and-lock)"),
        _ => None,
    }
}

fn text_of<'a>(sources: &'a [Source], path: &str) -> &'a str {
    &sources.iter().find(|source| source.path == path).expect("a file of that name").text
}

/// The part of the page that lists the messages by code.
fn by_code(sources: &[Source]) -> String {
    let mut of_code = BTreeMap::<String, Vec<Message>>::new();
    for message in sources.iter().flat_map(|source| messages(&source.shipped_code())) {
        of_code.entry(message.code.clone()).or_default().push(message);
    }
    let exits = exit_numbers(text_of(sources, "helper-cli/src/terminal/exit.rs"));
    let mut page = String::new();
    for code in codes(text_of(sources, "protocol/src/failure.rs")) {
        let exit = exits.get(&code.number).expect("every code has an exit number");
        page +=
            &format!("\n### `{}`: code {}, exit code {exit}\n\n{}\n", code.name, code.number, code.meaning);
        let mut listed: Vec<_> = of_code.remove(&code.constant).unwrap_or_default();
        listed.sort();
        listed.dedup();
        page += if listed.is_empty() { "" } else { "\n" };
        page.extend(listed.iter().map(|message| message.row()));
        page.extend(details_of(code.number).map(|details| format!("\nDetails: {details}\n")));
    }
    assert!(of_code.is_empty(), "no such code: {:?}", of_code.keys());
    page
}

/// Words of messages with an underscore: keys of the config file, fields of JSON, and values that a person meets.
const KEYS: &[&str] = &[
    "ca_bundle",
    "secret_command",
    "secret_source",
    "secret_file",
    "secret_credential",
    "totp_command",
    "audit_file",
    "client_id",
    "insecure_http",
    "also_for",
    "no_proxy",
    "token_type",
    "expires_in",
    "access_token",
];

/// The words of a list that are names of the code.
fn names_of_code(list: &str) -> Vec<&str> {
    let words = list.split(|letter: char| !letter.is_ascii_lowercase() && letter != '_');
    let named = words.filter(|word| word.trim_matches('_').contains('_'));
    named.filter(|word| !KEYS.contains(word)).collect()
}

#[test]
fn no_message_holds_a_name_of_the_code() {
    let sources = shipped();
    let messages = sources.iter().flat_map(|source| messages(&source.shipped_code()));
    let rows = messages.map(|message| message.row()).collect::<String>() + &by_subject(&sources);
    assert_eq!(names_of_code(&rows), Vec::<&str>::new());
    assert_eq!(names_of_code("if it stays not_responding, see client_id"), ["not_responding"]);
}

/// The part of the page that lists the details.
fn by_subject(sources: &[Source]) -> String {
    let mut page = String::new();
    let mut left: Vec<_> =
        sources.iter().filter(|source| !details(&source.shipped_code()).is_empty()).collect();
    for (title, places) in DETAILS {
        let (here, others) = left
            .into_iter()
            .partition(|source: &&Source| places.iter().any(|place| source.path.contains(place)));
        left = others;
        let here: Vec<&Source> = here;
        let mut listed: Vec<_> = here.iter().flat_map(|source| details(&source.shipped_code())).collect();
        listed.sort();
        listed.dedup();
        page += &format!("\n### {title}\n\n");
        page.extend(listed.iter().map(|detail| format!("- {detail}\n")));
    }
    page
}

#[test]
fn the_page_lists_every_message_by_its_code() {
    let file = root().join(PAGE);
    let page = std::fs::read_to_string(&file).expect("the page");
    let (by_hand, listed) = page.split_once(MARK).expect("the mark in the page");
    let sources = shipped();
    let wanted = format!(
        "\n## Messages by code\n{}\n## Details in messages\n\nParts that complete a message above.\n{}",
        by_code(&sources),
        by_subject(&sources)
    );
    if std::env::var_os("CP_TOKEN_RECORD").is_some() {
        std::fs::write(&file, format!("{by_hand}{MARK}{wanted}")).expect("write the page");
        return;
    }
    assert!(wanted.matches("\n- ").count() > 200, "the messages were found");
    assert!(listed == wanted, "{PAGE} is out of date: run this test with CP_TOKEN_RECORD=1");
}
