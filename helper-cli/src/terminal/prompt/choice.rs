//! Owns the choice of one of a few things at the terminal.

use std::io;

use crate::terminal::output;

/// What a person chooses of `offers`, or types instead; nothing without a terminal to ask on.
pub(crate) fn choose(question: &str, offers: &[&str]) -> Option<String> {
    if !super::can_ask() {
        return None;
    }
    let list: String =
        offers.iter().enumerate().map(|(index, offer)| format!("  {}  {offer}\n", index + 1)).collect();
    output::print_error(&format!("{question}\n{list}A number, or another one: "));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).ok()?;
    chosen(answer.trim(), offers)
}

fn chosen(answer: &str, offers: &[&str]) -> Option<String> {
    match answer.parse::<usize>() {
        Ok(number) => {
            number.checked_sub(1).and_then(|index| offers.get(index)).map(|&offer| offer.to_owned())
        }
        Err(_) => Some(answer.to_owned()).filter(|answer| !answer.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_chooses_and_anything_else_is_taken_as_it_is() {
        let offers = ["a", "b"];
        let table =
            [("1", Some("a")), ("2", Some("b")), ("3", None), ("0", None), ("", None), ("c", Some("c"))];
        for (answer, expected) in table {
            assert_eq!(chosen(answer, &offers).as_deref(), expected, "{answer}");
        }
    }
}
