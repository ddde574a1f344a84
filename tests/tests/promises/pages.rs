//! Promises about the project's pages: what a person pastes from them works. Each fenced block has an account here: a
//! scenario that runs it in its own interpreter and looks at what the server saw, or a reason why nobody can.

mod alone;
mod kitchen;
mod python;
mod readme;
mod shells;

use cp_token_tests::snippets::{self, Snippet};

/// What becomes of a block.
enum Account {
    Run(fn(&str)),
    Not(&'static str),
}

use Account::{Not, Run};

/// A page, words that only this block of it has, and its account.
const ACCOUNTS: &[(&str, &str, Account)] = &[
    ("README.md", "cargo demo", Not("the story is told by the promises of `demo`")),
    ("README.md", "packaging/build", Not("tests/run builds and looks at what is shipped")),
    ("README.md", "──TLS──>", Not("a picture")),
    ("README.md", "--client-id key-79muGw9i424\n", Run(readme::first_profile)),
    ("README.md", "curl -H \"Authorization", Run(readme::short_form)),
    ("README.md", "--totp ask", Run(readme::user_with_codes)),
    ("README.md", "profile import --dry-run", Run(readme::import)),
    ("README.md", "cp-token lock", Run(readme::lock)),
    ("README.md", "--no-proxy localhost", Run(readme::proxy)),
    ("README.md", "default = \"prod\"", Run(readme::config)),
    ("RECIPES.md", "--secret-command 'pass show crashplan'", Run(readme::secret_command)),
    ("RECIPES.md", "LoadCredentialEncrypted", Not("needs a running systemd; `sources` lays its folder out")),
    ("RECIPES.md", "systemd-creds encrypt --user", Not("needs systemd 256; `sources` runs the older forms")),
    ("docs/COOKBOOK.md", "for ((page = 1", Run(shells::bash_pages)),
    ("docs/COOKBOOK.md", "--write-out", Run(shells::bash_repeats_once)),
    ("docs/COOKBOOK.md", "xargs -P", Run(shells::many_at_once)),
    ("docs/COOKBOOK.md", "emulate -L zsh", Run(shells::zsh)),
    ("docs/COOKBOOK.md", "cpapi.fish", Run(shells::fish)),
    ("docs/COOKBOOK.md", "function Invoke-CrashPlan", Not("Debian has no PowerShell")),
    ("docs/COOKBOOK.md", "0 6 * * *", Run(alone::cron)),
    ("docs/COOKBOOK.md", "[Timer]", Run(alone::systemd_unit)),
    ("docs/COOKBOOK.md", "systemctl --user enable", Not("needs a running systemd of the user")),
    ("docs/COOKBOOK.md", ".DELETE_ON_ERROR", Run(alone::make)),
    ("docs/COOKBOOK.md", "ansible.builtin.shell", Run(alone::ansible)),
    ("docs/COOKBOOK.md", "runs-on: self-hosted", Run(alone::ci_runner)),
    ("docs/COOKBOOK.md", "import urllib.request", Run(python::standard_library)),
    ("docs/COOKBOOK.md", "import pycpg.sdk", Run(python::official_sdk)),
    ("docs/COOKBOOK.md", "crashplan-cp-token users", Run(python::official_cli)),
];

fn is_of(snippet: &Snippet, page: &str, words: &str) -> bool {
    snippet.page == page && snippet.text.contains(words)
}

#[test]
fn every_block_has_an_account_and_every_account_a_block() {
    let snippets = snippets::all();
    for snippet in &snippets {
        let accounts = ACCOUNTS.iter().filter(|(page, words, _)| is_of(snippet, page, words)).count();
        assert_eq!(accounts, 1, "accounts of a block of {}:\n{}", snippet.page, snippet.text);
        assert!(!snippet.language.is_empty(), "a block without a language:\n{}", snippet.text);
    }
    for (page, words, account) in ACCOUNTS {
        let blocks = snippets.iter().filter(|snippet| is_of(snippet, page, words)).count();
        assert!(blocks >= 1, "{page} has no block with {words:?}");
        assert!(!matches!(account, Not(reason) if reason.len() < 9), "{words:?} needs a reason");
    }
}

fn run_blocks(page: &str, wanted: fn(&Snippet) -> bool) {
    for snippet in snippets::all().iter().filter(|snippet| snippet.page == page && wanted(snippet)) {
        let account = ACCOUNTS.iter().find(|(page, words, _)| is_of(snippet, page, words));
        if let Some((_, _, Run(scenario))) = account {
            scenario(&snippet.text);
        }
    }
}

fn is_for_a_shell(snippet: &Snippet) -> bool {
    ["sh", "bash", "zsh", "fish"].contains(&&*snippet.language)
}

#[test]
fn the_blocks_of_the_readme_and_the_recipes_do_what_they_say() {
    run_blocks("README.md", |_| true);
    run_blocks("RECIPES.md", |_| true);
}

#[test]
fn the_cookbooks_blocks_for_shells_do_what_they_say() {
    run_blocks("docs/COOKBOOK.md", is_for_a_shell);
}

#[test]
fn the_cookbooks_other_blocks_do_what_they_say() {
    run_blocks("docs/COOKBOOK.md", |snippet| !is_for_a_shell(snippet));
}
