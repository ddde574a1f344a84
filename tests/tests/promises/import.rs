//! Promises to whoever comes from an official CLI: the real programs make the profiles, in a real keyring or in their
//! plain file, and all of them go on working there after they were taken over.

use std::path::Path;
use std::time::SystemTime;

use cp_token_tests::official_cli::OfficialCli;
use cp_token_tests::world::{Client, Outcome, World};

mod by_hand;

const PLAIN_FILE: &str = "home/.local/share/python_keyring/keyring_pass.cfg";
const CRASHPLAN_CONFIG: &str = "home/.crashplancli/config.cfg";
const CODE42_CONFIG: &str = "home/.code42cli/config.cfg";
const USER: &str = "Alex.Doe+api@example.com";

/// The server's host and port: people leave the scheme out, and the official CLIs let them.
fn host(world: &World) -> String {
    world.server().url().replace("https://", "")
}

fn create_client(cli: &OfficialCli, world: &World, name: &str, client: &Client) {
    let line =
        ["profile", "create-api-client", "-y", "-n", name, "-s", &host(world), "--api-client-id", &client.id];
    cli.run(world, &[&line[..], &["--secret", &client.secret, "--disable-ssl-errors", "True"]].concat());
}

/// A profile for a user whom the server knows; gives the password.
fn create_user(cli: &OfficialCli, world: &World, name: &str) -> String {
    let password = world.new_secret();
    world.server().add_user(USER, &password, None);
    let url = format!("{}/console", world.server().url());
    let line = ["profile", "create", "-y", "-n", name, "-s", &url, "-u", USER, "--password", &password];
    cli.run(world, &[&line[..], &["--disable-ssl-errors", "True"]].concat());
    password
}

/// `cp-token profile import` that trusts the world's server, with more arguments.
fn import(world: &World, more: &[&str]) -> Outcome {
    let bundle = world.ca_file();
    world.call(&["profile", "import", "--ca-bundle"]).args([bundle.as_os_str()]).args(more).run()
}

/// What is in a file and when it was changed.
fn state_of(path: &Path) -> (Vec<u8>, SystemTime) {
    let facts = std::fs::metadata(path).expect("a file of theirs");
    (std::fs::read(path).expect("its content"), facts.modified().expect("its time"))
}

/// An item of theirs with its secret, its label and its times.
///
/// Its schema is left out: gnome-keyring forgets it now and then when it reads its own file again.
fn item(world: &World, service: &str) -> Vec<String> {
    let result = world.keyring().secret_tool(&["search", "--all", "--unlock", "service", service], "");
    assert!(result.contains("secret = ") && result.contains("modified = "), "{service}: {result}");
    result.lines().filter(|line| !line.starts_with("schema = ")).map(str::to_owned).collect()
}

#[test]
fn profiles_of_the_real_crashplancli_are_taken_over_from_a_real_keyring() {
    let (Some(cli), Some(world)) = (OfficialCli::crashplan(), World::with_keyring()) else { return };
    let client = world.new_client();
    create_client(&cli, &world, "prod", &client);
    create_user(&cli, &world, "A Person");
    let config = world.path(CRASHPLAN_CONFIG);
    let theirs =
        || (state_of(&config), item(&world, "crashplancli::prod"), item(&world, "crashplancli::A Person"));
    let before = (theirs(), world.server().token_requests());
    let result = import(&world, &["--dry-run"]).succeeded().stdout;
    assert!(result.contains("prod: would be imported from crashplancli\n"), "{result}");
    assert!(
        result.contains(&format!("  API client {} at {}\n", client.id, world.server().url())),
        "{result}"
    );
    assert!(
        result.contains("a-person: would be imported from crashplancli, where its name is \"A Person\"\n")
    );
    assert!(result.contains("secret: from the keyring, crashplancli::prod\n"), "{result}");
    assert!(result.contains("crashplancli does not check the server's certificate"), "{result}");
    assert_eq!((theirs(), world.server().token_requests()), before);
    assert_eq!(world.helper(&["profile", "list", "--json"]).json().as_array().map(Vec::len), Some(0));

    let result = import(&world, &[]).succeeded().stdout;
    assert!(result.contains("prod: imported from crashplancli\n"), "{result}");
    assert!(result.contains("cp-token profile update a-person --totp ask\n"), "{result}");
    assert_eq!(world.server().token_requests(), before.1 + 2, "one token request proves each secret");
    assert_eq!(world.api_status(&world.helper(&["-p", "prod"]).token()), 200);
    assert_eq!(world.api_status(&world.helper(&["-p", "a-person"]).token()), 200);
    assert_eq!(world.helper(&["profile", "show", "a-person", "--json"]).json()["username"], USER);
    assert_eq!(world.server().token_requests(), before.1 + 2, "the proof's token is the first one");
    assert_eq!(theirs(), before.0);
    assert!(cli.run(&world, &["profile", "show", "prod"]).contains("secret is set"));
}

