//! How the ranks of the samples go with time: one sort for Kendall, Spearman and Mann-Kendall.
//!
//! The samples are sorted with their times; the inversions of the times in that order are the pairs that fall
//! (Knight 1966), counted by a merge sort. O(n log n).

/// What one sort says about a window's trend.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RankTrend {
    n: f64,
    falling: f64,
    tied: f64,
    /// Σ g (g - 1)(2g + 5) over the groups of g equal samples.
    tie_variance: f64,
    pub(crate) spearman: f64,
}

impl RankTrend {
    fn pairs(&self) -> f64 {
        0.5 * self.n * (self.n - 1.0)
    }

    /// Pairs that rise less pairs that fall; NaN for fewer than two samples.
    pub(crate) fn s(&self) -> f64 {
        if self.n < 2.0 { f64::NAN } else { self.pairs() - self.tied - 2.0 * self.falling }
    }

    /// Kendall's τ-b; NaN when all samples are equal.
    pub(crate) fn tau_b(&self) -> f64 {
        let pairs = self.pairs();
        if pairs > self.tied {
            (self.s() / (pairs - self.tied).sqrt() / pairs.sqrt()).clamp(-1.0, 1.0)
        } else {
            f64::NAN
        }
    }

    /// S moved by 1 towards 0, over its standard deviation without trend; NaN when all samples are equal.
    pub(crate) fn z(&self) -> f64 {
        let (n, s) = (self.n, self.s());
        let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - self.tie_variance) / 18.0;
        if variance > 0.0 { (s.abs() - 1.0).max(0.0).copysign(s) / variance.sqrt() } else { f64::NAN }
    }
}

/// The buffers of the sort.
#[derive(Debug)]
pub(crate) struct Ranker {
    /// Samples as whole numbers of the same order, with their times.
    order: Vec<(i64, u32)>,
    times: Vec<u32>,
    merged: Vec<u32>,
}

impl Ranker {
    /// Room for windows of `len` samples.
    pub(crate) fn new(len: usize) -> Self {
        Self { order: Vec::with_capacity(len), times: vec![0; len], merged: vec![0; len] }
    }

    /// The trend of finite samples.
    pub(crate) fn trend(&mut self, x: &[f64]) -> RankTrend {
        let n = x.len() as f64;
        self.order.clear();
        self.order.extend(x.iter().zip(0_u32..).map(|(v, t)| (sortable(*v), t)));
        self.order.sort_unstable();
        let middle = 0.5 * (n - 1.0);
        let (mut tied, mut tie_variance, mut tie_cubes, mut covariance) = (0.0, 0.0, 0.0, 0.0);
        let mut from = 0;
        for group in self.order.chunk_by(|a, b| a.0 == b.0) {
            let g = group.len() as f64;
            tied += 0.5 * g * (g - 1.0);
            tie_variance += g * (g - 1.0) * (2.0 * g + 5.0);
            tie_cubes += g * (g * g - 1.0);
            let rank = from as f64 + 0.5 * (g - 1.0) - middle;
            let times: f64 = group.iter().map(|p| f64::from(p.1) - middle).sum();
            covariance += rank * times;
            from += group.len();
        }
        let spread = n * (n * n - 1.0);
        let spearman = if spread > tie_cubes {
            (12.0 * covariance / spread.sqrt() / (spread - tie_cubes).sqrt()).clamp(-1.0, 1.0)
        } else {
            f64::NAN
        };
        for (time, pair) in self.times.iter_mut().zip(&self.order) {
            *time = pair.1;
        }
        let falling = inversions(&mut self.times, &mut self.merged) as f64;
        RankTrend { n, falling, tied, tie_variance, spearman }
    }
}

/// A whole number that compares as the sample does: the bits, those of negative samples reversed.
fn sortable(v: f64) -> i64 {
    // Adding 0 turns -0 into 0, so that they tie.
    let bits = (v + 0.0).to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// Pairs i < j with a[i] > a[j]; sorts `a`. `room` is as long as `a`.
fn inversions(a: &mut [u32], room: &mut [u32]) -> u64 {
    let n = a.len();
    // Runs of 16 by insertion, then merges of twice the width each.
    const RUN: usize = 16;
    let mut count = 0_u64;
    for run in a.chunks_mut(RUN) {
        for i in 1..run.len() {
            let v = run[i];
            let mut j = i;
            while j > 0 && run[j - 1] > v {
                run[j] = run[j - 1];
                j -= 1;
            }
            run[j] = v;
            count += (i - j) as u64;
        }
    }
    let mut width = RUN;
    while width < n {
        for (from, to) in a.chunks(2 * width).zip(room.chunks_mut(2 * width)) {
            let (left, right) = from.split_at(width.min(from.len()));
            let (mut i, mut j) = (0, 0);
            for place in to {
                let take_left = j >= right.len() || (i < left.len() && left[i] <= right[j]);
                if take_left {
                    *place = left[i];
                    i += 1;
                } else {
                    *place = right[j];
                    j += 1;
                    count += (left.len() - i) as u64;
                }
            }
        }
        a.copy_from_slice(&room[..n]);
        width *= 2;
    }
    count
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // exact values are meant
mod tests {
    use super::*;
    use crate::math::rng::Rng;

    #[test]
    fn agrees_with_the_count_over_all_pairs() {
        let mut rng = Rng::stream(1, 0);
        for n in [1_usize, 2, 3, 15, 16, 17, 31, 33, 64, 100, 257] {
            for levels in [2, 7, 1_000_000] {
                let x: Vec<f64> = (0..n).map(|_| rng.below(levels) as f64 - 1.0).collect();
                let trend = Ranker::new(n).trend(&x);
                let mut s = 0.0;
                for i in 0..n {
                    for j in i + 1..n {
                        s += f64::from(i8::from(x[j] > x[i]) - i8::from(x[j] < x[i]));
                    }
                }
                if n > 1 {
                    assert_eq!(trend.s(), s, "{n} {levels}");
                } else {
                    assert!(trend.s().is_nan());
                }
            }
        }
        let signed_zeros = Ranker::new(2).trend(&[0.0, -0.0]);
        assert_eq!(signed_zeros.s(), 0.0);
    }

    #[test]
    fn a_rise_has_the_highest_values() {
        let x: Vec<f64> = (0..20).map(f64::from).collect();
        let trend = Ranker::new(20).trend(&x);
        assert!((trend.tau_b() - 1.0).abs() < 1e-15 && (trend.spearman - 1.0).abs() < 1e-15);
        // (190 - 1) / sqrt(20 · 19 · 45 / 18)
        assert!((trend.z() - 189.0 / 950.0_f64.sqrt()).abs() < 1e-12);
    }
}
