//! Windows of a series against the few shapes that healthy ones come in, whatever their phase.
//!
//! **What it answers.** Does this stretch have one of the healthy shapes, shifted or not? Known as KShapeAD.
//!
//! **Formula.** The distance of two z-normalised windows is `SBD = 1 - max_s (x . shift_s(y)) / (|x| |y|)` over all shifts s
//! with zeros moving in, by Fourier transforms. k-Shape clusters the healthy windows with it: a centroid is the direction that
//! the windows of its cluster, shifted to it and centred, have most in common (first eigenvector of the sum of their
//! outer products, by power iteration). The score of a window is its distance from the nearest centroid, 0 to 2.
//! A start draws windows with probability proportional to the squared distance from those drawn; an empty cluster
//! takes the window farthest from its centroid.
//!
//! **Explanation.** [`expected`](super::SeriesDetector::expected): the nearest centroid at its shift, in the unit of the
//! series.
//!
//! **Source.** Paparrizos & Gravano 2015 (SIGMOD). The start is this crate's; the paper assigns at random.
//!
//! **Cost.** O(w k m log m + w m) an iteration for w training windows of m samples, score O(n k m log m); memory O(w m) while
//! it is fitted.
//!
//! **When not to use it.** Level and height do not count here. A shift by half a window compares half a window.

use super::windows::{Shape, WindowSettings, Windows, check_scores, check_series, window_at, window_setters};
use super::{Normalise, SeriesDetector, Spread};
use crate::anomaly::stream::{checked, guard};
use crate::error::{Error, Result};
use crate::learners::kmeans::RowSource;
use crate::math::rng::Rng;
use crate::math::{lanes, par};
use crate::signal::spectral::{FftScratch, RealFft};
use rustfft::num_complex::Complex64;

/// Checked settings of [`KShape`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct KShapeValidParams {
    windows: WindowSettings,
    clusters: usize,
    seed: u64,
    max_iterations: usize,
}

impl KShapeValidParams {
    fn validate(&self) -> Result<()> {
        self.windows.validate()?;
        if !(1..=1024).contains(&self.clusters) {
            return Err(Error::parameter("clusters", self.clusters, "must be 1 to 1024"));
        }
        if !(1..=10_000).contains(&self.max_iterations) {
            return Err(Error::parameter("max_iterations", self.max_iterations, "must be 1 to 10000"));
        }
        Ok(())
    }
}

/// Settings of [`KShape`]; see [`KShape::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct KShapeParams(KShapeValidParams);

guard!(KShapeParams, KShapeValidParams);

impl KShapeParams {
    window_setters!();

    /// Number of clusters, 1 to 1024. Default 6.
    #[must_use]
    pub fn clusters(mut self, clusters: usize) -> Self {
        self.0.clusters = clusters;
        self
    }

    /// Seed of the random start. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// Most iterations, 1 to 10,000. Default 30.
    #[must_use]
    pub fn max_iterations(mut self, iterations: usize) -> Self {
        self.0.max_iterations = iterations;
        self
    }

    /// Finds the shapes of a healthy stretch.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range, [`Error::TooFew`] for a stretch shorter than a window,
    /// [`Error::NonFinite`] naming a sample, [`Error::Numeric`] when squares overflow, or when no healthy window moves.
    pub fn fit(&self, healthy: &[f64]) -> Result<KShape> {
        self.0.validate()?;
        let m = self.0.windows.window;
        check_series("healthy samples", healthy, m)?;
        let windows = Windows::new(healthy, shape(m), self.0.windows.train_windows);
        let rows = par::map(windows.len(), |i| windows.row(i, &mut Vec::new()).to_vec());
        if rows.iter().flatten().any(|v| !v.is_finite()) {
            return Err(Error::numeric("shapes", "the squares of the samples overflow; scale them"));
        }
        // A window that does not move has no shape.
        let rows: Vec<Vec<f64>> = rows.into_iter().filter(|z| lanes::sum_squares(z) > 0.0).collect();
        if rows.is_empty() {
            return Err(Error::numeric("shapes", "no healthy window moves"));
        }
        let correlator = Correlator::new(m)?;
        let mut centroids = start(&rows, self.0.clusters, self.0.seed, &correlator);
        let mut labels = vec![usize::MAX; rows.len()];
        for _ in 0..self.0.max_iterations {
            let spectra: Vec<_> = centroids.iter().map(|c| correlator.spectrum(c)).collect();
            let mut matches = par::map_init(
                rows.len(),
                || correlator.scratch(),
                |scratch, i| correlator.nearest(&rows[i], &spectra, scratch),
            );
            repair(&mut matches, centroids.len());
            let new: Vec<usize> = matches.iter().map(|a| a.cluster).collect();
            if new == labels {
                break;
            }
            labels = new;
            centroids = par::map(centroids.len(), |c| {
                let own = matches.iter().zip(&rows).filter(|(a, _)| a.cluster == c);
                extract(own.map(|(a, row)| shifted(row, a.shift)), &centroids[c])
            });
        }
        Ok(KShape { params: self.0.clone(), centroids: centroids.concat() })
    }
}

