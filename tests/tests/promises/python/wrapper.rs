//! Promises of the wrapper: the official CLI's commands on cp-token's token, with its own profiles and without.

use cp_token_tests::fake_crashplan::FakeCrashPlan;
use cp_token_tests::official_cli::OfficialCli;
use cp_token_tests::world::{Client, Outcome, World};

const CONFIG: &str = "home/.crashplancli/config.cfg";
const LIST: [&str; 2] = ["users", "list"];

/// A profile of crashplancli as its own `profile create` leaves it, without a secret.
fn theirs(world: &World, name: &str, url: &str, client: &Client) {
    let folder = world.path("home/.crashplancli");
    std::fs::create_dir_all(&folder).expect("their folder");
    let text = format!(
        "[Internal]\ndefault_profile = {name}\n\n[{name}]\ncpg_authority_url = {url}\ncpg_username = {}\n\
         ignore-ssl-errors = False\napi-client-auth = True\n",
        client.id
    );
    std::fs::write(world.path(CONFIG), text).expect("their file");
}

/// It ran, and said that the server has no users.
fn listed(outcome: &Outcome) {
    assert!(outcome.code == 0 && outcome.stdout.contains("No results found"), "{outcome:?}");
}

#[test]
fn commands_of_the_official_cli_share_one_token_and_need_no_secret_of_theirs() {
    let Some(cli) = OfficialCli::crashplan() else { return };
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    theirs(&world, "default", &format!("{}/console", world.server().url().replace("https://", "")), &client);
    for _ in 0..2 {
        listed(&cli.wrapped(&world, &LIST).run());
    }
    assert_eq!((world.server().token_requests(), world.server().refused_bearers()), (1, 0));
    let text = std::fs::read_to_string(world.path(CONFIG)).expect("their file");
    assert!(!text.contains("prod"), "nothing of theirs is changed: {text}");
}

#[test]
fn without_a_profile_of_theirs_those_of_cp_token_do() {
    let Some(cli) = OfficialCli::crashplan() else { return };
    let world = World::new();
    world.create_profile("prod", "memory");
    world.create_profile("audit", "memory");
    listed(&cli.wrapped(&world, &LIST).run());
    listed(&cli.wrapped(&world, &["users", "list", "--profile", "audit"]).run());
    listed(&cli.wrapped(&world, &LIST).env("CP_TOKEN_PROFILE", "audit").run());
    assert_eq!(world.server().token_requests(), 2);
    let users: Vec<_> =
        world.server().entries().into_iter().filter(|entry| entry.request.path == "/api/v1/User").collect();
    let used: std::collections::HashSet<_> =
        users.iter().map(|entry| entry.request.header("Authorization")).collect();
    assert_eq!((users.len(), used.len()), (3, 2), "one of prod, two of audit");
}

#[test]
fn a_user_of_theirs_works_on_a_token_too_and_is_asked_for_no_code() {
    let Some(cli) = OfficialCli::crashplan() else { return };
    let world = World::new();
    let person = crate::test_user::TestUser::new(&world);
    world.server().add_user(&person.name, &person.password, None);
    crate::test_user::creating(&world, &person, "jo").stdin(&person.password).run().succeeded();
    let client = Client { id: person.name.clone(), secret: person.password.clone() };
    theirs(&world, "me", &world.server().url(), &client);
    let text = std::fs::read_to_string(world.path(CONFIG)).expect("their file").replace("True", "False");
    std::fs::write(world.path(CONFIG), text).expect("their file");
    listed(&cli.wrapped(&world, &LIST).run());
    listed(&cli.wrapped(&world, &["users", "list", "--totp", "123456"]).run());
    assert_eq!(world.server().token_requests(), 1);
}

