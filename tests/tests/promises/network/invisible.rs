//! Promises about a secret that was copied with something around it that nobody sees: it is refused, and the message
//! says what it is; nothing of it is altered.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cp_token_tests::world::World;

#[test]
fn a_refused_secret_with_something_invisible_around_it_says_what_it_is() {
    let world = World::new();
    let _daemon = world.daemon();
    for (number, (before, behind, words)) in [
        ("\u{feff}", "", "begins with a byte order mark"),
        (" ", "", "begins with a space"),
        ("", " ", "ends with a space"),
        ("", "\u{a0}", "ends with a no-break space"),
        ("\u{200b}", "", "begins with a zero-width space"),
        ("\"", "\"", "stands in quotes"),
        ("'", "'", "stands in quotes"),
        ("\"", "", "begins with a quotation mark"),
        ("", "'", "ends with a quotation mark"),
    ]
    .into_iter()
    .enumerate()
    {
        let (client, url) = (world.new_client(), world.server().url());
        let entered = format!("{before}{}{behind}", client.secret);
        let create = || world.creating(&format!("p{number}"), "memory", &client, &url);
        let outcome =
            create().stdin(&entered).run().failed(77).saying(&format!("; note that the secret {words}"));
        outcome.saying("nothing was changed");
        let sent = world.server().entries().pop().expect("a request");
        let pair = STANDARD.encode(format!("{}:{entered}", client.id));
        assert_eq!(
            sent.request.header("Authorization"),
            Some(&*format!("Basic {pair}")),
            "sent as it was entered"
        );
        create().run().succeeded();
    }
}

#[test]
fn a_secret_that_is_right_with_a_space_around_it_works() {
    let world = World::new();
    let _daemon = world.daemon();
    let client = world.new_client();
    let spaced = format!(" {} ", client.secret);
    world.server().reset_secret(&client.id, &spaced);
    let url = world.server().url();
    world.creating("prod", "memory", &client, &url).stdin(&spaced).run().succeeded();
    let outcome = world.creating("other", "memory", &client, &url).run().failed(77);
    assert!(!outcome.stderr.contains("note that"), "{outcome:?}");
}