fn shape(m: usize) -> Shape {
    Shape { m, normalise: Normalise::Z, level: 0.0 }
}

/// How well a window fits a centroid, and the shift that brings the window onto it.
#[derive(Debug, Clone, Copy)]
struct Match {
    cluster: usize,
    distance: f64,
    shift: isize,
}

/// Cross-correlations of windows of one length.
struct Correlator {
    m: usize,
    fft: RealFft,
}

struct Scratch {
    padded: Vec<f64>,
    bins: Vec<Complex64>,
    product: Vec<Complex64>,
    fft: FftScratch,
}

impl Correlator {
    fn new(m: usize) -> Result<Self> {
        Ok(Self { m, fft: RealFft::new((2 * m).next_power_of_two())? })
    }

    fn scratch(&self) -> Scratch {
        Scratch {
            padded: vec![0.0; self.fft.len()],
            bins: self.fft.zero_bins(),
            product: self.fft.zero_bins(),
            fft: self.fft.scratch(),
        }
    }

    /// Transform of a window over its length; zeros for a window of zeros.
    fn spectrum(&self, z: &[f64]) -> Vec<Complex64> {
        let mut scratch = self.scratch();
        self.transform(z, &mut scratch);
        scratch.bins
    }

    fn transform(&self, z: &[f64], scratch: &mut Scratch) {
        let norm = lanes::sum_squares(z).sqrt();
        let scale = if norm > 0.0 { 1.0 / norm } else { 0.0 };
        let Scratch { bins, fft, .. } = scratch;
        let filled = self.fft.forward_with(
            |real| {
                real.fill(0.0);
                for (r, v) in real.iter_mut().zip(z) {
                    *r = v * scale;
                }
            },
            bins,
            fft,
        );
        debug_assert!(filled.is_ok());
    }

    /// The nearest centroid, the lower number and then the smaller shift on ties.
    fn nearest(&self, z: &[f64], spectra: &[Vec<Complex64>], scratch: &mut Scratch) -> Match {
        self.transform(z, scratch);
        let mut best = Match { cluster: 0, distance: f64::INFINITY, shift: 0 };
        for (cluster, spectrum) in spectra.iter().enumerate() {
            for ((p, c), b) in scratch.product.iter_mut().zip(spectrum).zip(&scratch.bins) {
                *p = c * b.conj();
            }
            let done = self.fft.inverse(&scratch.product, &mut scratch.padded, &mut scratch.fft);
            debug_assert!(done.is_ok());
            // Entry s: the window moved by s to the right; from the end of the buffer: to the left.
            let len = self.fft.len();
            for distance in 0..self.m {
                let right = scratch.padded[distance];
                let left = if distance > 0 { scratch.padded[len - distance] } else { f64::NEG_INFINITY };
                for (value, shift) in [(right, distance as isize), (left, -(distance as isize))] {
                    if 1.0 - value < best.distance {
                        best = Match { cluster, distance: 1.0 - value, shift };
                    }
                }
            }
        }
        best.distance = best.distance.max(0.0);
        best
    }
}

/// The window moved to the right (left when negative), zeros moving in.
fn shifted(z: &[f64], shift: isize) -> Vec<f64> {
    let mut out = vec![0.0; z.len()];
    let by = shift.unsigned_abs().min(z.len());
    let keep = z.len() - by;
    if shift >= 0 {
        out[by..].copy_from_slice(&z[..keep]);
    } else {
        out[..keep].copy_from_slice(&z[by..]);
    }
    out
}

/// Windows drawn by the square of their distance from those drawn before; fewer than `k` when none is left that differs.
fn start(rows: &[Vec<f64>], k: usize, seed: u64, correlator: &Correlator) -> Vec<Vec<f64>> {
    let mut rng = Rng::stream(seed, 0);
    let mut centroids = vec![rows[rng.below(rows.len())].clone()];
    let mut nearest = vec![f64::INFINITY; rows.len()];
    while centroids.len() < k.min(rows.len()) {
        let newest = centroids.last().map(|c| correlator.spectrum(c));
        let spectra: Vec<_> = newest.into_iter().collect();
        let found = par::map_init(
            rows.len(),
            || correlator.scratch(),
            |scratch, i| correlator.nearest(&rows[i], &spectra, scratch).distance,
        );
        for (n, f) in nearest.iter_mut().zip(found) {
            // Rounding of the transforms is no distance.
            *n = n.min(if f < 1e-12 { 0.0 } else { f });
        }
        let total: f64 = nearest.iter().map(|d| d * d).sum();
        if total <= 0.0 {
            break;
        }
        let target = rng.uniform() * total;
        let mut sum = 0.0;
        let mut pick = None;
        for (i, d) in nearest.iter().enumerate().filter(|(_, d)| **d > 0.0) {
            sum += d * d;
            pick = Some(i);
            if sum > target {
                break;
            }
        }
        let Some(pick) = pick else { break };
        centroids.push(rows[pick].clone());
    }
    centroids
}

