//! Nearest neighbours among delay vectors, and the dimension in which they are true ones.
//!
//! Vectors of up to three samples are sorted by the first; a search walks outwards from its own place and ends, on each
//! side, where the first samples alone are further apart than the best neighbour found. It begins with the successor of
//! the neighbour of the vector before: on a smooth path that is the answer, or near to it.
//!
//! With more samples that passes over too little. Then all pairs are compared, offset by offset: the squared
//! distances of all pairs one offset apart are sums of one shifted array, which vector instructions add without a
//! detour.

use super::embedding::Embedding;
use crate::error::{Error, Result, check_finite, check_positive};
use crate::math::lanes;
use wide::f64x4;

/// Vectors of more samples are compared pair by pair.
const SORTED_DIM: usize = 3;

/// Stands for "no neighbour".
pub(crate) const NONE: u32 = u32::MAX;

/// The nearest neighbour of every delay vector; keeps its arrays for the next series.
#[derive(Debug, Default)]
pub(crate) struct Nearest {
    order: Vec<u32>,
    rank: Vec<u32>,
    terms: Vec<f64>,
    sums: Vec<f64>,
    /// Index of the neighbour of each vector, or [`NONE`].
    pub(crate) index: Vec<u32>,
    /// Its squared Euclidean distance.
    pub(crate) squared: Vec<f64>,
}

impl Nearest {
    /// Finds, for each of the first `count` vectors, the nearest other one of them that lies more than `separation`
    /// samples before or after; of equally near ones the first.
    pub(crate) fn search(&mut self, e: &Embedding<'_>, count: usize, separation: usize) {
        let count = count.min(e.len()).min(NONE as usize);
        if e.dim() <= SORTED_DIM {
            self.search_sorted(e, count, separation)
        } else {
            self.search_all(e, count, separation)
        }
    }

    /// Every pair, offset by offset.
    fn search_all(&mut self, e: &Embedding<'_>, count: usize, separation: usize) {
        self.index.clear();
        self.index.resize(count, NONE);
        self.squared.clear();
        self.squared.resize(count, f64::INFINITY);
        let span = (e.dim() - 1) * e.lag();
        let x = e.samples();
        for list in [&mut self.terms, &mut self.sums] {
            list.clear();
            list.resize(count + span, 0.0);
        }
        for offset in separation.saturating_add(1)..count {
            let pairs = count - offset;
            let terms = &mut self.terms[..pairs + span];
            for (term, (a, b)) in terms.iter_mut().zip(x.iter().zip(&x[offset..])) {
                let d = a - b;
                *term = d * d;
            }
            let sums = &mut self.sums[..pairs];
            sums.copy_from_slice(&terms[..pairs]);
            for c in 1..e.dim() {
                for (sum, term) in sums.iter_mut().zip(&terms[c * e.lag()..]) {
                    *sum += term;
                }
            }
            self.take_nearer(offset, pairs);
        }
    }

    /// Keeps what is nearer than before among the pairs of one offset, whose squared distances stand in `sums`. Offsets
    /// rise, so of equally near ones the first is the last seen before a vector, and the first seen after it.
    fn take_nearer(&mut self, offset: usize, pairs: usize) {
        let (quads, rest) = self.sums[..pairs].as_chunks::<4>();
        let done = 4 * quads.len();
        for (q, quad) in quads.iter().enumerate() {
            let start = 4 * q;
            // Rarely is one of four nearer: look at them together first.
            let sums = f64x4::from(*quad);
            let known = |from: usize| {
                self.squared[from..].first_chunk::<4>().map_or(f64x4::splat(f64::MAX), |v| f64x4::from(*v))
            };
            let nearer = sums.simd_le(known(start)).to_bitmask() | sums.simd_le(known(start + offset)).to_bitmask();
            if nearer != 0 {
                for (i, &sum) in (start..).zip(quad) {
                    take(&mut self.index, &mut self.squared, i, i + offset, sum);
                }
            }
        }
        for (i, &sum) in (done..).zip(rest) {
            take(&mut self.index, &mut self.squared, i, i + offset, sum);
        }
    }

    fn search_sorted(&mut self, e: &Embedding<'_>, count: usize, separation: usize) {
        let first = e.coordinate(0);
        self.order.clear();
        self.order.extend(0..count as u32);
        self.order.sort_unstable_by(|&a, &b| first[a as usize].total_cmp(&first[b as usize]).then(a.cmp(&b)));
        self.rank.clear();
        self.rank.resize(count, 0);
        for (place, &i) in self.order.iter().enumerate() {
            self.rank[i as usize] = place as u32;
        }
        self.index.clear();
        self.squared.clear();
        let mut hint = NONE;
        for i in 0..count {
            let best = self.search_one(e, i, separation, hint);
            self.index.push(best.0);
            self.squared.push(best.1);
            hint = if best.0 == NONE || best.0 as usize + 1 >= count { NONE } else { best.0 + 1 };
        }
    }

