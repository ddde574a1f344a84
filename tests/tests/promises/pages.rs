//! Promises about the project's pages: what a person pastes from them works. Each fenced block has an account here: a
//! scenario that runs it in its own interpreter and looks at what the server saw, or a reason why nobody can.

mod alone;
mod page_world;
mod python;
mod readme;
mod run_by_us;
mod shells;

use cp_token_tests::snippets::{self, Snippet};

/// What becomes of a block.
enum Account {
    Run(fn(&str)),
    Not(&'static str),
}

use Account::{Not, Run};

/// A page, the language of a block, words that only this block has, and its account.
const ACCOUNTS: &[(&str, &str, &str, Account)] = &[
    ("README.md", "sh", "cargo demo", Not("the story is told by the promises of `demo`")),
    ("README.md", "sh", "packaging/build", Not("tests/run builds and looks at what is shipped")),
    ("README.md", "sh", "packaging/install", Not("`installing` installs into folders of its own")),
    ("README.md", "sh", "cp-token service install", Not("`services` does so in a systemd of its own")),
    ("README.md", "sh", "cp-token curl -- -sS", Run(run_by_us::curl_of_the_readme)),
    ("README.md", "sh", "cp-token exec -- python3", Run(run_by_us::exec_of_the_readme)),
    (
        "README.md",
        "sh",
        "for program in git bazel docker",
        Not("`adapters::readme` runs these three together"),
    ),
    (
        "README.md",
        "sh",
        "git config --global credential",
        Not("`adapters::readme` runs these three together"),
    ),
    ("README.md", "sh", "kubectl config", Not("`adapters::readme` runs these three together")),
    ("README.md", "sh", "cp-token doctor ", Run(readme::doctor_and_log)),
    ("README.md", "text", "──TLS──>", Not("a picture")),
    ("README.md", "sh", "--client-id key-79muGw9i424\n", Run(readme::first_profile)),
    ("README.md", "sh", "curl -H \"Authorization", Run(readme::short_form)),
    ("README.md", "sh", "--totp ask", Run(readme::user_with_codes)),
    ("README.md", "sh", "profile import --dry-run", Run(readme::import)),
    ("README.md", "sh", "cp-token lock", Run(readme::lock)),
    ("README.md", "sh", "--no-proxy localhost", Run(readme::proxy)),
    ("README.md", "toml", "default = \"prod\"", Run(readme::config)),
    ("RECIPES.md", "sh", "--secret-command 'pass show crashplan'", Run(readme::secret_command)),
    (
        "RECIPES.md",
        "ini",
        "LoadCredentialEncrypted",
        Not("needs a running systemd; `sources` lays its folder out"),
    ),
    (
        "RECIPES.md",
        "sh",
        "systemd-creds encrypt --user",
        Not("needs systemd 256; `sources` runs the older forms"),
    ),
    ("docs/COOKBOOK.md", "bash", "for ((page = 1", Run(shells::bash_pages)),
    ("docs/COOKBOOK.md", "bash", "--write-out", Run(shells::bash_repeats_once)),
    ("docs/COOKBOOK.md", "sh", "xargs -P", Run(shells::many_at_once)),
    ("docs/COOKBOOK.md", "zsh", "emulate -L zsh", Run(shells::zsh)),
    ("docs/COOKBOOK.md", "fish", "cpapi.fish", Run(shells::fish)),
    ("docs/COOKBOOK.md", "powershell", "function Invoke-CrashPlan", Not("Debian has no PowerShell")),
    ("docs/COOKBOOK.md", "crontab", "0 6 * * *", Run(alone::cron)),
    ("docs/COOKBOOK.md", "ini", "[Timer]", Run(alone::systemd_unit)),
    ("docs/COOKBOOK.md", "sh", "systemctl --user enable", Not("needs a running systemd of the user")),
    ("docs/COOKBOOK.md", "make", ".DELETE_ON_ERROR", Run(alone::make)),
    ("docs/COOKBOOK.md", "yaml", "ansible.builtin.shell", Run(alone::ansible)),
    ("docs/COOKBOOK.md", "yaml", "runs-on: self-hosted", Run(alone::ci_runner)),
    ("docs/COOKBOOK.md", "python", "import urllib.request", Run(python::standard_library)),
    ("docs/COOKBOOK.md", "python", "import pycpg.sdk", Run(python::official_sdk)),
    ("docs/COOKBOOK.md", "sh", "crashplan-cp-token users", Run(python::official_cli)),
    ("docs/COOKBOOK.md", "bash", "cp-token curl", Run(run_by_us::curl)),
    ("docs/COOKBOOK.md", "sh", "cp-token exec -- ", Run(run_by_us::with_a_variable)),
    ("docs/COOKBOOK.md", "sh", "cp-token exec --file", Run(run_by_us::with_a_file)),
];

fn account(snippet: &Snippet) -> Vec<&'static Account> {
    let accounts = ACCOUNTS.iter().filter(|(page, language, words, _)| is_of(snippet, page, language, words));
    accounts.map(|(_, _, _, account)| account).collect()
}

