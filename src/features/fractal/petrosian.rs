//! Petrosian's dimension: how often the slope changes its sign.
//!
//! D = lg n / (lg n + lg(n / (n + 0.4 N))), N the number of changes between falling and not falling. A. Petrosian,
//! Kolmogorov complexity of finite sequences and recognition of different preictal EEG patterns (1995). It lies
//! between 1 and about 1.04 for usual windows; noise decides about it: smooth first. NaN for a window of one sample.
//!
//! O(n).

use crate::features::calculator::Calculator;
use crate::features::shared::{Needs, Shared};

pub(super) fn calculator() -> Calculator {
    Calculator::scalar(
        "petrosian_fd",
        &[],
        "fractal dimension of Petrosian from the number N of turns, lg n / (lg n + lg(n / (n + 0.4 N)))",
        |_| Needs::new().diff(),
        |shared, _| petrosian(shared),
    )
}

fn petrosian(shared: &Shared<'_>) -> f64 {
    let n = shared.len() as f64;
    // By the sign bit, as the reference: from 0.0 to -0.0 counts as falling.
    let turns =
        shared.diff().windows(2).map(|d| u64::from(d[0].is_sign_negative() != d[1].is_sign_negative())).sum::<u64>()
            as f64;
    if n < 2.0 { f64::NAN } else { n.log10() / (n.log10() + (n / (n + 0.4 * turns)).log10()) }
}
