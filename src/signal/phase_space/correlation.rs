//! How many delay vectors lie near each other, by distance: correlation sums and the dimension they grow with.

use super::embedding::Embedding;
use super::fit::slope;
use crate::error::{Error, Result, check_positive};

/// Vectors that are compared with one another in one go.
const BLOCK: usize = 16;

/// Counts pairs of delay vectors by distance; keeps its arrays for the next series.
#[derive(Debug, Default)]
pub(crate) struct PairCounter {
    order: Vec<u32>,
    /// The coordinates of the vectors in the order of the first one, coordinate by coordinate.
    sorted: Vec<f64>,
    limits: Vec<f64>,
    counts: Vec<u64>,
}

impl PairCounter {
    /// For every radius, in rising order, the number of pairs of vectors, more than `theiler` samples apart in time,
    /// with a Euclidean distance of at most that radius.
    ///
    /// The vectors are sorted by their first sample; only those within the largest radius in it are looked at, in
    /// blocks.
    pub(crate) fn count(&mut self, e: &Embedding<'_>, radii: &[f64], theiler: usize) -> &[u64] {
        let n = e.len();
        let first = e.coordinate(0);
        self.order.clear();
        self.order.extend(0..n as u32);
        self.order.sort_unstable_by(|&a, &b| first[a as usize].total_cmp(&first[b as usize]).then(a.cmp(&b)));
        self.sorted.clear();
        for c in 0..e.dim() {
            let column = e.coordinate(c);
            self.sorted.extend(self.order.iter().map(|&i| column[i as usize]));
        }
        self.limits.clear();
        self.limits.extend(radii.iter().map(|r| r * r));
        self.counts.clear();
        self.counts.resize(radii.len(), 0);
        let Some(&largest) = radii.last() else { return &self.counts };
        let far = self.limits[radii.len() - 1];
        let mut end = 0;
        for p in 0..n {
            let here = self.sorted[p];
            while end < n && self.sorted[end] - here <= largest {
                end += 1;
            }
            let mut start = p + 1;
            while start < end {
                let block = (end - start).min(BLOCK);
                let mut squared = [0.0_f64; BLOCK];
                for column in self.sorted.chunks_exact(n) {
                    let here = column[p];
                    for (s, &v) in squared.iter_mut().zip(&column[start..start + block]) {
                        let d = v - here;
                        *s += d * d;
                    }
                }
                for (k, &d) in squared[..block].iter().enumerate() {
                    if d <= far && self.order[p].abs_diff(self.order[start + k]) as usize > theiler {
                        let place = self.limits.partition_point(|&limit| limit < d);
                        if let Some(count) = self.counts.get_mut(place) {
                            *count += 1;
                        }
                    }
                }
                start += block;
            }
        }
        let mut total = 0;
        for count in &mut self.counts {
            total += *count;
            *count = total;
        }
        &self.counts
    }
}

/// Pairs of `n` things that lie more than `theiler` places apart.
fn pairs(n: usize, theiler: usize) -> f64 {
    let apart = n.saturating_sub(theiler).saturating_sub(1) as f64;
    0.5 * apart * (apart + 1.0)
}

/// The correlation sums of Grassberger and Procaccia: C(r), the share of pairs of delay vectors within a distance r.
///
/// Where C(r) grows as r^D, D is the correlation dimension: 0 for a few states, 1 for a cycle, 2 for two tones, a
/// fraction for a strange attractor, the embedding dimension for noise. The law holds between the noise (below) and the
/// size of the attractor (above): look at [`Self::local_slopes`] for a plateau before believing [`Self::dimension`].
/// P. Grassberger & I. Procaccia, Physica D 9 (1983), 189; pairs close in time are left out as J. Theiler, Physical
/// Review A 34 (1986), 2427, asks.
///
/// Distances are Euclidean. MATLAB: `correlationDimension`. Cost: O(n² dim) at worst, less by the share of pairs within
/// the largest radius in one coordinate; O(n dim) memory.
///
/// ```
/// use prognos::signal::phase_space::{CorrelationSums, Embedding, geometric_radii};
/// let x: Vec<f64> = (0..1500).map(|i| (f64::from(i) * 0.4142).sin()).collect();
/// let sums = CorrelationSums::of(&Embedding::new(&x, 3, 4)?, &geometric_radii(0.05, 0.5, 20)?, 10)?;
/// assert!((sums.dimension()? - 1.0).abs() < 0.05); // a closed curve
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CorrelationSums {
    radii: Vec<f64>,
    sums: Vec<f64>,
}

