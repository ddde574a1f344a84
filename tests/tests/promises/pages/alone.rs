//! Owns the scenarios of the blocks for programs that run alone: cron, systemd, make, Ansible, CI runners.

use cp_token_tests::official_cli::OfficialCli;
use cp_token_tests::programs;
use cp_token_tests::world::{Call, World, processes};

use super::page_world::{PageWorld, written};

const USERS: &str = "/api/v3/users?active=true";

/// What cron gives to a job, and no more.
fn bare(world: &World, line: &str) -> Call {
    let call = world.program("/usr/bin/env").args(["-i", "SHELL=/bin/sh", "LOGNAME=jo"]);
    let home = format!("HOME={}", world.path("home").display());
    let roots = format!("CURL_CA_BUNDLE={}", world.ca_file().display());
    call.args([home, roots]).args(["/bin/sh", "-c", line])
}

/// Without the variables that make everything of a world lie in its own places: as a person has it.
fn with_home(call: Call) -> Call {
    let own = ["CP_TOKEN_CONFIG_DIR", "CP_TOKEN_SOCKET", "CP_TOKEN_STATE_DIR"];
    own.into_iter().fold(call, Call::without_env)
}

/// The job and the person's shell share one daemon and one token; without the first line of the block they do not.
pub(super) fn cron(text: &str) {
    if !programs::present(&["curl"]) {
        return;
    }
    let world = World::new();
    let client = world.new_client();
    with_home(world.creating("prod", "memory", &client, &world.server().url())).run().succeeded();
    with_home(world.call(&[])).run().token();
    let run = world.path("run").display().to_string();
    let path = format!("PATH={}:/usr/bin:/bin", world.path("bin").display());
    let text = text.replace("/run/user/1000", &run).replace("PATH=/usr/local/bin:/usr/bin:/bin", &path);
    let table = std::fs::read_to_string(written(&world, "table", &text)).expect("the table");
    let (variables, jobs): (Vec<_>, Vec<_>) =
        table.lines().filter(|line| !line.is_empty()).partition(|line| !line.starts_with(char::is_numeric));
    let command = jobs[0].splitn(6, ' ').last().expect("a command behind five fields");
    assert!(jobs.len() == 1 && variables.len() == 3 && !command.contains('%'), "{table}");
    let exported = |lines: &[&str]| lines.iter().map(|line| format!("export {line}\n")).collect::<String>();
    bare(&world, &(exported(&variables) + command)).run().succeeded();
    assert!(std::fs::read_to_string(world.path("users.json")).is_ok_and(|answer| answer.contains("users")));
    assert_eq!(world.server().token_requests(), 1);
    let daemon = world.daemon_pid();
    let alone = bare(&world, &(exported(&variables[1..]) + command)).run();
    assert!(alone.code != 0 && alone.stderr.contains("cp-token"), "the secret is in the other: {alone:?}");
    for other in world.running().into_iter().filter(|pid| *pid != daemon) {
        processes::end(other);
    }
    with_home(world.call(&["daemon", "stop", "--yes"])).run().succeeded();
}

/// The line that systemd would run, as it would run it.
pub(super) fn systemd_unit(text: &str) {
    if !programs::present(&["curl"]) {
        return;
    }
    let page_world = PageWorld::new();
    let unit = std::fs::read_to_string(page_world.file("unit", text)).expect("the unit");
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("a line to run");
    let home = page_world.world.path("home").display().to_string();
    let line = line.replace("%h", &home);
    assert!(!line.contains(['$', '%']), "systemd would read these: {line}");
    page_world.trusting(page_world.world.program("sh").args(["-c", &line])).run().succeeded();
    assert!(
        std::fs::read_to_string(format!("{home}/users.json")).is_ok_and(|answer| answer.contains("users"))
    );
    assert_eq!(page_world.asked(), [USERS]);
    page_world.cost_one_token_request();
}

/// The report is made; and where there is no token, neither a file nor a success is left behind.
pub(super) fn make(text: &str) {
    if !programs::present(&["make", "bash", "curl", "jq"]) {
        return;
    }
    let page_world = PageWorld::new();
    page_world.file("Makefile", text);
    let make = || page_world.trusting(page_world.world.program("make"));
    make().run().succeeded();
    assert_eq!(std::fs::read_to_string(page_world.world.path("report.txt")).expect("the report"), "0\n");
    assert_eq!(page_world.asked(), [USERS]);
    page_world.cost_one_token_request();
    for file in ["users.json", "report.txt"] {
        std::fs::remove_file(page_world.world.path(file)).expect("remove it");
    }
    // Even an answer that curl takes for good is none, where there was no token to ask with.
    page_world.serve(&["{}"]);
    let nobody = make().env("CP_TOKEN_PROFILE", "nobody").run();
    assert!(nobody.code == 2 && !page_world.world.path("users.json").exists(), "{nobody:?}");
}

pub(super) fn ansible(text: &str) {
    let Some(ansible) = OfficialCli::ansible() else { return };
    let page_world = PageWorld::new();
    page_world.serve(&[r#"{"data":{"users":[{},{},{}]}}"#]);
    let play = page_world.file("play.yml", text);
    let call = page_world.world.program(ansible.program());
    // Whatever its modules leave behind is searched for the token.
    let call = call.args([play]).env("ANSIBLE_KEEP_REMOTE_FILES", "1").env("LC_ALL", "C.UTF-8");
    let played = page_world.trusting(call).run();
    assert!(played.code == 0 && played.stdout.contains("\"msg\": \"3 users\""), "{played:?}");
    assert_eq!(page_world.asked(), [USERS]);
    page_world.cost_one_token_request();
}

/// The runner's shell for each step, and a program whose token comes from a variable.
pub(super) fn ci_runner(text: &str) {
    if !programs::present(&["bash", "curl"]) {
        return;
    }
    let page_world = PageWorld::new();
    let (url, ca) = (page_world.world.server().url(), page_world.world.ca_file());
    let report = "#!/bin/sh\nprintf 'header = \"Authorization: Bearer %s\"\\n' \"$CRASHPLAN_TOKEN\" |";
    page_world.own_program(
        "report",
        &format!("{report} curl -fsS -K - --cacert {} {url}/api/v3/report\n", ca.display()),
    );
    let steps: Vec<String> = text.split("run: |\n").skip(1).map(step).collect();
    assert_eq!(steps.len(), 2, "{text}");
    let line = ["--noprofile", "--norc", "-e", "-o", "pipefail"];
    for step in &steps {
        let file = page_world.file("step", step);
        let call = page_world.world.program("bash").args(line).args([file]).printing_a_token();
        let done = page_world.trusting(call).run().succeeded();
        let token = page_world.world.helper(&[]).token();
        assert_eq!(done.stdout.contains(&token), done.stdout.contains(&format!("::add-mask::{token}\n")));
    }
    assert_eq!(page_world.asked(), [USERS, "/api/v3/report"]);
    page_world.cost_one_token_request();
}

/// The lines of a step: those that are indented as its first one.
fn step(text: &str) -> String {
    let margin = text.len() - text.trim_start().len();
    let lines = text.lines().take_while(|line| line.len() - line.trim_start().len() >= margin);
    lines.map(|line| format!("{}\n", &line[margin..])).collect()
}
