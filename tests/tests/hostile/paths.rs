//! One table for every path that decides trust: what is done to the way, and which opening takes it then. The daemon and
//! its callers are an ordinary user, so that root's, his own and another user's are three.

mod ancestors;
mod openings;
mod words;

use cp_token_tests::programs;

use crate::stage::can_be_others;
use ancestors::{TestPath, cases};
use openings::{Need, Stage, openings};

#[test]
fn each_opening_takes_a_path_by_the_same_rule() {
    if !can_be_others() || !programs::present(&["setfacl"]) {
        return;
    }
    let stage = Stage::set();
    let mut wrong = Vec::new();
    for opening in openings() {
        for case in cases() {
            let expected = match opening.need {
                Need::Decision => case.for_decisions,
                Need::Secret => case.for_secrets,
                Need::OwnFolder if case.is_about_the_file => continue,
                Need::OwnFolder => case.for_decisions && !case.is_root_s,
            };
            let way = TestPath::lay(&stage.world, &opening);
            (case.change)(&way);
            let taken = (opening.is_taken)(&stage, &way.asked);
            if taken != expected {
                wrong.push(format!("{}: {}: taken: {taken}", opening.name, case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