impl CorrelationSums {
    /// The sums for `radii`, in rising order, in units of the samples. Vectors within `theiler` samples of each other
    /// do not count; 0 counts all pairs, and is right for maps; for a sampled signal take the time after which it
    /// forgets (the first zero of its autocorrelation).
    ///
    /// # Errors
    /// [`Error::Parameter`] when the radii are not positive, finite and rising; [`Error::TooFew`] when there is no
    /// radius or no pair.
    pub fn of(embedding: &Embedding<'_>, radii: &[f64], theiler: usize) -> Result<Self> {
        if radii.is_empty() {
            return Err(Error::too_few("radii", 1, 0));
        }
        for &r in radii {
            check_positive("radii", r)?;
        }
        if let Some(pair) = radii.windows(2).find(|pair| pair[1] <= pair[0]) {
            return Err(Error::parameter("radii", pair[1], "must rise"));
        }
        let all = pairs(embedding.len(), theiler);
        if all < 1.0 {
            return Err(Error::too_few("delay vectors", theiler.saturating_add(2), embedding.len()));
        }
        let mut counter = PairCounter::default();
        let sums = counter.count(embedding, radii, theiler).iter().map(|&c| c as f64 / all).collect();
        Ok(Self { radii: radii.to_vec(), sums })
    }

    /// The radii, in units of the samples.
    #[must_use]
    pub fn radii(&self) -> &[f64] {
        &self.radii
    }

    /// C(r), in 0..=1, for every radius.
    #[must_use]
    pub fn sums(&self) -> &[f64] {
        &self.sums
    }

    /// Slope of ln C over ln r from each radius to the next; NaN where C is 0. A plateau is where the dimension shows.
    #[must_use]
    pub fn local_slopes(&self) -> Vec<f64> {
        let pairs = self.radii.windows(2).zip(self.sums.windows(2));
        pairs.map(|(r, c)| if c[0] > 0.0 { (c[1] / c[0]).ln() / (r[1] / r[0]).ln() } else { f64::NAN }).collect()
    }

    /// Least squares slope of ln C over ln r, over the radii with C above 0: the correlation dimension.
    ///
    /// # Errors
    /// [`Error::Numeric`] when fewer than two radii have a pair within them.
    pub fn dimension(&self) -> Result<f64> {
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for (&r, &c) in self.radii.iter().zip(&self.sums).filter(|(_, c)| **c > 0.0) {
            x.push(r.ln());
            y.push(c.ln());
        }
        let dimension = slope(&x, &y);
        if dimension.is_nan() {
            return Err(Error::numeric("correlation dimension", "fewer than two radii hold a pair: take larger ones"));
        }
        Ok(dimension)
    }
}

/// `count` radii from `low` to `high`, both among them, each the same multiple of the one before.
///
/// ```
/// use prognos::signal::phase_space::geometric_radii;
/// assert_eq!(geometric_radii(1.0, 4.0, 3)?, [1.0, 2.0, 4.0]);
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] when `low` is not positive, `high` not above it, `count` not in 2..=10000 or more than there
/// are numbers between them.
pub fn geometric_radii(low: f64, high: f64, count: usize) -> Result<Vec<f64>> {
    check_positive("low", low)?;
    check_positive("high", high)?;
    if high <= low {
        return Err(Error::parameter("high", high, "must be above `low`"));
    }
    if !(2..=10_000).contains(&count) {
        return Err(Error::parameter("count", count, "must lie in 2..=10000"));
    }
    let last = count - 1;
    let step = (high.ln() - low.ln()) / last as f64;
    let mut radii: Vec<f64> = (0..count).map(|i| (low.ln() + step * i as f64).exp()).collect();
    (radii[0], radii[last]) = (low, high);
    if radii.windows(2).any(|pair| pair[1] <= pair[0]) {
        return Err(Error::parameter("count", count, "there are not so many numbers between `low` and `high`"));
    }
    Ok(radii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_a_line() {
        // 0, 1, .., 9: 9 pairs at distance 1, 8 at distance 2, ..
        let x: Vec<f64> = (0..10).map(f64::from).collect();
        let e = Embedding::new(&x, 1, 1).unwrap();
        let sums = CorrelationSums::of(&e, &[0.5, 1.0, 2.5, 100.0], 0).unwrap();
        assert_eq!(sums.sums(), [0.0, 9.0 / 45.0, 17.0 / 45.0, 1.0]);
        let sums = CorrelationSums::of(&e, &[0.5, 1.0, 2.5, 100.0], 1).unwrap();
        assert_eq!(sums.sums(), [0.0, 0.0, 8.0 / 36.0, 1.0]);
        assert!(sums.local_slopes()[0].is_nan());
    }

    #[test]
    fn radii_are_checked() {
        let x = [0.0, 1.0, 2.0];
        let e = Embedding::new(&x, 1, 1).unwrap();
        for radii in [&[][..], &[0.0], &[-1.0], &[2.0, 1.0], &[1.0, 1.0], &[f64::NAN], &[f64::INFINITY]] {
            assert!(CorrelationSums::of(&e, radii, 0).is_err(), "{radii:?}");
        }
        assert!(CorrelationSums::of(&e, &[1.0], 2).is_err() && CorrelationSums::of(&e, &[1.0], usize::MAX).is_err());
        assert!(CorrelationSums::of(&e, &[1e-9, 1e-8], 0).unwrap().dimension().is_err());
        let huge = geometric_radii(1e-300, 1e300, 10_000).unwrap();
        assert!(huge.windows(2).all(|r| r[0] < r[1]));
        assert!(geometric_radii(1.0, 1.0 + 1e-14, 1000).is_err());
        assert!(geometric_radii(1.0, 1.0, 3).is_err() && geometric_radii(1.0, 2.0, 1).is_err());
    }
}
