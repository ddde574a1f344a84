//! Promises about programs that give one-time codes in a person's place: they are no reason to send a refused password for
//! ever.

use std::fs;

use cp_token_tests::world::World;

use super::{codes, printer};
use crate::exec::ignoring_children;
use crate::test_user::{TestUser, creating};

#[test]
fn a_refused_password_is_sent_with_two_codes_of_a_program_that_has_one_for_every_call() {
    let world = World::new();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, Some("123456"));
    let (askpass, answer) = printer(&world, "askpass");
    let create = creating(&world, &jo, "jo").args(["--totp", "ask", "--no-verify"]);
    create.stdin(world.new_secret()).run().succeeded();
    let get = |code: &str| {
        fs::write(&answer, code).expect("write the answer");
        world.alone(&[]).env("CP_TOKEN_ASKPASS", &askpass).run().failed(77)
    };
    let first = get("100001");
    assert!(!first.stderr.contains("not tried again"), "{first:?}");
    get("100002").saying("it is not tried again until it changes").saying("`cp-token forget -p jo`");
    let asked = || fs::read_to_string(world.path("askpass.runs")).expect("it was asked").lines().count();
    assert_eq!(asked(), 2);
    for code in ["100003", "100004", "100005"] {
        get(code).saying("it is not tried again");
    }
    assert_eq!((asked(), codes(&world)), (2, vec!["100001".to_owned(), "100002".to_owned()]));
    world.helper(&["forget", "-p", "jo"]).succeeded();
    get("100006");
    assert_eq!(codes(&world).len(), 3, "the control: once more when a person says so");
}

#[test]
fn an_askpass_programs_code_is_taken_whatever_the_caller_ignores() {
    let world = World::new();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, Some("123456"));
    let (askpass, answer) = printer(&world, "askpass");
    fs::write(&answer, "123456\n").expect("write the answer");
    creating(&world, &jo, "jo").args(["--totp", "ask", "--no-verify"]).stdin(&jo.password).run().succeeded();
    let Some(call) = ignoring_children(&world, "setsid -w cp-token") else { return };
    call.env("CP_TOKEN_ASKPASS", &askpass).printing_a_token().run().token();
    assert_eq!(codes(&world), ["123456"]);
}