    fn search_one(&self, e: &Embedding<'_>, i: usize, separation: usize, hint: u32) -> (u32, f64) {
        let first = e.coordinate(0);
        let mut best = (NONE, f64::INFINITY);
        let consider = |best: &mut (u32, f64), j: u32| {
            if i.abs_diff(j as usize) > separation {
                let d = e.squared_distance(i, j as usize, best.1);
                if d < best.1 || (d <= best.1 && j < best.0) {
                    *best = (j, d);
                }
            }
        };
        if hint != NONE {
            consider(&mut best, hint);
        }
        let place = self.rank[i] as usize;
        let (below, above) = (&self.order[..place], &self.order[place + 1..]);
        let mut below = below.iter().rev();
        let mut above = above.iter();
        let within = |j: u32, limit: f64| {
            let d = first[i] - first[j as usize];
            d * d <= limit
        };
        let (mut down, mut up) = (true, true);
        while down || up {
            if down {
                down = match below.next() {
                    Some(&j) if within(j, best.1) => {
                        consider(&mut best, j);
                        true
                    }
                    _ => false,
                };
            }
            if up {
                up = match above.next() {
                    Some(&j) if within(j, best.1) => {
                        consider(&mut best, j);
                        true
                    }
                    _ => false,
                };
            }
        }
        best
    }
}

/// Makes `i` and `j`, which lies after it, neighbours of each other where they are nearer than those before.
fn take(index: &mut [u32], squared: &mut [f64], i: usize, j: usize, sum: f64) {
    if sum < squared[i] {
        (index[i], squared[i]) = (j as u32, sum);
    }
    if sum <= squared[j] {
        (index[j], squared[j]) = (i as u32, sum);
    }
}

/// The share of nearest neighbours that are false: near only because the vectors have too few coordinates.
///
/// The neighbour of a vector in dimension m, at the distance R, is false when the next coordinate takes it away: by
/// more than `ratio` R, or to a distance of more than `size` standard deviations of the series (M. B. Kennel, R.
/// Brown & H. D. I. Abarbanel, Physical Review A 45 (1992), 3403). The dimension to embed in is the first with
/// (almost) none. Noise keeps false neighbours in every dimension.
///
/// The defaults are Kennel's: `ratio` 15, `size` 2 (MATLAB's `phaseSpaceReconstruction` takes a ratio of 10 and calls
/// 10 % few). Cost: a search for neighbours a dimension, O(n²) at worst.
///
/// ```
/// use prognos::signal::phase_space::FalseNearestNeighbours;
/// // The Hénon map is a plane curve folded: two coordinates unfold it.
/// let (mut a, mut b) = (0.1, 0.1);
/// let x: Vec<f64> = (0..1000).map(|_| { (a, b) = (1.0 - 1.4 * a * a + b, 0.3 * a); a }).collect();
/// let test = FalseNearestNeighbours::new(5);
/// let shares = test.shares(&x, 1)?;
/// assert!(shares[0] > 0.5 && shares[1] < 0.05);
/// assert_eq!(test.dimension(&x, 1, 0.1)?, Some(2));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FalseNearestNeighbours {
    max_dim: usize,
    ratio: f64,
    size: f64,
    separation: usize,
}

impl FalseNearestNeighbours {
    /// Tests the dimensions 1 to `max_dim`.
    #[must_use]
    pub fn new(max_dim: usize) -> Self {
        Self { max_dim, ratio: 15.0, size: 2.0, separation: 0 }
    }

    /// A neighbour is false when the next coordinate differs by more than this many times the distance. Default 15.
    #[must_use]
    pub fn ratio(mut self, ratio: f64) -> Self {
        self.ratio = ratio;
        self
    }

    /// A neighbour is false when the distance with the next coordinate is above this many standard deviations.
    /// Default 2.
    #[must_use]
    pub fn size(mut self, size: f64) -> Self {
        self.size = size;
        self
    }

    /// Vectors within this many samples of each other are no neighbours: they are near because they follow each other.
    /// Default 0; for a densely sampled signal, a mean period.
    #[must_use]
    pub fn separation(mut self, samples: usize) -> Self {
        self.separation = samples;
        self
    }