#[test]
fn a_token_goes_to_no_server_but_its_own() {
    let Some(cli) = OfficialCli::crashplan() else { return };
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    theirs(&world, "other", "https://localhost:1", &client);
    let before = world.server().entries().len();
    let outcome = cli.wrapped(&world, &LIST).env("CP_TOKEN_PROFILE", "prod").run();
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert!(outcome.stderr.contains("CP_TOKEN_PROFILE is prod, which is for"), "{outcome:?}");
    let outcome = cli.wrapped(&world, &LIST).run();
    assert!(outcome.stderr.contains("cp-token has no profile for") && outcome.code == 1, "{outcome:?}");
    assert_eq!(world.server().entries().len(), before);
    let chosen = ["users", "list", "--profile", "prod"];
    listed(&cli.wrapped(&world, &chosen).env("CP_TOKEN_PROFILE", "prod").run());
}

/// Whoever told the official CLI to look away has their certificates checked where cp-token knows the roots.
#[test]
fn certificates_are_checked_against_the_roots_of_the_profile() {
    let Some(cli) = OfficialCli::crashplan() else { return };
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    theirs(&world, "default", &world.server().url(), &client);
    let text = std::fs::read_to_string(world.path(CONFIG)).expect("their file");
    let looking_away = text.replace("ignore-ssl-errors = False", "ignore-ssl-errors = True");
    std::fs::write(world.path(CONFIG), &looking_away).expect("their file");
    let checked = cli.wrapped(&world, &LIST).run();
    listed(&checked);
    assert!(!checked.stderr.contains("SSL verification disabled"), "{checked:?}");
    let gateway = FakeCrashPlan::start();
    world.helper(&["profile", "update", "prod", "--also-for", &gateway.url()]).succeeded();
    let text = looking_away.replace(&world.server().url(), &gateway.url());
    std::fs::write(world.path(CONFIG), text).expect("their file");
    let refused = cli.wrapped(&world, &LIST).env("CP_TOKEN_PROFILE", "prod").run();
    assert!(refused.code == 1 && refused.stderr.contains("certificate verification failed"), "{refused:?}");
    assert!(gateway.connections() > 0 && gateway.entries().is_empty(), "no byte of a request");
}

#[test]
fn what_cp_token_says_is_what_the_official_cli_shows() {
    let Some(cli) = OfficialCli::crashplan() else { return };
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    theirs(&world, "prod", &world.server().url(), &client);
    world.server().reset_secret(&client.id, &world.new_secret());
    world.helper(&["forget"]).succeeded();
    let before = world.server().token_requests();
    let outcome = cli.wrapped(&world, &LIST).run();
    assert_eq!(outcome.code, 77, "{outcome:?}");
    assert!(outcome.stderr.contains("cp-token profile reset-secret prod"), "{outcome:?}");
    assert!(!outcome.stderr.contains("Traceback"), "{outcome:?}");
    assert_eq!(world.server().token_requests(), before + 1);
}

#[test]
fn commands_on_their_profiles_are_left_alone() {
    let Some(cli) = OfficialCli::crashplan() else { return };
    let world = World::new();
    let client = world.create_profile("prod", "memory");
    theirs(&world, "default", &world.server().url(), &client);
    let before = world.server().token_requests();
    let shown = cli.wrapped(&world, &["profile", "show", "default"]).run();
    assert!(shown.code == 0 && shown.stdout.contains(&client.id), "{shown:?}");
    assert_eq!(world.server().token_requests(), before);
    let line =
        ["profile", "create-api-client", "-y", "-n", "new", "-s", &world.server().url(), "--api-client-id"];
    let wrong = ["key-0", "--secret", "a-wrong-one", "--disable-ssl-errors", "True"];
    let refused = cli.wrapped(&world, &[&line[..], &wrong].concat()).run();
    assert!(refused.code != 0 && refused.stdout.contains("Password not stored!"), "{refused:?}");
    assert!(world.server().token_requests() > before, "a secret that is given is proved by itself");
}

#[test]
fn where_the_official_cli_is_missing_that_is_said() {
    let world = World::new();
    let wrapper = cp_token_tests::python_session::modules().join("crashplan-cp-token");
    let outcome = world.program("python3").args([wrapper]).env("PYTHONDONTWRITEBYTECODE", "1").run();
    outcome.failed(69).saying("crashplancli is not installed");
}
