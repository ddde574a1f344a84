//! Promise of the README's picture: it is what the programs show today.

use cp_token_tests::picture::{draw, session};
use cp_token_tests::snippets::read;

#[test]
fn the_picture_is_what_the_programs_show() {
    let Some(session) = session() else { return };
    assert!(session.len() > 8, "{session:?}");
    assert_eq!(read("docs/demo.svg"), draw(&session), "draw it again with `cargo picture`");
}
