//! Promises about the project's pages: what a person pastes from them works. Each fenced block has an account here: a
//! scenario that runs it in its own interpreter and looks at what the server saw, or a reason why nobody can.

mod accounts;
mod alone;
mod links;
mod one_task;
mod page_world;
mod picture;
mod python;
mod run_by_us;
mod shells;

use cp_token_tests::snippets::{self, Snippet};

use accounts::ACCOUNTS;
use accounts::Account::{self, Not, Run};

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

/// No test runs them, so at least every bracket and quotation mark is closed.
#[test]
fn the_blocks_for_powershell_are_whole() {
    let snippets = snippets::all();
    let blocks: Vec<_> = snippets.iter().filter(|snippet| snippet.language == "powershell").collect();
    assert!(blocks.len() > 1, "{blocks:?}");
    for block in blocks {
        for pair in [['(', ')'], ['{', '}'], ['[', ']']] {
            let [opened, closed] = pair.map(|sign| block.text.matches(sign).count());
            assert_eq!(opened, closed, "{pair:?} in {block:?}");
        }
        for sign in ['\'', '"'] {
            assert!(block.text.matches(sign).count().is_multiple_of(2), "{sign} in {block:?}");
        }
    }
}

fn run_blocks(wanted: fn(&Snippet) -> bool) {
    for snippet in snippets::all().iter().filter(|snippet| wanted(snippet)) {
        if let [Run(scenario)] = account(snippet)[..] {
            scenario(&snippet.text);
        }
    }
}

fn is_run_by_us(snippet: &Snippet) -> bool {
    snippet.text.contains("cp-token curl") || snippet.text.contains("cp-token exec")
}

fn is_of_the_cookbook(snippet: &Snippet) -> bool {
    snippet.page == "docs/cookbook.md" && !is_run_by_us(snippet)
}

fn is_for_a_shell(snippet: &Snippet) -> bool {
    ["sh", "bash", "zsh", "fish"].contains(&&*snippet.language)
}

#[test]
fn the_blocks_of_the_pages_for_one_task_do_what_they_say() {
    run_blocks(|snippet| snippet.page != "docs/cookbook.md" && !is_run_by_us(snippet));
}

#[test]
fn the_cookbooks_blocks_for_shells_do_what_they_say() {
    run_blocks(|snippet| is_of_the_cookbook(snippet) && is_for_a_shell(snippet));
}

#[test]
fn the_cookbooks_other_blocks_do_what_they_say() {
    run_blocks(|snippet| is_of_the_cookbook(snippet) && !is_for_a_shell(snippet));
}

#[test]
fn the_blocks_in_which_cp_token_runs_a_program_do_what_they_say() {
    run_blocks(is_run_by_us);
}
