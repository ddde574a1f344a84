//! Owns the scenarios of the blocks for Python.

use cp_token_tests::fake_crashplan::FakeCrashPlan;
use cp_token_tests::official_cli::OfficialCli;
use cp_token_tests::python_session::modules;
use cp_token_tests::world::Call;

use super::page_world::PageWorld;

/// With the project's own modules at hand.
fn with_modules(call: Call) -> Call {
    call.env("PYTHONPATH", modules()).env("PYTHONDONTWRITEBYTECODE", "1")
}

/// It survives a revocation, and does not carry the token to where it is redirected.
pub(super) fn standard_library(text: &str) {
    let page_world = PageWorld::new();
    let server = page_world.world.server();
    let run = || with_modules(page_world.call("python3", text)).run();
    assert_eq!(run().succeeded().stdout, "0\n");
    assert_eq!(page_world.asked(), ["/api/v3/users?active=true"]);
    server.revoke_all();
    assert_eq!(run().succeeded().stdout, "0\n");
    assert_eq!((server.token_requests(), server.refused_bearers()), (2, 1));
    let elsewhere = FakeCrashPlan::start_with(cp_token_tests::fake_crashplan::Setup {
        authority: server.authority().clone(),
        ..Default::default()
    });
    let place = format!("{}/api/v3/users", elsewhere.url());
    server.answer_api_next(cp_token_tests::fake_crashplan::Answer::redirect(302, &place));
    run();
    let stranger = elsewhere.entries();
    assert!(
        !stranger.is_empty() && stranger.iter().all(|entry| entry.request.header("Authorization").is_none())
    );
}

pub(super) fn official_sdk(text: &str) {
    let Some(cli) = OfficialCli::crashplan() else { return };
    let page_world = PageWorld::new();
    page_world.serve(&[
        r#"{"data":{"tenantUid":"1"}}"#,
        r#"{"data":{"users":[{"username":"a@example.com"},{"username":"b@example.com"}]}}"#,
    ]);
    let roots = format!(
        "import pycpg.settings\npycpg.settings.verify_ssl_certs = {:?}\n",
        page_world.world.ca_file()
    );
    let python = cli.python();
    let call = page_world.call(python.to_str().expect("a path in UTF-8"), &format!("{roots}{text}"));
    assert_eq!(with_modules(call).run().succeeded().stdout, "a@example.com\nb@example.com\n");
    assert_eq!(page_world.asked()[0], "/api/v3/customer/my");
    page_world.cost_one_token_request();
}

/// The block as a person has it, with the wrapper in `PATH` by a link.
pub(super) fn official_cli(text: &str) {
    let Some(cli) = OfficialCli::crashplan() else { return };
    let page_world = PageWorld::new();
    page_world
        .serve(&[r#"{"data":{"tenantUid":"1"}}"#, r#"{"data":{"users":[{"username":"a@example.com"}]}}"#]);
    for (name, file) in
        [("crashplan-cp-token", modules().join("crashplan-cp-token")), ("crashplan", cli.program().into())]
    {
        std::os::unix::fs::symlink(file, page_world.world.path("bin").join(name)).expect("make a link");
    }
    let done = page_world.call("sh", text).env("PYTHONDONTWRITEBYTECODE", "1").run();
    assert!(done.code == 0 && done.stdout.contains("a@example.com"), "{done:?}");
    page_world.asked();
    page_world.cost_one_token_request();
}
