//! Promises about descriptors in a curl command: behind one lies the token, so none is read by curl, whatever it is
//! called.

use cp_token_tests::fake_proxy::FakeProxy;
use cp_token_tests::programs;
use cp_token_tests::world::{Outcome, World};

use super::{calling, curl, paths, world};

/// Options that read a file, with what stands before its name.
const READING: [(&str, &str); 25] = [
    ("--proxy-header", "@"),
    ("-w", "@"),
    ("-d", "@"),
    ("--data-ascii", "@"),
    ("--data-binary", "@"),
    ("--data-urlencode", "name@"),
    ("--json", "@"),
    ("--url-query", "name@"),
    ("-F", "x=@"),
    ("-F", "x=<"),
    ("-F", "x=y;headers=@"),
    ("-T", ""),
    ("-b", ""),
    ("--cacert", ""),
    ("--capath", ""),
    ("-E", ""),
    ("--key", ""),
    ("--proxy-cacert", ""),
    ("--proxy-cert", ""),
    ("--crlfile", ""),
    ("--pinnedpubkey", ""),
    ("--etag-compare", ""),
    ("--hsts", ""),
    ("--alt-svc", ""),
    ("--egd-file", ""),
];

/// A link to what the name leads to.
fn link(world: &World, name: &str, to: &str) -> String {
    std::os::unix::fs::symlink(to, world.path(name)).expect("make a link");
    world.path(name).display().to_string()
}

/// The control: the real curl, with something behind descriptor 4, sends that to whoever is named as its proxy.
fn assert_curl_would_send_it(world: &World, proxy: &FakeProxy) {
    std::fs::write(world.path("held"), "X-Held: BEHIND-A-DESCRIPTOR\n").expect("write a file");
    let url = format!("{}/x", world.server().url());
    let line = format!("exec curl -q -s -x {} --proxy-header @/dev/fd/4 {url} 4<held", proxy.url());
    world.shell(&line);
    let heads: Vec<_> = proxy.conversations().into_iter().map(|each| each.head).collect();
    assert!(heads.iter().any(|head| head.contains("BEHIND-A-DESCRIPTOR")), "{heads:?}");
}

#[test]
fn a_file_that_others_could_exchange_is_not_read_while_the_token_lies_behind_a_descriptor() {
    use std::os::unix::fs::{PermissionsExt, chown};
    let Some(world) = world() else { return };
    let folder = world.path("shared");
    std::fs::create_dir(&folder).expect("make a folder");
    let file = folder.join("body");
    std::fs::write(&file, "text").expect("write a file");
    let mode = |mode| std::fs::set_permissions(&folder, PermissionsExt::from_mode(mode)).expect("a mode");
    let data = format!("@{}", file.display());
    let two = ["-sS", "-d", &data, "/x", "--next", "-sS", "/y"];
    let refused = |line: &[&str]| curl(&world, line).failed(64).saying("others could put");
    mode(0o755);
    curl(&world, &two).succeeded();
    curl(&world, &["-d", &format!("{data}-none"), "/x", "--next", "/y"]).saying("body-none");
    mode(0o777);
    refused(&two);
    let read = ["-sS", "-d", &data, "/x"];
    curl(&world, &read).succeeded();
    std::fs::write(world.path("home/.curlrc"), "silent\n").expect("write a config");
    refused(&read);
    mode(0o755);
    curl(&world, &read).succeeded();
    if programs::is_root() {
        mode(0o1777);
        curl(&world, &read).succeeded();
        refused(&["-d", &format!("{data}-none"), "/x"]);
        chown(&file, Some(1235), None).expect("give it away");
        refused(&read);
        mode(0o755);
        chown(&folder, Some(1235), None).expect("give it away");
        refused(&read);
    }
}

