//! The median of all slopes between two samples, exactly, without keeping all slopes.
//!
//! A window of n samples has N = n(n-1)/2 slopes. A random sample of N^(2/3) of them brackets the median with near
//! certainty; one pass over all slopes counts those below the bracket and keeps the few inside, and a selection among
//! these gives the very median (Floyd & Rivest, *Expected time bounds for selection*, CACM 18, 1975). The sample
//! comes from a fixed seed: the result does not depend on it, only the time does.

use crate::features::shared::Scratch;
use crate::math::lanes::LANES;
use crate::math::rng::Rng;
use std::cmp::Ordering;

/// Up to this many slopes all are kept.
const ALL: usize = 2048;
const SEED: u64 = 0x7e11_5e17;

/// Median of (x[j] - x[i]) / (j - i) over all i < j; NaN for fewer than two samples. O(n²) time, O(n^(4/3)) memory.
pub(crate) fn theil_sen(x: &[f64], scratch: &mut Scratch) -> f64 {
    let n = x.len();
    if n < 2 {
        return f64::NAN;
    }
    let pairs = n * (n - 1) / 2;
    let (low_rank, high_rank) = ((pairs - 1) / 2, pairs / 2);
    if pairs <= ALL {
        let slopes = scratch.floats(pairs);
        let mut k = 0;
        for d in 1..n {
            let inverse = 1.0 / d as f64;
            for (slope, (a, b)) in slopes[k..].iter_mut().zip(x.iter().zip(&x[d..])) {
                *slope = (b - a) * inverse;
            }
            k += n - d;
        }
        return middle(slopes, low_rank, high_rank);
    }
    let sampled = (pairs as f64).powf(2.0 / 3.0).ceil() as usize;
    let mut width = 3.0;
    for attempt in 0.. {
        // The bracket: order statistics of the sample, `width` deviations of their rank to both sides.
        let sample = scratch.floats(sampled);
        let mut rng = Rng::stream(SEED, attempt);
        for slope in sample.iter_mut() {
            let i = rng.below(n);
            let j = rng.below(n - 1);
            // Any other sample, each alike.
            let (i, j) = if j >= i { (i, j + 1) } else { (j, i) };
            *slope = (x[j] - x[i]) * (1.0 / (j - i) as f64);
        }
        let half = sampled / 2;
        let reach = (width * 0.5 * (sampled as f64).sqrt()).ceil() as usize + 1;
        let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
        if reach < half {
            low = *sample.select_nth_unstable_by(half - reach, f64::total_cmp).1;
            high = *sample.select_nth_unstable_by(half + reach, f64::total_cmp).1;
        }
        let inside = scratch.list();
        // Twice what is to be expected, so that the list does not grow from window to window.
        inside.reserve((4 * reach).min(sampled) * (pairs / sampled + 1));
        let counts = count(x, low, high, inside);
        if let Some(value) = counts.median(low, high, low_rank, high_rank, inside) {
            return value;
        }
        width *= 2.0;
    }
    f64::NAN
}

/// Mean of two neighbouring order statistics (or twice the same one).
fn middle(values: &mut [f64], low_rank: usize, high_rank: usize) -> f64 {
    if high_rank >= values.len() {
        return f64::NAN;
    }
    let (_, &mut low, above) = values.select_nth_unstable_by(low_rank, f64::total_cmp);
    let high = if high_rank == low_rank { low } else { above.iter().copied().min_by(f64::total_cmp).unwrap_or(low) };
    if high > low { low + 0.5 * (high - low) } else { low }
}

/// How the slopes lie about a bracket. Those strictly inside stand in a list.
struct Counts {
    below: usize,
    at_low: usize,
    at_high: usize,
}

