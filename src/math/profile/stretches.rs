//! What is known of every stretch of m samples: mean, norm, whether it is constant or broken; distances of pairs.
//!
//! The numbers of a stretch depend on its samples alone, never on where the series begins, so that a stream has the bits
//! of the batch. Sums run about the stretch's own mean: an offset of 1e6 with noise of 1e-3 survives.
//!
//! Conventions of stumpy: two constant stretches have distance 0, a constant and another √m, a stretch with a sample that is
//! not finite is infinitely far from all.

use crate::math::lanes;
use crate::math::par;

/// What a stretch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ordinary,
    /// All samples equal, or apart by so little beside the largest of the series that squares underflow.
    Constant,
    /// Holds a sample that is not finite.
    Broken,
}

/// All stretches of `m` samples of a series.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stretches {
    m: usize,
    scale: f64,
    samples: Vec<f64>,
    mean: Vec<f64>,
    inverse: Vec<f64>,
    kinds: Vec<Kind>,
    /// Samples up to the end that are finite, and that are equal.
    whole: usize,
    run: usize,
}

/// Products that are summed for this many stretches at once.
const BLOCK: usize = 8;

/// The power of two by which samples are multiplied so that their squares neither overflow nor vanish: 1 for all but
/// samples beyond 2^400 or all below 2^-400. Samples that are not finite do not count.
pub(crate) fn scale_of(x: &[f64]) -> f64 {
    let largest = x.iter().filter(|v| v.is_finite()).fold(0.0f64, |a, v| a.max(v.abs()));
    let limit = f64::exp2(400.0);
    if largest > limit || (largest > 0.0 && largest < 1.0 / limit) {
        // Twice by half of the exponent would be needed for a denormal; beyond 2^1000 nothing is lost that counts.
        f64::exp2(-largest.log2().floor().clamp(-1000.0, 1000.0))
    } else {
        1.0
    }
}

impl Stretches {
    /// Looks at every stretch of `m` samples; none when `m` is 0 or the series is shorter. O(n m).
    pub(crate) fn new(x: &[f64], m: usize) -> Self {
        Self::scaled(x, m, scale_of(x))
    }

    /// [`Stretches::new`] with the samples multiplied by a given power of two, see [`scale_of`].
    pub(crate) fn scaled(x: &[f64], m: usize, scale: f64) -> Self {
        let mut all = Self { m, scale, ..Self::default() };
        all.load(x);
        all
    }

    /// As a growing series left them: samples scaled, held where they are not finite (`gaps`).
    pub(crate) fn restored(samples: &[f64], gaps: &[usize], m: usize, scale: f64) -> Self {
        let mut x = samples.to_vec();
        for gap in gaps {
            if let Some(v) = x.get_mut(*gap) {
                *v = f64::NAN;
            }
        }
        let mut all = Self::scaled(&x, m, 1.0);
        all.scale = scale;
        all.samples.copy_from_slice(samples);
        all
    }

    /// The same for another series in the same memory.
    pub(crate) fn load(&mut self, x: &[f64]) {
        let (m, scale) = (self.m, self.scale);
        self.samples.clear();
        // A sample that is not finite becomes the one before it: every stretch that holds it is out of the game, and
        // whoever runs along the series meets no jump.
        let mut held = x.iter().find(|v| v.is_finite()).map_or(0.0, |v| v * scale);
        self.samples.extend(x.iter().map(|v| {
            if v.is_finite() {
                held = v * scale;
            }
            held
        }));
        let count = if m == 0 { 0 } else { (x.len() + 1).saturating_sub(m) };
        self.kinds.clear();
        (self.whole, self.run) = (0, 0);
        for i in 0..x.len() {
            self.follow(x[i], i.checked_sub(1).map(|before| x[before]));
            if m > 0 && i + 1 >= m {
                self.kinds.push(self.kind_of_last());
            }
        }
        let samples = &self.samples;
        let mut moments = vec![[0.0; 2]; count];
        par::rows_init(
            &mut moments,
            1024,
            || (),
            |(), block, rows| {
                for (k, row) in rows.iter_mut().enumerate() {
                    *row = moments_of(&samples[block * 1024 + k..block * 1024 + k + m]);
                }
            },
        );
        self.mean.clear();
        self.inverse.clear();
        for (i, [mean, power]) in moments.into_iter().enumerate() {
            self.settle(mean, power, i);
        }
    }

    /// Adds a sample at the end, as if it had been there from the start; the scale stays.
    pub(crate) fn push(&mut self, value: f64) {
        let before = self.samples.last().map(|v| v / self.scale);
        // A gap ends every run of equal samples, whatever stands in its place.
        let before = if self.whole > 0 { before } else { None };
        self.follow(value, before);
        let held = self.samples.last().copied().unwrap_or(0.0);
        self.samples.push(if value.is_finite() { value * self.scale } else { held });
        let (n, m) = (self.samples.len(), self.m);
        if m == 0 || n < m {
            return;
        }
        let [mean, power] = moments_of(&self.samples[n - m..]);
        self.kinds.push(self.kind_of_last());
        self.settle(mean, power, n - m);
    }

