//! Promises about the words that reach a person: a failure for a host that is ours is told, and a question for a code
//! holds nothing that came from outside.

use std::fs;

use cp_token_tests::world::World;

use super::get;
use crate::test_user::{TestUser, creating};

#[test]
fn a_failure_for_our_own_host_is_one_line_and_its_exit_code_and_never_half_an_answer() {
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    let host = format!("localhost:{}", world.server().port());
    let input = format!("protocol=https\nhost={host}\n\n");
    world.create_profile("audit", "memory");
    let ambiguous = get(&world, &input).run();
    assert!(ambiguous.code == 0, "the first profile is the default: {ambiguous:?}");
    world.helper(&["forget", "--all"]).succeeded();
    world.server().reset_secret(&client.id, &world.new_secret());
    get(&world, &input).run().failed(77).saying("reset-secret prod");
    let by_wish = get(&world, &input).env("CP_TOKEN_PROFILE", "audit").run().succeeded();
    assert!(by_wish.stdout.starts_with("username=audit\n"), "{by_wish:?}");
    let elsewhere = get(&world, &input).env("CP_TOKEN_PROFILE", "nowhere").run();
    elsewhere.failed(77);
    let by_order =
        world.call(&["git-credential", "-p", "audit", "get"]).stdin(&input).printing_a_token().run();
    assert!(by_order.succeeded().stdout.starts_with("username=audit\n"));
    let unknown = world.call(&["git-credential", "-p", "nowhere", "get"]).stdin(&input).run().succeeded();
    assert_eq!(unknown.stdout, "");
    world.shell(
        "printf 'protocol=https\\nhost=%s\\n\\n' \"$0\" | cp-token git-credential -p audit get > /dev/full",
    );
    let line =
        format!("printf '{}' | cp-token git-credential -p audit get > /dev/full", input.replace('\n', "\\n"));
    world.shell(&line).failed(74);
}

#[test]
fn several_profiles_and_no_default_are_named_and_none_is_chosen() {
    let world = World::new();
    for name in ["one", "two"] {
        world.create_profile(name, "memory");
    }
    let config = world.config_folder().join("config.toml");
    let text = fs::read_to_string(&config).expect("a config");
    fs::write(&config, text.replace("default = \"one\"", "")).expect("write the config");
    world.helper(&["daemon", "reload"]).succeeded();
    let input = format!("protocol=https\nhost=localhost:{}\n\n", world.server().port());
    get(&world, &input).run().failed(64).saying("one, two");
}

#[test]
fn h11_the_question_for_a_code_names_the_profile_and_nothing_that_came_from_outside() {
    let world = World::new();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, Some("123456"));
    creating(&world, &jo, "jo").args(["--totp", "ask", "--no-verify"]).stdin(&jo.password).run().succeeded();
    let (question, askpass) = (world.path("question"), world.path("askpass"));
    let program = format!("#!/bin/sh\nprintf %s \"$1\" > {}\necho 123456\n", question.display());
    fs::write(&askpass, program).expect("write a program");
    world.program("chmod").args(["700"]).args([&askpass]).run().succeeded();
    let host = format!("localhost:{}", world.server().port());
    let ask = |input: String| {
        let call = world.alone(&["git-credential", "get"]).env("CP_TOKEN_ASKPASS", &askpass);
        call.stdin(input).printing_a_token().run()
    };
    let hostile = "wwwauth[]=Basic realm=\"\x1b[2J\x1b[31mevil\"\npath=\x1b[2Jevil\nx=\x1b]0;evil\x07\n";
    let answer = ask(format!("protocol=https\nhost={}\n{hostile}\n", host.to_ascii_uppercase()));
    assert!(answer.succeeded().stdout.contains("password="));
    let asked = fs::read(&question).expect("a question was asked");
    assert_eq!(
        String::from_utf8_lossy(&asked),
        "profile jo needs a one-time code for its next token. The code"
    );
    let stranger = ask(format!("protocol=https\nhost={host}\nusername=\x1b[2Jjo\n\n"));
    stranger.failed(64).saying("is called by that user name");
}

#[test]
fn kind_basic_answers_with_its_own_name_where_it_can_be_of_use() {
    let world = World::new();
    let jo = TestUser::new(&world);
    world.server().add_user(&jo.name, &jo.password, None);
    let created = creating(&world, &jo, "old").args(["--basic"]).stdin(&jo.password).run();
    assert_eq!(created.code, 0, "{created:?}");
    let target = format!("protocol=https\nhost=localhost:{}\n", world.server().port());
    for more in ["", "wwwauth[]=Basic realm=x\n", "username=old\npath=api/v1/User\n"] {
        let answer = get(&world, &format!("{target}{more}\n")).run().succeeded().stdout;
        let start = format!("username={}\npassword={}\n", jo.name, jo.password);
        assert!(answer.starts_with(&start), "{more:?}");
    }
    for more in ["wwwauth[]=Bearer\n", "path=api/v3/users\n"] {
        get(&world, &format!("{target}{more}\n")).run().failed(64);
    }
}
