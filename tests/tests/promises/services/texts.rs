//! Promises about the files themselves: systemd, the readers of property lists and of XML take them without a word.

use std::path::PathBuf;
use std::process::Command;

use cp_token_tests::programs;
use cp_token_tests::world::World;

fn packaged(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(name)
}

/// How the program ended and all that it said.
fn run(command: &mut Command) -> (bool, String) {
    let output = command.output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn analyze(arguments: &[&str], files: &[PathBuf]) -> (bool, String) {
    let mut command = Command::new("systemd-analyze");
    command.env("XDG_RUNTIME_DIR", std::env::temp_dir()).args(arguments).args(files);
    run(&mut command)
}

#[test]
fn systemd_has_nothing_to_say_about_the_units_and_gives_them_a_score() {
    if !programs::present(&["systemd-analyze"]) {
        return;
    }
    let world = World::new();
    let daemon = world.daemon_file().display().to_string();
    let units = ["cp-token.socket", "cp-tokend.service"].map(|name| {
        let text = std::fs::read_to_string(packaged("systemd").join(name)).expect("the unit");
        let text = text.replace("/usr/bin/cp-tokend", &daemon);
        // Whether the manual is installed is another matter.
        let text: Vec<_> = text.lines().filter(|line| !line.starts_with("Documentation=")).collect();
        std::fs::write(world.path(name), text.join("\n")).expect("write it");
        world.path(name)
    });
    let (is_well, said) = analyze(&["verify", "--user"], &units);
    let about_ours =
        said.lines().filter(|line| line.contains("cp-token") && !line.contains("parse system call"));
    assert_eq!(about_ours.collect::<Vec<_>>(), Vec::<&str>::new(), "{said}");
    assert!(is_well, "{said}");
    // The score counts what root could do; of what is left, a user's manager can take nothing away.
    let (is_low, said) = analyze(&["security", "--offline=true", "--threshold=63"], &units[1..]);
    let score = said.lines().find(|line| line.contains("Overall exposure level")).unwrap_or(&said);
    programs::note(score);
    assert!(is_low, "{said}");
    let bad = world.path("bad.service");
    std::fs::write(&bad, "[Service]\nExecStart=/nonexistent\nNoSuchThing=1\n").expect("write it");
    let (_, said) = analyze(&["verify", "--user"], &[bad]);
    assert!(said.contains("NoSuchThing"), "the control: {said}");
}

#[test]
fn e18_no_unit_agent_or_task_holds_a_variable_or_a_secret() {
    for name in [
        "systemd/cp-token.socket",
        "systemd/cp-tokend.service",
        "systemd/cp-tokend-strict.conf",
        "launchd/io.github.cp-token.cp-tokend.plist",
        "windows/cp-tokend-task.xml",
    ] {
        let text = std::fs::read_to_string(packaged(name)).expect("the file");
        let lower = text.to_lowercase();
        for word in [
            "environment=",
            "environmentvariables",
            "environmentfile",
            "passenvironment",
            "password",
            "client_id",
        ] {
            assert!(!lower.contains(word), "{name} has {word}");
        }
    }
}

/// Reads a property list, and writes and reads it again.
const ROUND_TRIP: &str = "
import plistlib, sys
read = plistlib.load(open(sys.argv[1], 'rb'))
assert plistlib.loads(plistlib.dumps(read)) == read
known = {'Label': str, 'ProgramArguments': list, 'RunAtLoad': bool, 'KeepAlive': dict, 'ThrottleInterval': int,
    'ProcessType': str, 'Umask': int, 'HardResourceLimits': dict, 'ExitTimeOut': int}
assert all(type(value) is known[key] for key, value in read.items()), read
assert read['Umask'] == 0o077 and read['KeepAlive'] == {'Crashed': True}
assert read['ProgramArguments'] == ['/usr/local/bin/cp-tokend', '--background']
assert sys.argv[1].endswith('/' + read['Label'] + '.plist')
";

#[test]
fn the_agent_is_a_property_list_with_keys_and_types_of_launchd() {
    if !programs::present(&["python3", "plistutil"]) {
        return;
    }
    let file = packaged("launchd/io.github.cp-token.cp-tokend.plist");
    let (is_well, said) = run(Command::new("python3").args(["-c", ROUND_TRIP]).arg(&file));
    assert!(is_well, "{said}");
    let (is_well, said) = run(Command::new("plistutil").arg("-i").arg(&file));
    assert!(is_well && !said.is_empty(), "{said}");
    let world = World::new();
    let broken = world.path("broken.plist");
    std::fs::write(&broken, "<plist><dict><key>Label</key></dict>").expect("write it");
    let (is_well, _) = run(Command::new("python3").args(["-c", ROUND_TRIP]).arg(&broken));
    assert!(!is_well, "the control");
}

/// Holds the task against the schema's order, where that has one, and against its names. (2.1.1 of MS-TSCH; only
/// triggers are a sequence.)
const CHECK: &str = "
import sys, xml.etree.ElementTree as tree
space = '{http://schemas.microsoft.com/windows/2004/02/mit/task}'
names = {
    'Task': 'RegistrationInfo Triggers Settings Data Principals Actions',
    'RegistrationInfo': 'URI SecurityDescriptor Source Date Author Version Description Documentation',
    'Triggers': 'LogonTrigger',
    'LogonTrigger': 'Enabled StartBoundary EndBoundary Repetition ExecutionTimeLimit UserId Delay',
    'Principals': 'Principal',
    'Principal': 'UserId LogonType GroupId DisplayName RunLevel',
    'Settings': 'AllowStartOnDemand RestartOnFailure MultipleInstancesPolicy DisallowStartIfOnBatteries '
        'StopIfGoingOnBatteries AllowHardTerminate StartWhenAvailable NetworkProfileName RunOnlyIfNetworkAvailable '
        'WakeToRun Enabled Hidden DeleteExpiredTaskAfter IdleSettings NetworkSettings ExecutionTimeLimit Priority '
        'RunOnlyIfIdle',
    'IdleSettings': 'Duration WaitTimeout StopOnIdleEnd RestartOnIdle',
    'RestartOnFailure': 'Interval Count',
    'Actions': 'Exec',
    'Exec': 'Command Arguments WorkingDirectory',
}
root = tree.parse(sys.argv[1]).getroot()
assert root.tag == space + 'Task' and root.get('version') == '1.2'
for element in root.iter():
    here = [child.tag.removeprefix(space) for child in element]
    allowed = names.get(element.tag.removeprefix(space), '').split()
    assert set(here) <= set(allowed) and len(set(here)) == len(here), (element.tag, here)
    if element.tag == space + 'LogonTrigger':
        assert here == sorted(here, key=allowed.index), here
text = lambda path: root.find('/'.join(space + part for part in path.split('/'))).text
assert text('Principals/Principal/RunLevel') == 'LeastPrivilege'
assert text('Principals/Principal/LogonType') == 'InteractiveToken'
assert text('Settings/Hidden') == 'true' and text('Settings/ExecutionTimeLimit') == 'PT0S'
assert root.find(space + 'Actions').get('Context') == root.find(space + 'Principals')[0].get('id')
";

#[test]
fn the_task_is_well_formed_and_in_the_order_of_its_schema() {
    if !programs::present(&["python3", "xmllint"]) {
        return;
    }
    let file = packaged("windows/cp-tokend-task.xml");
    let (is_well, said) = run(Command::new("xmllint").arg("--noout").arg(&file));
    assert!(is_well && said.is_empty(), "{said}");
    let (is_well, said) = run(Command::new("python3").args(["-c", CHECK]).arg(&file));
    assert!(is_well, "{said}");
    let world = World::new();
    let text = std::fs::read_to_string(&file).expect("the task");
    for (from, to) in [("<Hidden>", "<Hiden>"), ("PT0S", "PT72H"), ("</Task>", "")] {
        let broken = world.path("broken.xml");
        std::fs::write(
            &broken,
            text.replace(from, to)
                .replace("</Hidden>", if from == "<Hidden>" { "</Hiden>" } else { "</Hidden>" }),
        )
        .expect("write it");
        let (is_well, _) = run(Command::new("python3").args(["-c", CHECK]).arg(&broken));
        assert!(!is_well, "the control: {from}");
    }
}
