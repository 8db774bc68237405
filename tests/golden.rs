//! Values of the reference packages, file by file, id by id.
//!
//! `cargo test --release --test golden -- --nocapture` prints one line a family:
//! `golden <family>: matched M of N (skipped: ...)`. An id counts as matched when it agrees on every series or case
//! in which the reference has a value; as skipped when nothing here computes it yet, or when an argued exception
//! stands for it. `PROGNOS_GOLDEN=DIR` checks the files of another directory of the same layout
//! (`features/`, `anomaly/`, `rul/`).
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::float_cmp)]

mod golden_checks;

use golden_checks::{Outcome, Tally, anomaly, features, golden_dir, load, rul, selection};

#[test]
fn reference_values() {
    let dir = golden_dir();
    let mut tally = Tally::default();
    features::run(&dir, &mut tally);
    anomaly::run(&dir, &mut tally);
    rul::run(&dir, &mut tally);
    selection::run(&dir, &mut tally);
    let failures = tally.report();
    assert!(failures.is_empty(), "{} golden values differ:\n{}", failures.len(), failures.join("\n"));
    if std::env::var_os("PROGNOS_GOLDEN").is_none() {
        tally.assert_floors();
    }
}

/// A test that cannot fail proves nothing: a changed value must be seen.
#[test]
fn a_corrupted_value_is_seen() {
    let path = golden_checks::own_dir().join("rul/conditional_rul.json");
    let mut file = load(&path);
    let honest = rul::check_file("conditional_rul", &file);
    assert!(honest.iter().all(|(_, o)| matches!(o, Outcome::Matched)), "{honest:?}");
    let value = &mut file["cases"][0]["expected"]["median_rul"][0];
    *value = serde_json::json!(value.as_f64().unwrap() * (1.0 + 1e-7));
    let corrupted = rul::check_file("conditional_rul", &file);
    assert!(corrupted.iter().any(|(_, o)| matches!(o, Outcome::Failed(_))), "{corrupted:?}");
}