#[test]
fn secrets_in_the_plain_file_are_taken_over_and_the_person_is_told_how_to_remove_them_there() {
    let Some(cli) = OfficialCli::crashplan() else { return };
    let world = World::new();
    world.oracle().spare(world.path(PLAIN_FILE));
    let client = world.new_client();
    create_client(&cli, &world, "prod", &client);
    create_user(&cli, &world, "it's ME");
    let theirs = || (state_of(&world.path(CRASHPLAN_CONFIG)), state_of(&world.path(PLAIN_FILE)));
    let before = theirs();
    let result = import(&world, &["--secret-source", "memory"]).succeeded().stdout;
    assert!(result.contains(&format!("  secret: from {}\n", world.path(PLAIN_FILE).display())), "{result}");
    let removal = "keep another copy before you remove it there: crashplan profile delete ";
    assert!(result.contains(&format!("{removal}prod\n")), "{result}");
    assert!(result.contains(&format!("{removal}\"it's ME\"\n")), "{result}");
    assert_eq!(world.api_status(&world.helper(&["-p", "prod"]).token()), 200);
    assert_eq!(world.api_status(&world.helper(&["-p", "it-s-me"]).token()), 200);
    assert_eq!(theirs(), before);
    cli.run(&world, &["profile", "delete", "-y", "prod"]);
    let left = String::from_utf8(state_of(&world.path(PLAIN_FILE)).0).expect("text");
    let has_secret_of = |escaped: &str| left.contains(&format!("{escaped} = \n"));
    assert!(has_secret_of("alex_2edoe_2bapi_40example_2ecom"), "{left}");
    assert!(!has_secret_of("key_2d1"), "what the person is told to run removes it: {left}");
}

#[test]
fn profiles_of_the_real_code42cli_are_taken_over_from_both_places() {
    let Some(cli) = OfficialCli::code42() else { return };
    for world in [World::with_keyring(), Some(World::new())] {
        let Some(world) = world else { return };
        world.oracle().spare(world.path(PLAIN_FILE));
        let client = world.new_client();
        create_client(&cli, &world, "prod", &client);
        create_user(&cli, &world, "person");
        let before = state_of(&world.path(CODE42_CONFIG));
        import(&world, &["--from", "crashplancli"]).failed(78).saying("no profile of");
        let result = import(&world, &["--from", "code42cli", "--secret-source", "memory"]).succeeded().stdout;
        assert!(result.contains("prod: imported from code42cli\n"), "{result}");
        assert_eq!(result.contains("unencrypted"), world.path(PLAIN_FILE).exists(), "{result}");
        assert_eq!(world.api_status(&world.helper(&["-p", "prod"]).token()), 200);
        assert_eq!(world.api_status(&world.helper(&["-p", "person"]).token()), 200);
        assert_eq!(state_of(&world.path(CODE42_CONFIG)), before);
    }
}

#[test]
fn what_is_there_is_skipped_and_what_fails_stops_no_other() {
    let (Some(cli), Some(world)) = (OfficialCli::crashplan(), World::with_keyring()) else { return };
    let [refused, good] = [world.new_client(), world.new_client()];
    create_client(&cli, &world, "refused", &refused);
    let password = create_user(&cli, &world, "there");
    create_client(&cli, &world, "zz-good", &good);
    let host = host(&world);
    // Says no to a password, and so has none.
    let config = world.path(CRASHPLAN_CONFIG);
    let mut text = std::fs::read_to_string(&config).expect("their file");
    text +=
        &format!("[no secret]\ncpg_authority_url = {host}\ncpg_username = key-9\napi-client-auth = True\n");
    text += "[begun]\ncpg_authority_url = __DEFAULT__\ncpg_username = __DEFAULT__\n";
    std::fs::write(&config, text).expect("their file");
    world.server().reset_secret(&refused.id, &world.new_secret());
    let line = ["profile", "create", "there", "--username", USER, "--secret-stdin", "--ca-bundle"];
    let url = world.server().url();
    let there = world.call(&line).args([world.ca_file().as_os_str()]).args(["--url", &url]).stdin(&password);
    there.run().succeeded();
    let before = world.server().token_requests();

    let outcome = import(&world, &[]);
    assert_eq!(outcome.code, 77, "the code of the first failure: {outcome:?}");
    assert!(outcome.stderr.contains("profile refused") && outcome.stderr.lines().count() == 1, "{outcome:?}");
    let result = outcome.stdout;
    assert!(result.contains("refused: NOT imported from crashplancli: "), "{result}");
    assert!(result.contains("there: skipped, there already"), "{result}");
    assert!(result.contains("zz-good: imported from crashplancli\n"), "{result}");
    let by_hand = format!("cp-token profile create no-secret --url {url} --client-id key-9\n");
    assert!(result.contains(&by_hand), "{result}");
    assert!(result.contains("begun: NOT imported from crashplancli: it has no URL there"), "{result}");
    assert_eq!(world.server().token_requests(), before + 2, "one for each profile that has a secret");
    world.helper(&["-p", "zz-good"]).token();
    world.helper(&["-p", "refused"]).failed(64);

    let again = import(&world, &[]);
    assert_eq!((again.code, again.stdout.matches("skipped, there already").count()), (77, 2), "{again:?}");
    let unproved = import(&world, &["--no-verify"]);
    assert_eq!(unproved.code, 69, "{unproved:?}");
    let sum = "what was refused is not sent again, and nothing is asked without proof";
    assert_eq!(world.server().token_requests(), before + 2, "{sum}");
}