fn count(x: &[f64], low: f64, high: f64, inside: &mut Vec<f64>) -> Counts {
    let mut c = Counts { below: 0, at_low: 0, at_high: 0 };
    let n = x.len();
    for d in 1..n {
        let inverse = 1.0 / d as f64;
        let (a, b) = (&x[..n - d], &x[d..]);
        let (ac, ar) = a.as_chunks::<LANES>();
        let (bc, br) = b.as_chunks::<LANES>();
        for (a, b) in ac.iter().zip(bc) {
            let mut slopes = [0.0; LANES];
            let (mut below, mut above) = (0_u64, 0_u64);
            for k in 0..LANES {
                slopes[k] = (b[k] - a[k]) * inverse;
                below += u64::from(slopes[k] < low);
                above += u64::from(slopes[k] > high);
            }
            c.below += below as usize;
            if below + above < LANES as u64 {
                for slope in slopes {
                    c.place(slope, low, high, inside);
                }
            }
        }
        for (a, b) in ar.iter().zip(br) {
            let slope = (b - a) * inverse;
            c.below += usize::from(slope < low);
            c.place(slope, low, high, inside);
        }
    }
    c
}

impl Counts {
    /// Files a slope that is not below.
    fn place(&mut self, slope: f64, low: f64, high: f64, inside: &mut Vec<f64>) {
        match (slope.partial_cmp(&low), slope.partial_cmp(&high)) {
            (Some(Ordering::Equal), _) => self.at_low += 1,
            (_, Some(Ordering::Equal)) => self.at_high += 1,
            (Some(Ordering::Greater), Some(Ordering::Less)) => inside.push(slope),
            _ => {}
        }
    }

    /// The median, unless it lies outside of the bracket.
    fn median(&self, low: f64, high: f64, low_rank: usize, high_rank: usize, inside: &mut [f64]) -> Option<f64> {
        let inside_from = self.below + self.at_low;
        let high_from = inside_from + inside.len();
        let end = high_from + self.at_high;
        if low_rank < self.below || high_rank >= end {
            return None;
        }
        let mut at = |rank: usize| {
            if rank < inside_from {
                low
            } else if rank < high_from {
                *inside.select_nth_unstable_by(rank - inside_from, f64::total_cmp).1
            } else {
                high
            }
        };
        let (a, b) = (at(low_rank), at(high_rank));
        Some(if b > a { a + 0.5 * (b - a) } else { a })
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact values are meant
mod tests {
    use super::*;

    fn naive(x: &[f64]) -> f64 {
        let mut slopes: Vec<f64> = (0..x.len())
            .flat_map(|i| (i + 1..x.len()).map(move |j| (i, j)))
            .map(|(i, j)| (x[j] - x[i]) / (j - i) as f64)
            .collect();
        slopes.sort_unstable_by(f64::total_cmp);
        0.5 * (slopes[(slopes.len() - 1) / 2] + slopes[slopes.len() / 2])
    }

    #[test]
    fn equals_the_median_of_all_slopes() {
        let mut rng = Rng::stream(5, 0);
        let mut scratch = Scratch::default();
        for n in [2_usize, 3, 4, 10, 127, 128, 129, 130, 200, 301, 513] {
            for levels in [2.0, 10.0, 1e9] {
                for drift in [0.0, 0.01, -3.0] {
                    let x: Vec<f64> =
                        (0..n).map(|i| (rng.uniform() * levels).floor() / levels + drift * i as f64).collect();
                    let (fast, slow) = (theil_sen(&x, &mut scratch), naive(&x));
                    assert!((fast - slow).abs() <= 1e-12 * slow.abs() + 1e-15, "{n} {levels}: {fast} {slow}");
                }
            }
        }
    }

    #[test]
    fn extremes_end() {
        let mut scratch = Scratch::default();
        let wild: Vec<f64> = (0..300).map(|i| if i % 2 == 0 { f64::MAX } else { -f64::MAX }).collect();
        for x in [vec![], vec![1.0], vec![2.5; 400], wild] {
            let _ = theil_sen(&x, &mut scratch);
        }
        assert_eq!(theil_sen(&[2.5; 400], &mut scratch), 0.0);
    }
}