    /// The shares of false neighbours, in 0..=1, for the dimensions 1, 2, .., `max_dim`; NaN where no vector has a
    /// neighbour.
    ///
    /// # Errors
    /// [`Error::Parameter`] when `lag` or `max_dim` is 0, or `ratio` or `size` is not positive; [`Error::TooFew`] when
    /// there are not two vectors with `max_dim + 1` coordinates; [`Error::NonFinite`] for a sample that is NaN or
    /// infinite.
    pub fn shares(&self, samples: &[f64], lag: usize) -> Result<Vec<f64>> {
        check_positive("ratio", self.ratio)?;
        check_positive("size", self.size)?;
        if self.max_dim == 0 {
            return Err(Error::parameter("max_dim", 0, "must be at least 1"));
        }
        if lag == 0 {
            return Err(Error::parameter("lag", lag, "must be at least 1 sample"));
        }
        check_finite("series to embed", "samples", samples)?;
        let needed = self.max_dim.saturating_mul(lag).saturating_add(2);
        if samples.len() < needed {
            return Err(Error::too_few("samples to embed", needed, samples.len()));
        }
        let spread = lanes::variance(samples, 0).sqrt();
        let mut nearest = Nearest::default();
        Ok((1..=self.max_dim).map(|dim| self.share(samples, dim, lag, spread, &mut nearest)).collect())
    }

    fn share(&self, x: &[f64], dim: usize, lag: usize, spread: f64, nearest: &mut Nearest) -> f64 {
        let Some(e) = Embedding::of(x, dim, lag) else { return f64::NAN };
        // Only vectors that have one more coordinate.
        let count = e.len().saturating_sub(lag);
        nearest.search(&e, count, self.separation);
        let (mut all, mut bad) = (0_usize, 0_usize);
        for (i, (&j, &squared)) in nearest.index.iter().zip(&nearest.squared).enumerate() {
            if j == NONE {
                continue;
            }
            let away = (x[i + dim * lag] - x[j as usize + dim * lag]).abs();
            let far = (squared + away * away).sqrt();
            all += 1;
            bad += usize::from(away > self.ratio * squared.sqrt() || far > self.size * spread);
        }
        if all == 0 { f64::NAN } else { bad as f64 / all as f64 }
    }

    /// The first dimension whose share of false neighbours is at most `share`; `None` when there is none up to
    /// `max_dim`.
    ///
    /// # Errors
    /// Those of [`Self::shares`]; [`Error::Parameter`] when `share` does not lie in 0..=1.
    pub fn dimension(&self, samples: &[f64], lag: usize, share: f64) -> Result<Option<usize>> {
        if !(0.0..=1.0).contains(&share) {
            return Err(Error::parameter("share", share, "must lie in 0..=1"));
        }
        Ok(self.shares(samples, lag)?.iter().position(|&s| s <= share).map(|i| i + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_first() {
        let x = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0];
        let mut nearest = Nearest::default();
        nearest.search(&Embedding::of(&x, 1, 1).unwrap(), 6, 0);
        assert_eq!(nearest.index, [2, 3, 0, 1, 0, 1]);
        nearest.search(&Embedding::of(&x, 1, 1).unwrap(), 6, 2);
        assert_eq!(nearest.index, [4, 5, 5, 0, 0, 1]);
        let far = Embedding::of(&x, 3, 1).unwrap();
        nearest.search(&far, 4, 0);
        assert_eq!(nearest.index, [2, 3, 0, 1]);
        nearest.search(&far, 4, usize::MAX);
        assert!(nearest.index.iter().all(|&j| j == NONE));
        nearest.search(&Embedding::of(&x, 1, 1).unwrap(), 6, 6);
        assert!(nearest.index.iter().all(|&j| j == NONE));
    }

    #[test]
    fn both_ways_agree() {
        for n in [30, 64, 101] {
            // Waves with many ties.
            let x: Vec<f64> = (0..n).map(|i| ((i as f64 * 0.41).sin() * 6.0).round()).collect();
            for (dim, lag, separation) in [(1, 1, 0), (2, 3, 1), (3, 2, 0), (4, 1, 9), (5, 4, 2)] {
                let e = Embedding::of(&x, dim, lag).unwrap();
                let (mut sorted, mut all) = (Nearest::default(), Nearest::default());
                sorted.search_sorted(&e, e.len() - 3, separation);
                all.search_all(&e, e.len() - 3, separation);
                assert_eq!(sorted.index, all.index, "{n} {dim} {lag} {separation}");
                assert_eq!(sorted.squared, all.squared);
            }
        }
    }

    #[test]
    fn noise_has_false_neighbours_in_every_dimension() {
        let mut rng = crate::math::rng::Rng::stream(3, 0);
        let x: Vec<f64> = (0..800).map(|_| rng.normal()).collect();
        let shares = FalseNearestNeighbours::new(6).shares(&x, 1).unwrap();
        assert!(shares.iter().all(|&s| s > 0.15), "{shares:?}");
    }
}