/// Gives every empty cluster the window farthest from its centroid, of a cluster that has others.
fn repair(matches: &mut [Match], k: usize) {
    let mut counts = vec![0_usize; k];
    for a in matches.iter() {
        counts[a.cluster] += 1;
    }
    for empty in 0..k {
        if counts[empty] > 0 {
            continue;
        }
        let others = matches.iter_mut().filter(|a| counts[a.cluster] > 1);
        let farthest = others.fold(None, |far: Option<&mut Match>, a| match far {
            Some(f) if f.distance >= a.distance => Some(f),
            _ => Some(a),
        });
        if let Some(a) = farthest {
            counts[a.cluster] -= 1;
            counts[empty] = 1;
            *a = Match { cluster: empty, distance: 0.0, shift: 0 };
        }
    }
}

/// The common shape of aligned windows: the first eigenvector of the sum of outer products of the centred windows,
/// z-normalised, turned to the side of their sum; `before` where they have none.
fn extract(windows: impl Iterator<Item = Vec<f64>>, before: &[f64]) -> Vec<f64> {
    let m = before.len();
    let mut rows: Vec<Vec<f64>> = windows.collect();
    let mut sum = vec![0.0; m];
    for row in &mut rows {
        let mean = lanes::mean(row);
        let sd = (lanes::sum_squared_deviations(row, mean) / m as f64).sqrt();
        for (v, s) in row.iter_mut().zip(&mut sum) {
            *v = if sd > 0.0 { (*v - mean) / sd } else { 0.0 };
            *s += *v;
        }
    }
    let unit = |v: &mut Vec<f64>| {
        let norm = lanes::sum_squares(v).sqrt();
        if norm > 0.0 {
            v.iter_mut().for_each(|x| *x /= norm);
        }
        norm > 0.0
    };
    let mut v = sum.clone();
    if !unit(&mut v) {
        v = before.to_vec();
        unit(&mut v);
    }
    for _ in 0..100 {
        let mut next = vec![0.0; m];
        for row in &rows {
            let t = lanes::dot(row, &v);
            for (n, r) in next.iter_mut().zip(row) {
                *n += t * r;
            }
        }
        if !unit(&mut next) {
            return before.to_vec();
        }
        let change = lanes::sum_by2(&next, &v, |a, b| (a - b) * (a - b));
        v = next;
        if change < 1e-20 {
            break;
        }
    }
    let side = if lanes::dot(&v, &sum) < 0.0 { -1.0 } else { 1.0 };
    let scale = side * (m as f64).sqrt();
    v.iter().map(|x| x * scale).collect()
}

/// Shapes of healthy windows.
///
/// ```
/// use prognos::anomaly::series::{KShape, SeriesDetector};
/// let mut x: Vec<f64> = (0..1000).map(|i| (f64::from(i) * 0.3).sin()).collect();
/// for i in 700..715 {
///     x[i] = (f64::from(i as u32) * 0.9).sin();
/// }
/// let model = KShape::params(42).clusters(2).fit(&x[..500])?;
/// let scores = model.score_series(&x)?;
/// let worst = (0..1000).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
/// assert!((690..725).contains(&worst));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct KShape {
    params: KShapeValidParams,
    centroids: Vec<f64>,
}

impl KShape {
    /// Default settings for windows of this many samples: 6 clusters, seed 0, 30 iterations, mean over covering windows,
    /// at most 1,024 training windows.
    #[must_use]
    pub fn params(window: usize) -> KShapeParams {
        let windows = WindowSettings { window, normalise: Normalise::Z, spread: Spread::Mean, train_windows: 1024 };
        KShapeParams(KShapeValidParams { windows, clusters: 6, seed: 0, max_iterations: 30 })
    }