    /// Forgets the first samples, and the stretches that begin there.
    pub(crate) fn forget(&mut self, samples: usize) {
        let samples = samples.min(self.samples.len());
        self.samples.drain(..samples);
        let stretches = samples.min(self.mean.len());
        self.mean.drain(..stretches);
        self.inverse.drain(..stretches);
        self.kinds.drain(..stretches);
    }

    /// Counts how many samples in a row were finite, and equal.
    fn follow(&mut self, value: f64, before: Option<f64>) {
        self.whole = if value.is_finite() { self.whole + 1 } else { 0 };
        self.run = if before.is_some_and(|b| same(b, value)) { self.run + 1 } else { 1 };
    }

    fn kind_of_last(&self) -> Kind {
        match (self.whole >= self.m, self.run >= self.m) {
            (false, _) => Kind::Broken,
            (true, true) => Kind::Constant,
            (true, false) => Kind::Ordinary,
        }
    }

    /// Writes down the moments of stretch `i`, the next one.
    fn settle(&mut self, mean: f64, power: f64, i: usize) {
        let kind = &mut self.kinds[i];
        // Squares that underflow.
        if *kind == Kind::Ordinary && power <= f64::MIN_POSITIVE {
            *kind = Kind::Constant;
        }
        self.inverse.push(if *kind == Kind::Ordinary { 1.0 / power.sqrt() } else { 0.0 });
        self.mean.push(mean);
    }

    /// Number of stretches.
    pub(crate) fn count(&self) -> usize {
        self.mean.len()
    }

    /// Samples of a stretch.
    pub(crate) fn length(&self) -> usize {
        self.m
    }

    /// What the samples were multiplied by.
    pub(crate) fn scale(&self) -> f64 {
        self.scale
    }

    /// The samples, scaled, the last finite one in the place of one that is not.
    pub(crate) fn samples(&self) -> &[f64] {
        &self.samples
    }

    /// The samples of stretch `i`.
    pub(crate) fn stretch(&self, i: usize) -> &[f64] {
        &self.samples[i..i + self.m]
    }

    /// Mean of every stretch (scaled).
    pub(crate) fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// One over the root of the sum of squared deviations of every stretch (scaled); 0 unless it is ordinary.
    pub(crate) fn inverse(&self) -> &[f64] {
        &self.inverse
    }

    /// What stretch `i` is.
    pub(crate) fn kind(&self, i: usize) -> Kind {
        self.kinds[i]
    }

    /// What every stretch is.
    pub(crate) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Distance of stretch `i` to stretch `j` of `other`, both brought to mean 0 and standard deviation 1. From the
    /// differences themselves: near 0 it has all its digits, and both orders have the same bits. O(m).
    pub(crate) fn distance(&self, i: usize, other: &Self, j: usize) -> f64 {
        let m = self.m as f64;
        match (self.kinds[i], other.kinds[j]) {
            (Kind::Ordinary, Kind::Ordinary) => {
                let (a, u, b, v) = (self.mean[i], self.inverse[i], other.mean[j], other.inverse[j]);
                let square = lanes::sum_by2(self.stretch(i), other.stretch(j), |x, y| {
                    let d = (x - a) * u - (y - b) * v;
                    d * d
                });
                (m * square).sqrt()
            }
            (Kind::Broken, _) | (_, Kind::Broken) => f64::INFINITY,
            (Kind::Constant, Kind::Constant) => 0.0,
            _ => m.sqrt(),
        }
    }

    /// Correlations of stretch `i` with the stretches `from..from + out.len()` of `other`, quickly: to about 1e-15, which
    /// is 1e-7 √m in a distance near 0. One half where one of the two is constant, 1 where both are, minus infinity where one
    /// is broken, so that `√(2 m (1 - r))` is the distance by the conventions. O(m) a stretch.
    pub(crate) fn correlations(&self, i: usize, other: &Self, from: usize, out: &mut [f64]) {
        let (mean, inverse) = (self.mean[i], self.inverse[i]);
        let query: Vec<f64> = self.stretch(i).iter().map(|v| (v - mean) * inverse).collect();
        let m = self.m;
        let mut room = Vec::new();
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let first = from + block * BLOCK;
            if self.kinds[i] == Kind::Ordinary {
                // About a sample nearby, so that an offset takes no digits.
                let near = other.samples[first];
                room.clear();
                room.extend(other.samples[first..first + out.len() + m - 1].iter().map(|v| v - near));
                room.resize(BLOCK + m - 1, 0.0);
                let mut sums = [0.0; BLOCK];
                for (q, x) in query.iter().zip(room.windows(BLOCK)) {
                    for k in 0..BLOCK {
                        sums[k] += q * x[k];
                    }
                }
                for (r, (s, v)) in out.iter_mut().zip(sums.iter().zip(&other.inverse[first..])) {
                    *r = (s * v).min(1.0);
                }
            }
            for (r, kind) in out.iter_mut().zip(&other.kinds[first..]) {
                *r = match (self.kinds[i], *kind) {
                    (Kind::Ordinary, Kind::Ordinary) => *r,
                    (Kind::Broken, _) | (_, Kind::Broken) => f64::NEG_INFINITY,
                    (Kind::Constant, Kind::Constant) => 1.0,
                    _ => 0.5,
                };
            }
        }
    }
}

