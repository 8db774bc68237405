//! Runs, jumps, and the words of a series written in three letters.

use super::Version;
use super::resample::Decimator;
use super::series::{Series, letter, quantile};
use crate::features::shared::Scratch;

/// Share of the steps that are larger than 0.04 standard deviations.
pub(super) fn high_fluctuation(s: &Series<'_>) -> f64 {
    let large = s.z.windows(2).filter(|p| (p[1] - p[0]).abs() * 1000.0 > 40.0).count();
    large as f64 / (s.len() - 1) as f64
}

/// Longest run of samples above the mean.
pub(super) fn stretch_high(version: Version, s: &Series<'_>) -> f64 {
    let above = |z: &f64| z - s.standardised.centre > 0.0;
    match version {
        // The last sample is not looked at.
        Version::V0_4 => between_breaks(s.z[..s.len() - 1].iter().map(above)),
        Version::V1 => longest_run(s.z.iter().map(above)),
    }
}

/// Longest run of steps down; in version 1, of steps that do not rise.
pub(super) fn stretch_decreasing(version: Version, s: &Series<'_>) -> f64 {
    let steps = s.z.windows(2).map(|p| p[1] - p[0]);
    match version {
        Version::V0_4 => between_breaks(steps.map(|d| d < 0.0)),
        Version::V1 => longest_run(steps.map(|d| d <= 0.0)),
    }
}

/// Largest distance between two breaks of a run, the start and the last place being breaks too: one more than the run
/// between them, except at the start.
fn between_breaks(runs: impl ExactSizeIterator<Item = bool>) -> f64 {
    let end = runs.len();
    let (mut longest, mut last) = (0, 0);
    for (i, runs) in runs.enumerate() {
        if !runs || i + 1 == end {
            longest = longest.max(i - last);
            last = i;
        }
    }
    longest as f64
}

fn longest_run(runs: impl Iterator<Item = bool>) -> f64 {
    let (mut longest, mut current) = (0_usize, 0_usize);
    for runs in runs {
        current = if runs { current + 1 } else { 0 };
        longest = longest.max(current);
    }
    longest as f64
}

/// How often letter `b` follows letter `a`.
fn pairs(values: impl Iterator<Item = f64>, terciles: [f64; 2]) -> [[f64; 3]; 3] {
    let mut counts = [[0_u32; 3]; 3];
    let mut last = None;
    for value in values {
        let next = letter(value, terciles);
        if let Some(last) = last.replace(next) {
            let count: &mut u32 = &mut counts[last][next];
            *count += 1;
        }
    }
    counts.map(|row| row.map(f64::from))
}

/// Entropy of the pairs of letters, nats; version 1 adds (pairs seen - 5) / 2 / (n - 1) where that is positive.
pub(super) fn entropy_pairs(version: Version, s: &Series<'_>) -> f64 {
    let all = (s.len() - 1) as f64;
    let counts = pairs(s.z.iter().copied(), s.terciles());
    let (mut entropy, mut seen) = (0.0, 0.0_f64);
    for count in counts.into_iter().flatten().filter(|count| *count > 0.0) {
        let p = count / all;
        entropy -= p * p.ln();
        seen += 1.0;
    }
    match version {
        Version::V0_4 => entropy,
        Version::V1 => entropy + ((seen - 5.0) / 2.0).max(0.0) / all,
    }
}

/// Room of [`transition_variance`].
#[derive(Default)]
struct Room {
    thinned: Vec<f64>,
    sorted: Vec<f64>,
    decimator: Decimator,
}

/// Sum of the variances of the columns of the transition matrix of the letters, one sample in τ kept: τ is the first
/// zero of the autocorrelation. Version 1 has a lowpass filter before, and τ at most n / 50.
pub(super) fn transition_variance(version: Version, s: &Series<'_>, scratch: &mut Scratch) -> f64 {
    let n = s.len();
    let tau = match version {
        Version::V0_4 => s.first_zero(),
        Version::V1 => s.first_zero().min(n / 50),
    }
    .max(1);
    if tau == 1 {
        return column_variances(pairs(s.z.iter().copied(), s.terciles()), n);
    }
    let room: &mut Room = scratch.own();
    room.thinned.clear();
    room.thinned.reserve(n);
    room.sorted.clear();
    room.sorted.reserve(n);
    match version {
        Version::V0_4 => room.thinned.extend(s.z.iter().step_by(tau)),
        Version::V1 => room.decimator.decimate(s.z, tau, n / 50, &mut room.thinned),
    }
    room.sorted.extend_from_slice(&room.thinned);
    room.sorted.sort_unstable_by(f64::total_cmp);
    let m = room.thinned.len();
    let terciles = [1.0 / 3.0, 2.0 / 3.0].map(|p| quantile(m, p, |i| room.sorted[i]));
    column_variances(pairs(room.thinned.iter().copied(), terciles), m)
}

/// Sum of the variances (divisor 2) of the columns of the counts over n - 1.
fn column_variances(counts: [[f64; 3]; 3], n: usize) -> f64 {
    let all = n.saturating_sub(1) as f64;
    let variance = |column: usize| {
        let p = counts.map(|row| row[column] / all);
        let mean = (p[0] + p[1] + p[2]) / 3.0;
        p.iter().map(|p| (p - mean) * (p - mean)).sum::<f64>() / 2.0
    };
    variance(0) + variance(1) + variance(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_as_both_versions_count_them() {
        let runs = [true, true, false, true, true, true, false, false];
        assert!((longest_run(runs.into_iter()) - 3.0).abs() < 1e-15);
        // From the break at 2 to the one at 6.
        assert!((between_breaks(runs.into_iter()) - 4.0).abs() < 1e-15);
        // At the start the distance is the run.
        assert!((between_breaks([true, true, false].into_iter()) - 2.0).abs() < 1e-15);
        assert!(between_breaks([false; 0].into_iter()).abs() < 1e-15);
    }
}
