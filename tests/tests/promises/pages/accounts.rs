//! Owns the account of each fenced block of the pages: the scenario that runs it, or the reason why nothing can.

use super::{alone, one_task, python, run_by_us, shells};

/// What becomes of a block.
pub(super) enum Account {
    Run(fn(&str)),
    Not(&'static str),
}

use Account::{Not, Run};

/// A page, the language of a block, words that only this block has, and its account.
pub(super) const ACCOUNTS: &[(&str, &str, &str, Account)] = &[
    ("README.md", "sh", "cargo demo", Not("`demo` runs the first; the second runs this test")),
    ("README.md", "sh", "packaging/build\npackaging/install", Not("tests/run builds; `installing` installs")),
    (
        "docs/install.md",
        "sh",
        "packaging/build\npackaging/install",
        Not("tests/run builds; `installing` installs"),
    ),
    ("docs/service.md", "sh", "cp-token service install", Not("`services` does so in a systemd of its own")),
    ("docs/curl-and-exec.md", "sh", "cp-token curl -- -sS", Run(run_by_us::two_calls_of_curl)),
    ("docs/curl-and-exec.md", "sh", "cp-token exec -- python3", Run(run_by_us::both_ways_of_exec)),
    (
        "docs/integrations.md",
        "sh",
        "for program in git bazel docker",
        Not("`adapters::documented` runs these three together"),
    ),
    (
        "docs/integrations.md",
        "sh",
        "git config --global credential",
        Not("`adapters::documented` runs these three together"),
    ),
    ("docs/integrations.md", "sh", "kubectl config", Not("`adapters::documented` runs these three together")),
    ("docs/operations.md", "sh", "cp-token doctor ", Run(one_task::doctor_and_log)),
    ("README.md", "text", "──TLS──>", Not("a picture")),
    ("README.md", "sh", "--client-id key-79muGw9i424\n", Run(one_task::first_profile)),
    ("README.md", "sh", "curl -H \"Authorization", Run(one_task::short_form)),
    ("docs/users-and-codes.md", "sh", "--totp ask", Run(one_task::user_with_codes)),
    ("docs/migrating.md", "sh", "profile import --dry-run", Run(one_task::import)),
    ("docs/lock.md", "sh", "cp-token lock", Run(one_task::lock)),
    ("docs/network.md", "sh", "--no-proxy localhost", Run(one_task::proxy)),
    ("docs/config.md", "toml", "default = \"prod\"", Run(one_task::config)),
    ("docs/secret-sources.md", "sh", "--secret-command 'pass show crashplan'", Run(one_task::secret_command)),
    (
        "docs/secret-sources.md",
        "ini",
        "LoadCredentialEncrypted",
        Not("needs a running systemd; `sources` lays its folder out"),
    ),
    (
        "docs/secret-sources.md",
        "sh",
        "systemd-creds encrypt --user",
        Not("needs systemd 256; `sources` runs the older forms"),
    ),
    ("docs/cookbook.md", "bash", "for ((page = 1", Run(shells::bash_pages)),
    ("docs/cookbook.md", "bash", "--write-out", Run(shells::bash_repeats_once)),
    ("docs/cookbook.md", "sh", "xargs -P", Run(shells::many_at_once)),
    ("docs/cookbook.md", "zsh", "emulate -L zsh", Run(shells::zsh)),
    ("docs/cookbook.md", "fish", "cpapi.fish", Run(shells::fish)),
    ("docs/cookbook.md", "powershell", "function Invoke-CrashPlan", Not("Debian has no PowerShell")),
    ("docs/cookbook.md", "crontab", "0 6 * * *", Run(alone::cron)),
    ("docs/cookbook.md", "ini", "[Timer]", Run(alone::systemd_unit)),
    ("docs/cookbook.md", "sh", "systemctl --user enable", Not("needs a running systemd of the user")),
    ("docs/cookbook.md", "make", ".DELETE_ON_ERROR", Run(alone::make)),
    ("docs/cookbook.md", "yaml", "ansible.builtin.shell", Run(alone::ansible)),
    ("docs/cookbook.md", "yaml", "runs-on: self-hosted", Run(alone::ci_runner)),
    ("docs/cookbook.md", "python", "import urllib.request", Run(python::standard_library)),
    ("docs/cookbook.md", "python", "import pycpg.sdk", Run(python::official_sdk)),
    ("docs/cookbook.md", "sh", "crashplan-cp-token users", Run(python::official_cli)),
    ("docs/cookbook.md", "bash", "cp-token curl", Run(run_by_us::curl)),
    ("docs/cookbook.md", "sh", "cp-token exec -- ", Run(run_by_us::with_a_variable)),
    ("docs/cookbook.md", "sh", "cp-token exec --file", Run(run_by_us::with_a_file)),
    ("docs/windows.md", "powershell", "", Not("needs a real Windows")),
    ("SECURITY.md", "sh", "ssh-keygen -Y verify", Not("`supply::release` runs it on a release of its own")),
    ("CONTRIBUTING.md", "sh", "cargo demo", Not("`demo` runs the first; the others run this test")),
    ("ARCHITECTURE.md", "text", "cp-token-protocol:", Not("a list of folders")),
    ("ARCHITECTURE.md", "text", "wiring of all wings", Not("a picture")),
];
