//! Promises about what is said of a secret command or file that brings no secret: which one it is, and how to see why.

use cp_token_tests::world::World;

use super::{creating, private_path, put};

#[test]
fn a_command_that_works_in_the_shell_alone_is_named_with_the_folder_and_variables_of_the_daemon() {
    let world = World::new();
    let client = world.new_client();
    put(&private_path(&world, "sec"), &client.secret, 0o600);
    let cat = "cat sec";
    for (line, words) in [
        (cat, "cat failed with exit code 1"),
        ("sh -c 'printf %s \"$MYSECRET\"'", "sh printed nothing"),
        ("printf '\\nmore'", "printf printed an empty first line"),
    ] {
        let create = creating(&world, &client, "--secret-command", line).env("MYSECRET", "an exported word");
        let result = create.run().failed(69).saying("the secret command /").saying(words);
        result.saying("in the directory / and with few variables").saying("cd / && env -i ");
    }
    // The control: what is advised fails as the daemon's own run does, and without it the command works.
    let advised = format!("cd / && env -i HOME=\"$HOME\" PATH=\"$PATH\" {cat}");
    assert_eq!(world.shell(&advised).code, 1);
    let by_hand = world.program("sh").args(["-c", &format!("cd bin && {cat}")]).printing_a_token();
    assert_eq!(by_hand.run().stdout, client.secret);
    assert_eq!(world.server().token_requests(), 0);
}

#[test]
fn a_command_line_is_refused_with_the_program_and_the_sign_that_are_meant() {
    let world = World::new();
    let client = world.new_client();
    let create = |line: &str| creating(&world, &client, "--secret-command", line).run().failed(64);
    let plain = private_path(&world, "plain");
    put(&plain, &client.secret, 0o600);
    put(&world.path("here.sh"), "true", 0o700);
    let folder = private_path(&world, "").display().to_string();
    for (line, words) in [
        (plain.display().to_string(), "/plain is not executable"),
        ("plain".to_owned(), "/plain is not executable"),
        (folder, " is a folder and no program"),
        ("no-such-program x".to_owned(), "there is no program no-such-program in PATH"),
        ("/no/such x".to_owned(), "there is no program /no/such;"),
        ("here.sh".to_owned(), "write ./ before its name"),
        ("DWL-mPQzz9".to_owned(), "there is no program of that name in PATH"),
        ("! true".to_owned(), "a command that only a shell has"),
        ("sh -c \"cat $HOME/plain\"".to_owned(), "a $ that is not in single quotes"),
        ("cat plain{1,2}".to_owned(), "a { outside of quotes"),
    ] {
        create(&line).saying(words);
    }
    let here = creating(&world, &client, "--secret-command", "./here.sh").run();
    here.failed(69).saying("here.sh printed nothing");
}

#[test]
fn a_file_with_an_empty_first_line_is_named_and_no_empty_secret_is_sent() {
    let world = World::new();
    let (client, file) = (world.new_client(), private_path(&world, "secret"));
    let create = || creating(&world, &client, "--secret-file", file.to_str().expect("UTF-8")).run();
    let named = format!("profile prod: the secret file {} has an empty first line", file.display());
    put(&file, &format!("\n{}\n", client.secret), 0o600);
    create().failed(69).saying(&named).saying("put the secret into the first line");
    assert_eq!(world.server().token_requests(), 0);
    put(&file, &client.secret, 0o600);
    create().succeeded();
    put(&file, "\r\nmore", 0o600);
    world.helper(&["--fresh"]).failed(69).saying(&named);
    assert_eq!(world.server().token_requests(), 1, "the one that proved the secret");
}

#[test]
fn a_word_that_is_given_in_the_place_of_a_file_is_not_repeated() {
    let world = World::new();
    let client = world.new_client();
    let word = "DWL-mPQzz9uyX12abcdEFGHijkl34mn";
    let create = |name: &str| creating(&world, &client, "--secret-file", name);
    for call in
        [create(word), create(word).args(["--no-verify"]), create(word).args(["--error-format", "json"])]
    {
        let outcome = call.run().failed(64).saying("there is no file of the name given to --secret-file");
        assert!(!outcome.stderr.contains(word) && !outcome.stdout.contains(word), "{outcome:?}");
    }
    // The control: a path is named, and so is what lies in this folder.
    create(&format!("./{word}")).run().failed(69).saying(&format!("/{word} does not exist"));
    put(&world.path(word), "", 0o600);
    create(word).run().failed(69).saying(&format!("/{word} is empty"));
    assert_eq!(world.server().token_requests(), 0);
}
