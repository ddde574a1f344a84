//! Owns the table of what keeps a code from being used, and for how long.

use super::*;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn code(text: &str) -> Secret {
    Secret::copy_of(text.as_bytes())
}

fn used_at(seconds: u64, period: Duration) -> CodeUse {
    CodeUse { ends: end_of(at(seconds), period), period, mark: seconds }
}

#[test]
fn a_step_is_used_once_and_the_wait_is_until_the_next() {
    let mut used = UsedCodes::default();
    assert_eq!(used.time_until_reusable(at(1000), Some(DEFAULT_PERIOD)), None);
    used.record(&code("111111"), used_at(1000, DEFAULT_PERIOD));
    assert_eq!(used.time_until_reusable(at(1001), Some(DEFAULT_PERIOD)), Some(at(19)));
    assert_eq!(used.time_until_reusable(at(1019), Some(DEFAULT_PERIOD)), Some(at(1)));
    assert_eq!(used.time_until_reusable(at(1020), Some(DEFAULT_PERIOD)), None);
}

#[test]
fn a_mistyped_code_does_not_take_the_step_of_the_right_one() {
    let mut used = UsedCodes::default();
    used.record(&code("111111"), used_at(1000, DEFAULT_PERIOD));
    assert_eq!(used.time_until_reusable(at(1001), None), None);
    assert!(used.contains(&code("111111")) && !used.contains(&code("222222")));
    assert!(!used.record(&code("111111"), used_at(1001, DEFAULT_PERIOD)), "nobody notes it twice");
}

#[test]
fn the_step_of_another_process_is_over_first_also_for_a_code_that_a_person_gives() {
    let mut used = UsedCodes::default();
    used.record_other(used_at(999, DEFAULT_PERIOD));
    assert_eq!(used.time_until_reusable(at(1000), None), Some(at(20)));
    assert_eq!(used.time_until_reusable(at(1000), Some(DEFAULT_PERIOD)), Some(at(20)));
    assert_eq!(used.time_until_reusable(at(1020), None), None);
    used.record(&code("222222"), used_at(1020, DEFAULT_PERIOD));
    assert_eq!(used.time_until_reusable(at(1021), None), None);
}

#[test]
fn a_step_of_two_minutes_is_taken_for_two_minutes_whoever_used_it_and_how_short_he_thought_it() {
    let long = 4 * DEFAULT_PERIOD;
    for noted in [used_at(1000, long), used_at(1000, DEFAULT_PERIOD)] {
        let mut used = UsedCodes::default();
        used.record_other(noted);
        assert_eq!(used.time_until_reusable(at(1031), Some(long)), Some(at(49)), "{noted:?}");
        assert_eq!(used.time_until_reusable(at(1080), Some(long)), None);
    }
    let mut used = UsedCodes::default();
    used.record_other(used_at(1000, long));
    assert_eq!(
        used.time_until_reusable(at(1031), None),
        Some(at(49)),
        "what is stored is when the step ends"
    );
}

#[test]
fn a_clock_that_was_set_back_far_is_not_waited_for() {
    let mut used = UsedCodes::default();
    used.record(&code("111111"), used_at(100_000, DEFAULT_PERIOD));
    assert_eq!(used.time_until_reusable(at(99_990), Some(DEFAULT_PERIOD)), Some(at(30)));
    assert_eq!(used.time_until_reusable(at(50_000), Some(DEFAULT_PERIOD)), None);
    assert!(used.contains(&code("111111")));
}

#[test]
fn no_code_is_forgotten_before_many_others() {
    let mut used = UsedCodes::default();
    for number in 0..40_u64 {
        used.record(&code(&format!("{number:06}")), used_at(number * 30, DEFAULT_PERIOD));
    }
    assert!(used.contains(&code("000039")) && used.contains(&code("000008")));
    assert!(!used.contains(&code("000007")));
}

#[test]
fn the_next_step_is_never_further_than_a_period() {
    for seconds in 0..90 {
        let wait = until_next(at(seconds), DEFAULT_PERIOD);
        assert!(wait > Duration::ZERO && wait <= DEFAULT_PERIOD);
        assert_eq!(step(at(seconds) + wait, DEFAULT_PERIOD), step(at(seconds), DEFAULT_PERIOD) + 1);
    }
}
