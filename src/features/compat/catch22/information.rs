//! Mutual information with what was, and distances in the plane of a sample and a later one.

use super::Version;
use super::distribution::EDGE_SHIFT;
use super::series::{Series, quantile};
use crate::features::shared::Scratch;
use crate::math::lanes;

const BINS: usize = 5;

/// Mutual information of samples two apart, from a histogram of five equal bins, nats. The bins of 0.4 reach 0.1 beyond
/// the extremes; version 1 corrects the entropies for bias by (cells seen - 1) / (2 n) (G. Miller, 1955).
pub(super) fn histogram_information(version: Version, s: &Series<'_>) -> f64 {
    let n = s.len();
    if n < 3 {
        return f64::NAN;
    }
    let (low, high) = s.range();
    let (low, high, shift) = match version {
        Version::V0_4 => (low - 0.1, high + 0.1, 0.0),
        Version::V1 => (low, high, EDGE_SHIFT),
    };
    let step = (high - low) / BINS as f64;
    let bin = |z: f64| (((z - low) / step + shift) as usize).min(BINS - 1);
    let mut counts = [[0_u32; BINS]; BINS];
    let (mut older, mut old) = (bin(s.z[0]), bin(s.z[1]));
    for z in &s.z[2..] {
        let new = bin(*z);
        counts[older][new] += 1;
        (older, old) = (old, new);
    }
    let all = (n - 2) as f64;
    let rows = counts.map(|row| f64::from(row.iter().sum::<u32>()));
    let columns: [f64; BINS] = std::array::from_fn(|c| counts.iter().map(|row| f64::from(row[c])).sum());
    let (mut information, mut cells) = (0.0, 0);
    for (row, a) in counts.iter().zip(rows) {
        for (count, b) in row.iter().zip(columns) {
            if *count > 0 {
                let count = f64::from(*count);
                information += count / all * (count * all / (a * b)).ln();
                cells += 1;
            }
        }
    }
    match version {
        Version::V0_4 => information,
        Version::V1 => {
            let seen = |counts: [f64; BINS]| counts.iter().filter(|c| **c > 0.0).count() as f64;
            information + (seen(rows) + seen(columns) - f64::from(cells) - 1.0) / (2.0 * all)
        }
    }
}

/// Most lags of [`information_timescale`].
pub(super) const LAGS: usize = 40;

/// First minimum over the lags of -ln(1 - ρ²) / 2, the mutual information of normal samples, ρ being the correlation
/// of the samples that overlap; n/2 and at most 40 when there is none. Version 0.4 counts lag 1 as 0; in version 1 a
/// lag without correlation, as one end is constant, counts as infinite.
///
/// The overlap's sums are those of the whole series less its ends: O(1) a lag.
pub(super) fn information_timescale(version: Version, s: &Series<'_>) -> f64 {
    let (n, x) = (s.len(), s.centred);
    let lags = LAGS.min(n.div_ceil(2));
    let (total, squares) = (lanes::sum(x), s.sums[0]);
    let equal_from_start = x.iter().take_while(|v| v.total_cmp(&x[0]).is_eq()).count();
    let equal_to_end = x.iter().rev().take_while(|v| v.total_cmp(&x[n - 1]).is_eq()).count();
    // Sum and sum of squares of the samples that the lag cuts off at the end and at the start.
    let (mut end, mut start) = ([0.0; 2], [0.0; 2]);
    let mut information = [f64::NAN; LAGS + 1];
    for lag in 1..=lags.min(n - 1) {
        for (sums, v) in [(&mut end, x[n - lag]), (&mut start, x[lag - 1])] {
            sums[0] += v;
            sums[1] += v * v;
        }
        let m = n - lag;
        if m <= equal_from_start.max(equal_to_end) {
            continue;
        }
        let count = m as f64;
        let (a, b) = (total - end[0], total - start[0]);
        let (aa, bb) = (squares - end[1] - a * a / count, squares - start[1] - b * b / count);
        let rho = (s.sums[lag] - a * b / count) / (aa * bb).sqrt();
        information[lag] = -0.5 * (1.0 - rho * rho).max(0.0).ln();
    }
    let below = |a: f64, b: f64| match version {
        Version::V0_4 => a < b,
        Version::V1 => a < b || (b.is_nan() && !a.is_nan()),
    };
    (2..lags)
        .find(|&k| below(information[k], information[k - 1]) && below(information[k], information[k + 1]))
        .map_or(lags, |k| k - usize::from(version == Version::V0_4)) as f64
}