#[test]
fn a_descriptor_in_a_proxys_header_sends_the_token_nowhere_on_the_command_line_and_in_curlrc() {
    let Some(world) = world() else { return };
    let proxy = FakeProxy::start();
    assert_curl_would_send_it(&world, &proxy);
    let asked = proxy.asked();
    let url = proxy.url();
    let evil = ["-x", &url, "--proxy-header", "@/dev/fd/4", "/x"];
    let line: Vec<&str> = evil.iter().copied().chain(["--next", "-x", evil[1], "/x"]).collect();
    curl(&world, &line).failed(64).saying("--proxy-header is a descriptor");
    let home = world.path("home");
    let lines = format!("proxy = \"{}\"\nproxy-header = \"@/dev/fd/4\"\n", proxy.url());
    std::fs::write(home.join(".curlrc"), &lines).expect("write a config");
    curl(&world, &["/x"]).failed(64).saying("--proxy-header is a descriptor");
    std::fs::write(world.path("inner"), &lines).expect("write a config");
    std::fs::write(world.path("outer"), "config = \"inner\"\n").expect("write a config");
    curl(&world, &["-q", "-K", "outer", "/x"]).failed(64).saying("--proxy-header is a descriptor");
    assert_eq!(proxy.asked(), asked);
    std::fs::remove_file(home.join(".curlrc")).expect("forget it");
}

#[test]
fn every_option_that_reads_a_file_is_refused_a_descriptor_by_whatever_way() {
    let Some(world) = world() else { return };
    let itself = format!("/proc/{}/fd/4", std::process::id());
    let two_links = link(&world, "two", &link(&world, "one", "/proc/thread-self/fd/4"));
    let names = ["/dev/fd/4", "/dev/stdin", "/proc/self/fd/0", &itself, "/dev/./fd/../fd/4", &two_links];
    for (number, (option, before)) in READING.into_iter().enumerate() {
        let named = format!("{before}{}", names[number % names.len()]);
        curl(&world, &["-q", option, &named, "/x"]).failed(64).saying("is a descriptor");
    }
    for name in names {
        curl(&world, &["-q", "-w", &format!("@{name}"), "/x"]).failed(64).saying("is a descriptor");
        curl(&world, &["-q", "-T", name, "/x"]).failed(64).saying("is a descriptor");
    }
    curl(&world, &["-q", "-T", "/dev/{fd,x}/4", "/x"]).failed(64).saying("pattern");
    for (folder, name) in [("/dev", "fd/4"), ("/proc/self/fd", "4"), ("/dev/fd/..", "fd/4")] {
        let line = format!("cd {folder} && exec cp-token curl -- -q -d @{name} /x");
        world.shell(&line).failed(64).saying("is a descriptor");
    }
    assert_eq!(paths(world.server()), []);
}

/// As the first process of a namespace: the helper is the second, and a curl that it waits for the third.
fn curl_as_third_process(world: &World, words: &str) -> Outcome {
    let line = format!("cp-token curl -- {words}; exit $?");
    let namespace = ["--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", &line];
    world.program("unshare").args(namespace).run()
}

#[test]
fn a_descriptor_of_a_process_that_does_not_run_yet_is_refused_where_curl_will_be_that_process() {
    let Some(world) = world() else { return };
    if !programs::is_root() || !programs::present(&["unshare"]) {
        return;
    }
    let (proxy, home) = (FakeProxy::start(), world.path("home"));
    let evil = format!("-x {}", proxy.url());
    link(&world, "dangling", "/proc/3/fd/4");
    for reading in [
        "--proxy-header @/proc/3/fd/4",
        "--proxy-header @dangling",
        "-w @/proc/3/fd/4",
        "-w @/proc/3/task/3/fd/4",
        "-d @/proc/3/fd/4",
    ] {
        let words = format!("-q -v -sS {reading} {evil} /x --next -sS {evil} /x");
        curl_as_third_process(&world, &words).failed(64).saying("is a descriptor");
    }
    let lines = format!(
        "verbose\nproxy-header = \"@/proc/3/fd/4\"\nproxy = \"{0}\"\nurl = \"/x\"\nnext\nproxy = \"{0}\"\nurl = \"/x\"\n",
        proxy.url()
    );
    std::fs::write(home.join(".curlrc"), lines).expect("write a config");
    curl_as_third_process(&world, "-sS").failed(64).saying("--proxy-header is a descriptor");
    std::fs::remove_file(home.join(".curlrc")).expect("forget it");
    assert_eq!((proxy.asked(), paths(world.server())), (0, vec![]));
    // The control: there, too, a file is read and sent with the token.
    std::fs::write(world.path("body"), "from=file").expect("write a file");
    let result = curl_as_third_process(&world, "-q -v -sS -d @body /api/v3/users --next -sS /api/v3/users");
    assert_eq!(result.code, 0, "{result:?}");
    assert_eq!(paths(world.server()), vec![("/api/v3/users".to_owned(), true); 2]);
}