/// Whether two samples are the same number: both zeros are.
fn same(a: f64, b: f64) -> bool {
    a.total_cmp(&b).is_eq() || (a.abs() <= 0.0 && b.abs() <= 0.0)
}

/// Mean and sum of squared deviations.
fn moments_of(stretch: &[f64]) -> [f64; 2] {
    let mean = lanes::mean(stretch);
    [mean, lanes::sum_squared_deviations(stretch, mean)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(a: &[f64], b: &[f64]) -> f64 {
        let normalised = |x: &[f64]| {
            let n = x.len() as f64;
            let mean = x.iter().sum::<f64>() / n;
            let sd = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            x.iter().map(|v| (v - mean) / sd).collect::<Vec<_>>()
        };
        normalised(a).iter().zip(normalised(b)).map(|(u, v)| (u - v).powi(2)).sum::<f64>().sqrt()
    }

    #[test]
    fn distances_are_those_of_the_formula_and_keep_to_the_conventions() {
        let mut x: Vec<f64> = (0..200).map(|i| (i as f64 * 0.37).sin() + 0.2 * ((i * i) as f64 * 0.11).cos()).collect();
        x[50..80].fill(0.5);
        x[120] = f64::NAN;
        x[150] = f64::INFINITY;
        let m = 12;
        let all = Stretches::new(&x, m);
        assert_eq!(all.count(), 189);
        for i in 0..189 {
            let window = &x[i..i + m];
            let kind = if window.iter().any(|v| !v.is_finite()) {
                Kind::Broken
            } else if (50..=68).contains(&i) {
                Kind::Constant
            } else {
                Kind::Ordinary
            };
            assert_eq!(all.kind(i), kind, "{i}");
            let mut fast = vec![0.0; 189];
            all.correlations(i, &all, 0, &mut fast);
            for (j, r) in fast.iter().enumerate() {
                let expected = match (kind, all.kind(j)) {
                    (Kind::Ordinary, Kind::Ordinary) => naive(window, &x[j..j + m]),
                    (Kind::Broken, _) | (_, Kind::Broken) => f64::INFINITY,
                    (Kind::Constant, Kind::Constant) => 0.0,
                    _ => (m as f64).sqrt(),
                };
                let found = all.distance(i, &all, j);
                assert!(same(found, expected) || (found - expected).abs() < 1e-12, "{i} {j}: {found} {expected}");
                let fast = (2.0 * m as f64 * (1.0 - r)).sqrt();
                assert!(same(fast, expected) || (fast - expected).abs() < 1e-6, "{i} {j}: {fast} {expected}");
            }
        }
        assert!(all.distance(3, &all, 3) <= 0.0);
    }

    #[test]
    fn sample_by_sample_is_the_same() {
        let mut x: Vec<f64> = (0..120).map(|i| (i as f64 * 0.37).sin()).collect();
        x[20..40].fill(0.25);
        (x[30], x[60], x[61]) = (f64::NAN, f64::NAN, x[59]);
        x[80..100].fill(-0.0);
        x[85] = 0.0;
        let whole = Stretches::new(&x, 7);
        for start in [0, 3, 31, 65] {
            let mut grown = Stretches::new(&x[..start], 7);
            x[start..].iter().for_each(|v| grown.push(*v));
            assert_eq!(grown.kinds(), whole.kinds());
            let bits = |a: &[f64]| a.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            // Where the series begins with a gap there is nothing to hold.
            assert_eq!(bits(grown.inverse()), bits(whole.inverse()));
            assert_eq!(bits(grown.mean()), bits(whole.mean()));
        }
    }

    #[test]
    fn extremes_and_shortness_are_survived() {
        assert_eq!(Stretches::new(&[], 3).count(), 0);
        assert_eq!(Stretches::new(&[1.0], 3).count(), 0);
        assert_eq!(Stretches::new(&[1.0; 5], 0).count(), 0);
        for size in [1e300, 1e-300, 5e-324] {
            let x: Vec<f64> = (0..50).map(|i| ((i * i) as f64 * 0.3).sin() * size).collect();
            let all = Stretches::new(&x, 8);
            assert!((0..43).all(|i| all.distance(0, &all, i).is_finite()), "{size}");
        }
        let offset: Vec<f64> = (0..100).map(|i| 1e6 + 1e-3 * ((i * i) as f64 * 0.3).sin()).collect();
        let plain: Vec<f64> = offset.iter().map(|v| v - 1e6).collect();
        let (a, b) = (Stretches::new(&offset, 16), Stretches::new(&plain, 16));
        let mut fast = vec![0.0; 85];
        a.correlations(0, &a, 0, &mut fast);
        for (j, r) in fast.iter().enumerate() {
            assert!((a.distance(0, &a, j) - b.distance(0, &b, j)).abs() < 1e-12);
            assert!(((2.0 * 16.0 * (1.0 - r)).sqrt() - b.distance(0, &b, j)).abs() < 1e-6);
        }
    }
}
