//! Runs the fake CrashPlan by hand. It owns the command line only; the server is the library's.
#![allow(clippy::expect_used, reason = "a tool for hand use may stop where its surroundings are broken")]

use std::env::args;
use std::io::{Read, Write, stderr, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use cp_token_tests::fake_crashplan::{FakeCrashPlan, Setup};

const USAGE: &str = "usage: fake-crashplan [--port N] [--life SECS] [--client ID:SECRET]... [--user NAME:PASSWORD]... --ca-out PATH";

#[derive(Default)]
struct Options {
    port: u16,
    life: Option<Duration>,
    clients: Vec<(String, String)>,
    users: Vec<(String, String)>,
    ca_out: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Some(options) = parsed(args().skip(1)) else {
        // Nowhere is left to report a broken standard error to.
        let _ = writeln!(stderr(), "{USAGE}");
        return ExitCode::from(64);
    };
    let server =
        FakeCrashPlan::start_with(Setup { port: options.port, ledger_page: true, ..Setup::default() });
    furnish(&server, &options);
    writeln!(stdout(), "listening {}", server.url()).expect("announce the address");
    stdout().flush().expect("announce the address");
    wait_for_end_of_input();
    ExitCode::SUCCESS
}

fn parsed(mut arguments: impl Iterator<Item = String>) -> Option<Options> {
    let mut options = Options::default();
    while let Some(name) = arguments.next() {
        let value = arguments.next()?;
        match name.as_str() {
            "--port" => options.port = value.parse().ok()?,
            "--life" => options.life = Some(Duration::try_from_secs_f64(value.parse().ok()?).ok()?),
            "--client" => options.clients.push(pair(&value)?),
            "--user" => options.users.push(pair(&value)?),
            "--ca-out" => options.ca_out = Some(value.into()),
            _ => return None,
        }
    }
    options.ca_out.is_some().then_some(options)
}

fn pair(value: &str) -> Option<(String, String)> {
    let (name, secret) = value.split_once(':')?;
    Some((name.to_owned(), secret.to_owned()))
}

fn furnish(server: &FakeCrashPlan, options: &Options) {
    for (id, secret) in &options.clients {
        server.add_client(id, secret);
    }
    for (name, password) in &options.users {
        server.add_user(name, password, None);
    }
    if let Some(life) = options.life {
        server.set_life(life);
    }
    if let Some(path) = &options.ca_out {
        server.write_ca(path);
    }
}

fn wait_for_end_of_input() {
    let mut scratch = [0; 1024];
    while let Ok(1..) = stdin().read(&mut scratch) {}
}