/// A folder whose real name is longer than the system takes at once, by a name that is short.
fn deep_folder(world: &World) -> String {
    let names = |count| vec!["x".repeat(200); count].join("/");
    for (name, count) in [("deep/a", 18), ("deep/a/b", 4)] {
        let link = world.path(name);
        std::fs::create_dir_all(link.with_file_name(names(count))).expect("make folders");
        std::os::unix::fs::symlink(names(count), link).expect("make a link");
    }
    world.path("deep/a/b").display().to_string()
}

#[test]
fn a_link_to_a_descriptor_is_found_where_its_real_name_is_longer_than_the_system_takes() {
    let Some(world) = world() else { return };
    let (proxy, folder) = (FakeProxy::start(), deep_folder(&world));
    let name = format!("@{}", link(&world, "deep/a/b/l", "/proc/self/fd/4"));
    let evil = proxy.url();
    for option in ["-w", "-d", "--proxy-header"] {
        let line = ["-q", "-sS", option, &name, "-x", &evil, "/x", "--next", "-sS", "-x", &evil, "/x"];
        curl(&world, &line).failed(64).saying("is a descriptor");
    }
    let config = world.path("home").join(".curlrc");
    std::fs::write(&config, format!("write-out = \"{name}\"\n")).expect("write a config");
    curl(&world, &["-sS", "/x", "--next", "-sS", "/x"]).failed(64).saying("--write-out is a descriptor");
    assert_eq!((proxy.asked(), paths(world.server())), (0, vec![]));
    // The control: a file that lies there is read, by each of them.
    std::fs::write(world.path("deep/a/b/file"), "from=file\n").expect("write a file");
    let named = format!("@{folder}/file");
    std::fs::write(config, format!("write-out = \"{named}\"\n")).expect("write a config");
    assert_eq!(curl(&world, &["-sS", "/api/v3/users"]).succeeded().stdout.matches("from=file").count(), 1);
    for option in ["-w", "-d", "--proxy-header"] {
        curl(&world, &["-q", "-sS", option, &named, "/api/v3/users"]).succeeded();
    }
    assert_eq!(paths(world.server()), vec![("/api/v3/users".to_owned(), true); 4]);
}

#[test]
fn a_link_to_a_descriptor_is_found_where_another_folder_has_the_name_of_its_own() {
    let Some(world) = world() else { return };
    if !programs::is_root() || !programs::present(&["unshare", "mount"]) {
        return;
    }
    let folder = world.path("covered");
    std::fs::create_dir(&folder).expect("make a folder");
    std::fs::write(folder.join("file"), "from=file\n").expect("write a file");
    link(&world, "covered/l", "/proc/self/fd/4");
    let covered = |words: &str| {
        let line = format!(
            "cd '{0}' && mount -t tmpfs none '{0}' && exec cp-token curl -- -q -sS {words}",
            folder.display()
        );
        world.program("unshare").args(["--mount", "sh", "-c", &line]).run()
    };
    for name in ["l", "/proc/self/cwd/l"] {
        let words = format!("-w @{name} /x --next -sS /x");
        covered(&words).failed(64).saying("is a descriptor");
    }
    assert_eq!(paths(world.server()), []);
    let shown = covered("-w @file /api/v3/users").succeeded();
    assert!(shown.stdout.contains("from=file"), "{shown:?}");
}

#[test]
fn what_is_no_descriptor_is_read_as_ever_and_standard_input_by_its_own_sign() {
    let Some(world) = world() else { return };
    std::fs::write(world.path("body"), "from=file").expect("write a file");
    for words in [["-d", "@body"], ["-d", "@-"], ["-T", "-"], ["-d", "/dev/fd/4"], ["-F", "x=@body"]] {
        let outcome = calling(&world, &["-q", "-sS"]).args(words).args(["/api/v3/users"]).stdin("a=b").run();
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{words:?}");
    }
    // A config is read before there is a token.
    let outcome =
        calling(&world, &["-q", "-K", "/dev/stdin"]).stdin("url = \"/api/v3/users\"\nsilent\n").run();
    outcome.succeeded();
    assert!(paths(world.server()).iter().all(|(_, is_live)| *is_live));
    assert_eq!(paths(world.server()).len(), 6);
}