/// Room of [`embedding`].
#[derive(Default)]
struct Room {
    counts: Vec<u32>,
    sorted: Vec<f64>,
}

/// Spread of the distances below which version 0.4 calls them equal.
const EQUAL: f64 = 0.001;

/// The same for version 1, and for its quartiles. The package's own limit lies between rounding noise and 1e-6.
const EQUAL_V1: f64 = 1e-10;

/// How far the distances between successive points (z[i], z[i + τ]) are from exponential: mean distance between their
/// histogram and the exponential density of the same mean. τ is the first zero of the autocorrelation, n / 10 at most.
/// Version 0.4 takes shares for densities and 3.5 σ n^(-1/3) for the width of a bin (D. Scott, 1979). Version 1 takes
/// densities, and of the bins that Sturges and that Freedman & Diaconis (1981) say, the more, n at most; NaN where all
/// distances are equal.
pub(super) fn embedding(version: Version, s: &Series<'_>, scratch: &mut Scratch) -> f64 {
    let n = s.len();
    let tau = s.first_zero().min(n / 10);
    let m = n - tau - 1;
    if n < 3 || m < 2 {
        return f64::NAN;
    }
    let mut room: Room = std::mem::take(scratch.own());
    let d = scratch.floats(m);
    for (i, d) in d.iter_mut().enumerate() {
        let (a, b) = (s.z[i + 1] - s.z[i], s.z[i + tau + 1] - s.z[i + tau]);
        *d = (a * a + b * b).sqrt();
    }
    let count = m as f64;
    let mean = lanes::mean(d);
    let deviation = lanes::variance(d, 1).sqrt();
    let (low, high) = lanes::min_max(d);
    let range = high - low;
    let bins = match version {
        Version::V0_4 if deviation < EQUAL => 0,
        Version::V0_4 => (range / (3.5 * deviation / count.cbrt())).ceil() as usize,
        Version::V1 if deviation < EQUAL_V1 => 0,
        Version::V1 => {
            room.sorted.clear();
            room.sorted.reserve(n);
            room.sorted.extend_from_slice(d);
            room.sorted.sort_unstable_by(f64::total_cmp);
            let [lower, upper] = [0.25, 0.75].map(|p| quantile(m, p, |i| room.sorted[i]));
            let spread = upper - lower;
            let freedman = range / (2.0 * spread / count.cbrt());
            let freedman = if spread > EQUAL_V1 { (freedman.ceil() as usize).min(m) } else { 0 };
            freedman.max((1.0 + count.log2()).ceil() as usize)
        }
    };
    let value = if bins == 0 {
        if version == Version::V0_4 { 0.0 } else { f64::NAN }
    } else {
        let step = range / bins as f64;
        let shift = if version == Version::V1 { EDGE_SHIFT } else { 0.0 };
        room.counts.clear();
        // Either rule has n bins at most: the range is σ √(2 n) at most.
        room.counts.reserve(n.max(64));
        room.counts.resize(bins, 0);
        for d in &*d {
            room.counts[(((d - low) / step + shift) as usize).min(bins - 1)] += 1;
        }
        let edge = |k: usize| if k == bins { high + shift * step } else { low + step * k as f64 - shift * step };
        let mut sum = 0.0;
        for (k, c) in room.counts.iter().enumerate() {
            let (left, right) = (edge(k), edge(k + 1));
            let width = if version == Version::V1 { right - left } else { 1.0 };
            sum += (f64::from(*c) / count / width - (-(left + right) / 2.0 / mean).exp() / mean).abs();
        }
        sum / bins as f64
    };
    *scratch.own() = room;
    value
}
