//! Owns the scenarios of the blocks for shells.

use cp_token_tests::programs;

use super::page_world::{PageWorld, target};

const TWO_USERS: &str = r#"{"data":{"users":[{"username":"a@example.com"},{"username":"b@example.com"}]}}"#;
const ONE_USER: &str = r#"{"data":{"users":[{"username":"c@example.com"}]}}"#;
const NO_USER: &str = r#"{"data":{"users":[]}}"#;

/// All pages are read; and a token that cannot be had stops the script before it asks the API.
pub(super) fn bash_pages(text: &str) {
    if !programs::present(&["bash", "curl", "jq"]) {
        return;
    }
    let page_world = PageWorld::new();
    page_world.serve(&[TWO_USERS, ONE_USER, NO_USER]);
    let printed = page_world.call("bash", text).run().succeeded().stdout;
    assert_eq!(printed, "a@example.com\nb@example.com\nc@example.com\n");
    let pages = (1..=3).map(|page| format!("/api/v1/User?pgNum={page}&pgSize=100"));
    assert_eq!(page_world.asked(), pages.collect::<Vec<_>>());
    page_world.cost_one_token_request();
    let before = page_world.world.server().api_requests();
    let nobody = page_world.call("bash", text).env("CP_TOKEN_PROFILE", "nobody").run();
    nobody.failed(64).saying("nobody");
    assert_eq!(page_world.world.server().api_requests(), before);
}

/// A revocation in the middle costs one report and one repeat; a second 401 ends it.
pub(super) fn bash_repeats_once(text: &str) {
    if !programs::present(&["bash", "curl", "jq"]) {
        return;
    }
    let page_world = PageWorld::new();
    let server = page_world.world.server();
    let dead = page_world.world.helper(&[]).token();
    server.revoke(&dead);
    let printed = page_world.call("bash", text).run().succeeded().stdout;
    assert_eq!(printed, "{\"users\":[]}\n".repeat(3));
    let asked: Vec<_> = server.entries().iter().skip(1).map(target).collect();
    let wanted = ["/api/v1/Computer/11?idType=guid", "/api/v3/oauth/token?grant_type=client_credentials"];
    assert_eq!(asked[..3], [wanted[0], wanted[1], wanted[0]]);
    assert_eq!((asked.len(), server.token_requests(), server.refused_bearers()), (5, 2, 1));
    server.answer_api_always(cp_token_tests::fake_crashplan::Answer::json(401, "{}"));
    let refused = page_world.call("bash", text).run();
    assert_ne!(refused.code, 0, "{refused:?}");
    assert_eq!((server.token_requests(), server.refused_bearers()), (3, 3), "one report, one repeat");
}

pub(super) fn many_at_once(text: &str) {
    if !programs::present(&["curl", "xargs"]) {
        return;
    }
    let page_world = PageWorld::new();
    page_world.call("sh", text).run().succeeded();
    let mut asked = page_world.asked();
    asked.sort();
    let guids = (11..=18).map(|guid| format!("/api/v1/Computer/{guid}?idType=guid"));
    assert_eq!(asked, guids.collect::<Vec<_>>());
    let read = |guid| std::fs::read_to_string(page_world.world.path(format!("{guid}.json")));
    assert!((11..=18).all(|guid| read(guid).is_ok_and(|answer| answer.contains("users"))));
    page_world.cost_one_token_request();
}

pub(super) fn zsh(text: &str) {
    prompt_function("zsh", text);
}

pub(super) fn fish(text: &str) {
    prompt_function("fish", text);
}

/// The function counts the users; without a token the API is not asked with one, and the failure is told.
fn prompt_function(shell: &str, text: &str) {
    if !programs::present(&[shell, "curl", "jq"]) {
        return;
    }
    let page_world = PageWorld::new();
    page_world.serve(&[TWO_USERS]);
    assert_eq!(page_world.call(shell, text).run().succeeded().stdout, "2\n");
    assert_eq!(page_world.asked(), ["/api/v3/users?active=true"]);
    page_world.cost_one_token_request();
    let nobody = page_world.call(shell, text).env("CP_TOKEN_PROFILE", "nobody").run();
    assert!(nobody.stderr.contains("nobody") && nobody.stdout.is_empty(), "{nobody:?}");
}
