//! Promises about two daemons of one home, as a session and a timer have them: neither undoes a change of the other.

use cp_token_tests::world::{Client, Launch, World};

/// How many profiles each of the two makes.
const EACH: usize = 8;

#[test]
fn two_daemons_of_one_home_lose_no_profile_and_leave_nothing_beside_the_file() {
    let world = World::new();
    let socket = |place: &str| world.path("run").join(place).join("daemon.sock");
    let daemons =
        ["a", "b"].map(|place| world.launch(Launch::default().env("CP_TOKEN_SOCKET", socket(place))));
    std::thread::scope(|scope| {
        for place in ["a", "b"] {
            let (world, socket) = (&world, socket(place));
            scope.spawn(move || {
                for number in 0..EACH {
                    let client = Client { id: "key".to_owned(), secret: "made-up-secret".to_owned() };
                    let url = format!("https://{place}{number}.example");
                    let call = world.creating(&format!("{place}{number}"), "memory", &client, &url);
                    call.args(["--no-verify"]).env("CP_TOKEN_SOCKET", &socket).run().succeeded();
                }
            });
        }
    });
    let text = super::config(&world);
    for (place, number) in ["a", "b"].into_iter().flat_map(|place| (0..EACH).map(move |n| (place, n))) {
        assert!(text.contains(&format!("[profile.{place}{number}]")), "{place}{number} is lost:\n{text}");
    }
    let beside = std::fs::read_dir(world.config_folder()).expect("list it").count();
    assert_eq!(beside, 1, "something is left beside the file");
    daemons.into_iter().for_each(|daemon| assert_eq!(daemon.terminate(), 0));
}