fn is_of(snippet: &Snippet, page: &str, language: &str, words: &str) -> bool {
    snippet.page == page && snippet.language == language && snippet.text.contains(words)
}

#[test]
fn every_block_has_an_account_and_every_account_a_block() {
    let snippets = snippets::all();
    for snippet in &snippets {
        assert_eq!(account(snippet).len(), 1, "accounts of a block of {}:\n{}", snippet.page, snippet.text);
    }
    for (page, language, words, account) in ACCOUNTS {
        let has_block = snippets.iter().any(|snippet| is_of(snippet, page, language, words));
        assert!(has_block, "{page} has no block with {words:?}");
        assert!(!matches!(account, Not(reason) if reason.len() < 9), "{words:?} needs a reason");
    }
}

/// Nobody runs it here, so it is at least looked at whether all that is opened is closed.
#[test]
fn the_block_for_powershell_is_whole() {
    let snippets = snippets::all();
    let block = snippets.iter().find(|snippet| snippet.language == "powershell").expect("a block");
    for pair in [['(', ')'], ['{', '}'], ['[', ']']] {
        let [opened, closed] = pair.map(|sign| block.text.matches(sign).count());
        assert!(opened == closed && opened > 0, "{pair:?}");
    }
    assert!(
        block.text.matches('\'').count().is_multiple_of(2)
            && block.text.matches('"').count().is_multiple_of(2)
    );
}

fn run_blocks(page: &str, wanted: fn(&Snippet) -> bool) {
    for snippet in snippets::all().iter().filter(|snippet| snippet.page == page && wanted(snippet)) {
        if let [Run(scenario)] = account(snippet)[..] {
            scenario(&snippet.text);
        }
    }
}

fn is_run_by_us(snippet: &Snippet) -> bool {
    snippet.text.contains("cp-token curl") || snippet.text.contains("cp-token exec")
}

fn is_for_a_shell(snippet: &Snippet) -> bool {
    ["sh", "bash", "zsh", "fish"].contains(&&*snippet.language) && !is_run_by_us(snippet)
}

#[test]
fn the_blocks_of_the_readme_and_the_recipes_do_what_they_say() {
    run_blocks("README.md", |snippet| !is_run_by_us(snippet));
    run_blocks("RECIPES.md", |_| true);
}

#[test]
fn the_cookbooks_blocks_for_shells_do_what_they_say() {
    run_blocks("docs/COOKBOOK.md", is_for_a_shell);
}

#[test]
fn the_cookbooks_other_blocks_do_what_they_say() {
    run_blocks("docs/COOKBOOK.md", |snippet| !is_for_a_shell(snippet) && !is_run_by_us(snippet));
}

#[test]
fn the_blocks_in_which_cp_token_runs_a_program_do_what_they_say() {
    run_blocks("README.md", is_run_by_us);
    run_blocks("docs/COOKBOOK.md", is_run_by_us);
}
