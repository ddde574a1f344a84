//! Promises about a server whose name leads nowhere.

use cp_token_tests::programs;
use cp_token_tests::world::{Launch, World};

#[test]
fn a_name_that_cannot_be_looked_up_is_told_from_a_server_that_is_down() {
    if !programs::is_root() || !programs::present(&["unshare"]) {
        return;
    }
    let world = World::new();
    // In a network of its own, nobody answers for any name; the socket in the file system is reached all the same.
    let daemon = world.launch(Launch::by(["unshare", "--net"]));
    let client = world.new_client();
    let creating = world.creating("prod", "memory", &client, "https://console.crashplan.invalid");
    creating.run().failed(75).saying("its name cannot be looked up").saying("nothing was changed");
    let creating = world.creating("down", "memory", &client, "https://192.0.2.1");
    creating.run().failed(75).saying("there is no route to its network");
    assert_eq!(daemon.terminate(), 0);
}