    /// The shapes, z-normalised, each as long as a window.
    pub fn centroids(&self) -> std::slice::ChunksExact<'_, f64> {
        self.centroids.chunks_exact(self.params.windows.window)
    }

    /// Score of every window, `n - m + 1` of them.
    ///
    /// # Errors
    /// As [`SeriesDetector::score_series`].
    pub fn score_windows(&self, x: &[f64]) -> Result<Vec<f64>> {
        let m = self.params.windows.window;
        check_series("series to score", x, m)?;
        let correlator = Correlator::new(m)?;
        let spectra: Vec<_> = self.centroids().map(|c| correlator.spectrum(c)).collect();
        let windows = Windows::new(x, shape(m), usize::MAX);
        windows.map(
            || correlator.scratch(),
            |scratch, z| {
                if z.iter().all(|v| v.is_finite()) {
                    correlator.nearest(z, &spectra, scratch).distance
                } else {
                    f64::NAN
                }
            },
        )
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        let m = self.params.windows.window;
        let k = self.centroids.len() / m;
        let fits = self.centroids.len().is_multiple_of(m) && (1..=self.params.clusters).contains(&k);
        // z-normalised: no sample is more than the root of the length from the mean.
        let bound = (m as f64).sqrt() * (1.0 + 1e-9);
        if fits && self.centroids.iter().all(|v| v.abs() <= bound) {
            Ok(())
        } else {
            Err(Error::Model { reason: "the shapes do not fit the settings".to_owned() })
        }
    }
}

impl SeriesDetector for KShape {
    fn window(&self) -> usize {
        self.params.windows.window
    }

    fn score_series(&self, x: &[f64]) -> Result<Vec<f64>> {
        self.params.windows.spread.samples(&self.score_windows(x)?, self.window())
    }

    fn expected(&self, x: &[f64], start: usize) -> Result<Option<Vec<f64>>> {
        let m = self.window();
        let mut z = Vec::new();
        let (level, scale) = shape(m).load(window_at(x, start, m)?, &mut z);
        let correlator = Correlator::new(m)?;
        let spectra: Vec<_> = self.centroids().map(|c| correlator.spectrum(c)).collect();
        let found = correlator.nearest(&z, &spectra, &mut correlator.scratch());
        let centroid = self.centroids().nth(found.cluster).unwrap_or_default();
        check_scores(shifted(centroid, -found.shift).iter().map(|c| level + scale * c).collect()).map(Some)
    }
}

checked!(KShape { params: KShapeValidParams, centroids: Vec<f64> }, "k_shape", |_| &[]);

#[cfg(test)]
mod tests {
    use super::*;

    fn bump(at: f64) -> Vec<f64> {
        (0..32).map(|t| (-(f64::from(t) - at).powi(2) / 6.0).exp()).collect()
    }

    #[test]
    fn the_distance_is_that_of_the_definition() {
        let (a, b) = (bump(9.0), (0..32).map(|t| (f64::from(t) * 0.9).sin() + 0.2).collect::<Vec<_>>());
        let correlator = Correlator::new(32).unwrap();
        let spectrum = [correlator.spectrum(&b)];
        let found = correlator.nearest(&a, &spectrum, &mut correlator.scratch());
        let norms = (lanes::sum_squares(&a) * lanes::sum_squares(&b)).sqrt();
        let mut best = (f64::NEG_INFINITY, 0);
        for shift in -31..32 {
            let value = lanes::dot(&shifted(&a, shift), &b) / norms;
            if value > best.0 {
                best = (value, shift);
            }
        }
        assert!((found.distance - (1.0 - best.0)).abs() < 1e-12);
        assert_eq!(found.shift, best.1);
    }

    #[test]
    fn the_common_shape_is_the_first_eigenvector() {
        let rows: Vec<Vec<f64>> = (0..9)
            .map(|i| (0..12).map(|t| (f64::from(t) * 0.5).sin() + 0.3 * (f64::from(t * i) * 1.3).cos()).collect())
            .collect();
        let found = extract(rows.iter().cloned(), &[0.0; 12]);
        let mut s = ndarray::Array2::zeros((12, 12));
        for row in &rows {
            let mean = lanes::mean(row);
            let sd = (lanes::sum_squared_deviations(row, mean) / 12.0).sqrt();
            for i in 0..12 {
                for j in 0..12 {
                    s[[i, j]] += (row[i] - mean) * (row[j] - mean) / sd / sd;
                }
            }
        }
        let (_, vectors) = crate::math::linalg::symmetric_eigen(&s).unwrap();
        let cosine: f64 = vectors.row(0).iter().zip(&found).map(|(a, b)| a * b).sum::<f64>() / 12f64.sqrt();
        assert!((cosine.abs() - 1.0).abs() < 1e-9, "{cosine}");
    }

    #[test]
    fn no_window_that_moves_is_an_error() {
        assert!(KShape::params(5).fit(&[1.0; 30]).is_err());
        assert!(KShape::params(5).clusters(0).fit(&[1.0; 30]).is_err());
    }
}
