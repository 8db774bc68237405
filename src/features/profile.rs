//! Shapes that come back: distance profiles and the matrix profile of a window.
//!
//! # What it answers
//! How well does every stretch of `m` samples find a match elsewhere in the window? A large distance is a stretch like no other (a
//! discord, an anomaly); a small one a pattern that repeats (a motif). The distance is Euclidean between stretches brought to mean
//! 0 and standard deviation 1: `d² = 2 m (1 - ρ)`, ρ the correlation of the two.
//!
//! # Conventions
//! Those of stumpy: a stretch does not match itself nor its neighbours up to `⌈m/4⌉` samples away; two constant stretches have
//! distance 0, a constant and another `√m`. Distances below `1e-6 √m` are rounding and count as 0. `matrix_profile` of tsfresh
//! searched for a length with a package that is gone; here the length is a parameter, hence another name.
//!
//! # Sources
//! A. Mueen et al., "The fastest similarity search algorithm for time series subsequences under Euclidean distance" (MASS, 2015);
//! C.-C. M. Yeh et al., "Matrix Profile I", ICDM 2016; Z. Zimmerman et al., "Matrix Profile XIV" (2019) for the correlation along
//! diagonals.
//!
//! # Accuracy
//! A running covariance remembers what was loud: where one sample stands out of its surroundings by a factor s, correlations up to
//! 256 samples behind it are off by up to about `1e-16 s²`.
//!
//! # Cost and NaN
//! Distance profile `O(n m)`. Matrix profile `O(n²)` time and `O(n)` memory: 2,048 samples take milliseconds, 32,768 a second; above
//! that the feature is NaN: take shorter windows. NaN below `m + 2 ⌈m/4⌉ + 1` samples too: some stretch would have no partner.

use crate::error::{Error, Result, check_finite};
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::quantile_of_sorted;
use crate::features::shared::{Needs, Scratch, Shared};
use crate::math::lanes;

/// Longest window of the feature.
const LONGEST: usize = 1 << 15;

/// Samples after which the running covariance of a diagonal is computed anew: rounding does not pile up, and a spike is
/// forgotten.
const RESTART: usize = 256;

/// Diagonals that are followed at once.
const WIDTH: usize = 8;

const WORDS: &[&str] = &["discord", "max", "mean", "median", "min", "motif", "q25", "q75"];

/// The table of this family.
pub(crate) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[Param::word("feature", WORDS), Param::int("m", 3, LONGEST as i64)];
    vec![Calculator::group(
        "matrix_profile_fixed",
        PARAMS,
        "matrix profile of stretches of m samples, z-normalised: its quantiles and mean, the place of its largest (discord) \
         and smallest (motif) value in samples; O(n²), NaN above 32,768 samples",
        |args| {
            let word = |a: &crate::features::spec::Args| WORDS.iter().position(|w| *w == a.word(0)).unwrap_or(0);
            Box::new(Profiles { jobs: super::autoregression::by_key(args, |a| (a.count(1), word(a))) })
        },
    )]
}

/// Distance of `query` to every stretch of `x` of the same length, both z-normalised (MASS): `x.len() - query.len() + 1` numbers.
///
/// ```
/// use prognos::features::profile::distance_profile;
/// let x: Vec<f64> = (0..100).map(|i| (i as f64 * 0.3).sin() * (1.0 + i as f64)).collect();
/// let d = distance_profile(&x[20..40], &x)?;
/// assert_eq!(d.len(), 81);
/// assert_eq!(d.iter().position(|v| *v < 1e-6), Some(20));
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooFew`] for a query of fewer than three samples or a series shorter than the query, [`Error::NonFinite`] for a NaN or
/// infinite sample.
pub fn distance_profile(query: &[f64], x: &[f64]) -> Result<Vec<f64>> {
    let m = query.len();
    check_stretch(m, x)?;
    check_finite("query", "samples", query)?;
    let mut room = Room::default();
    room.load(x, m);
    let mut own = Room::default();
    own.load(query, m);
    let (Some(&norm), centre) = (own.inverse.first(), own.mean.first().copied().unwrap_or(0.0)) else {
        return Err(Error::numeric("distance profile", "the query is empty"));
    };
    let shape: Vec<f64> = own.x.iter().map(|v| (v - centre) * norm).collect();
    let correlation = |i: usize| {
        let (mean, inverse) = (room.mean[i], room.inverse[i]);
        match (norm > 0.0, inverse > 0.0) {
            (true, true) => lanes::sum_by2(&room.x[i..i + m], &shape, |v, s| (v - mean) * s) * inverse,
            (false, false) => 1.0,
            _ => 0.5,
        }
    };
    Ok((0..=x.len() - m).map(|i| distance(correlation(i), m)).collect())
}

/// The matrix profile of `x` with itself: for every stretch of `m` samples the distance to the nearest other one,
/// `x.len() - m + 1` numbers. Infinite where every other stretch is a neighbour.
///
/// ```
/// use prognos::features::profile::matrix_profile;
/// let mut x: Vec<f64> = (0..400).map(|i| (i as f64 * 0.25).sin()).collect();
/// x[200] += 2.0;
/// let profile = matrix_profile(&x, 25)?;
/// let discord = (0..profile.len()).max_by(|&a, &b| profile[a].total_cmp(&profile[b]));
/// assert!(discord.is_some_and(|i| (176..=200).contains(&i)));
/// # Ok::<(), prognos::Error>(())
/// ```
///
/// # Errors
/// [`Error::TooFew`] for `m` below 3 or a series shorter than `m`, [`Error::NonFinite`] for a NaN or infinite sample.
pub fn matrix_profile(x: &[f64], m: usize) -> Result<Vec<f64>> {
    check_stretch(m, x)?;
    let mut room = Room::default();
    room.load(x, m);
    room.self_join(m);
    Ok(room.best.iter().map(|&r| if r < -1.5 { f64::INFINITY } else { distance(r, m) }).collect())
}

fn check_stretch(m: usize, x: &[f64]) -> Result<()> {
    if m < 3 {
        return Err(Error::too_few("samples of a stretch", 3, m));
    }
    if x.len() < m {
        return Err(Error::too_few("samples of a series to search", m, x.len()));
    }
    check_finite("series", "samples", x)
}

/// Distance of two z-normalised stretches of `m` samples with correlation `r`.
fn distance(r: f64, m: usize) -> f64 {
    let square = 2.0 * m as f64 * (1.0 - r);
    if square < 1e-12 * m as f64 { 0.0 } else { square.sqrt() }
}

/// What is known of every stretch, and the best correlation of each.
#[derive(Debug, Default)]
struct Room {
    /// Samples, scaled, less their mean.
    x: Vec<f64>,
    mean: Vec<f64>,
    /// 1 over the root of the sum of squared deviations; 0 for a constant stretch.
    inverse: Vec<f64>,
    /// Half of what a stretch gains over the sample it loses.
    change: Vec<f64>,
    /// Deviation of the sample gained and of the one lost, added.
    deviation: Vec<f64>,
    best: Vec<f64>,
    sorted: Vec<f64>,
}

impl Room {
    fn load(&mut self, x: &[f64], m: usize) {
        let count = x.len() + 1 - m;
        let (low, high) = lanes::min_max(x);
        // Half and half, so that neither the middle nor the span overflows.
        let (middle, span) = (0.5 * low + 0.5 * high, 0.5 * high - 0.5 * low);
        // A power of two takes no digit; a denormal span stays as it is.
        let scale = if span > 1e-300 { f64::exp2(-span.log2().floor().clamp(-1000.0, 1000.0)) } else { 1.0 };
        self.x.clear();
        self.x.extend(x.iter().map(|v| (v - middle) * scale));
        self.mean.clear();
        self.inverse.clear();
        let mut run = 0;
        for (i, v) in x[..m - 1].iter().enumerate() {
            run = if i > 0 && x[i - 1].total_cmp(v).is_eq() { run + 1 } else { 1 };
        }
        for i in 0..count {
            let stretch = &self.x[i..i + m];
            let last = i + m - 1;
            run = if x[last - 1].total_cmp(&x[last]).is_eq() { run + 1 } else { 1 };
            let mean = lanes::mean(stretch);
            let power = lanes::sum_squared_deviations(stretch, mean);
            self.mean.push(mean);
            self.inverse.push(if run >= m || power <= 0.0 { 0.0 } else { 1.0 / power.sqrt() });
        }
        self.change.clear();
        self.deviation.clear();
        for i in 0..count {
            let before = i.wrapping_sub(1);
            if i == 0 {
                self.change.push(0.0);
                self.deviation.push(0.0);
            } else {
                let (gained, lost) = (self.x[i + m - 1], self.x[before]);
                self.change.push(0.5 * (gained - lost));
                self.deviation.push((gained - self.mean[i]) + (lost - self.mean[before]));
            }
        }
    }

    fn covariance(&self, i: usize, j: usize, m: usize) -> f64 {
        let (a, b) = (self.mean[i], self.mean[j]);
        lanes::sum_by2(&self.x[i..i + m], &self.x[j..j + m], |u, v| (u - a) * (v - b))
    }

    /// The largest correlation of each stretch with one that is not its neighbour; -2 where there is none.
    fn self_join(&mut self, m: usize) {
        let count = self.mean.len();
        let zone = m.div_ceil(4);
        let mut best = std::mem::take(&mut self.best);
        best.clear();
        best.resize(count, -2.0);
        let mut first = zone + 1;
        while first < count {
            let width = WIDTH.min(count - first);
            let mut start = 0;
            while start < count - first {
                let stop = (start + RESTART).min(count - first);
                self.diagonals(first, width, start..stop, m, &mut best);
                start = stop;
            }
            first += width;
        }
        self.constants(zone, &mut best);
        self.best = best;
    }

    /// Follows `width` diagonals from `first` over rows `rows`; a diagonal ends where its column does.
    fn diagonals(&self, first: usize, width: usize, rows: std::ops::Range<usize>, m: usize, best: &mut [f64]) {
        let count = self.mean.len();
        let mut cov = [0.0; WIDTH];
        for (k, c) in cov.iter_mut().enumerate().take(width) {
            if rows.start + first + k < count {
                *c = self.covariance(rows.start, rows.start + first + k, m);
            }
        }
        for i in rows.clone() {
            let j = i + first;
            let (change, deviation, inverse) = (self.change[i], self.deviation[i], self.inverse[i]);
            let mut top = best[i];
            if let (WIDTH, Some(changes)) = (width, self.change[j..].first_chunk::<WIDTH>())
                && let Some(deviations) = self.deviation[j..].first_chunk::<WIDTH>()
                && let Some(inverses) = self.inverse[j..].first_chunk::<WIDTH>()
                && let Some(others) = best[j..].first_chunk_mut::<WIDTH>()
            {
                if i > rows.start {
                    for k in 0..WIDTH {
                        cov[k] += change * deviations[k] + changes[k] * deviation;
                    }
                }
                let mut r = [0.0; WIDTH];
                for k in 0..WIDTH {
                    r[k] = cov[k] * inverse * inverses[k];
                }
                for k in 0..WIDTH {
                    others[k] = if r[k] > others[k] { r[k] } else { others[k] };
                }
                for k in 0..WIDTH / 2 {
                    r[k] = if r[k + WIDTH / 2] > r[k] { r[k + WIDTH / 2] } else { r[k] };
                }
                for v in &r[..WIDTH / 2] {
                    top = if *v > top { *v } else { top };
                }
            } else {
                for k in 0..width.min(count - j) {
                    if i > rows.start {
                        cov[k] += change * self.deviation[j + k] + self.change[j + k] * deviation;
                    }
                    let r = cov[k] * inverse * self.inverse[j + k];
                    best[j + k] = if r > best[j + k] { r } else { best[j + k] };
                    top = if r > top { r } else { top };
                }
            }
            best[i] = top;
        }
    }

    /// Constant stretches have a correlation of 1 with each other and one half with all others.
    fn constants(&self, zone: usize, best: &mut [f64]) {
        let is_constant = |i: usize| self.inverse[i] <= 0.0;
        let count = best.len();
        let Some(first) = (0..count).find(|&i| is_constant(i)) else { return };
        let last = (0..count).rfind(|&i| is_constant(i)).unwrap_or(first);
        for (i, best) in best.iter_mut().enumerate() {
            let constant_partner = first + zone < i || i + zone < last;
            let any_partner = zone < i || i + zone + 1 < count;
            if is_constant(i) {
                *best = if constant_partner {
                    1.0
                } else if any_partner {
                    0.5
                } else {
                    -2.0
                };
            } else if constant_partner {
                *best = best.max(0.5);
            }
        }
    }
}

struct Profiles {
    /// Length of a stretch; what is wanted (place in `WORDS`) and where it goes.
    jobs: super::autoregression::Jobs<usize, usize>,
}

impl Kernel for Profiles {
    fn needs(&self) -> Needs {
        Needs::new()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let x = shared.samples();
        out.fill(f64::NAN);
        let room: &mut Room = scratch.own();
        for &(m, ref outputs) in &self.jobs {
            if x.len() > LONGEST || x.len() < m + 2 * m.div_ceil(4) + 1 {
                continue;
            }
            room.load(x, m);
            room.self_join(m);
            room.best.iter_mut().for_each(|r| *r = distance(*r, m));
            if room.best.iter().any(|d| !d.is_finite()) {
                continue;
            }
            room.sorted.clear();
            room.sorted.extend_from_slice(&room.best);
            room.sorted.sort_unstable_by(f64::total_cmp);
            let place = |wanted: f64| room.best.iter().position(|d| d.total_cmp(&wanted).is_eq()).map(|i| i as f64);
            let (least, most) = (room.sorted[0], room.sorted[room.sorted.len() - 1]);
            for &(word, to) in outputs {
                out[to] = match WORDS[word] {
                    "discord" => place(most).unwrap_or(f64::NAN),
                    "max" => most,
                    "mean" => lanes::mean(&room.best),
                    "min" => least,
                    "motif" => place(least).unwrap_or(f64::NAN),
                    "q25" => quantile_of_sorted(&room.sorted, 0.25),
                    "q75" => quantile_of_sorted(&room.sorted, 0.75),
                    _ => quantile_of_sorted(&room.sorted, 0.5),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance of two z-normalised stretches, as it is written.
    fn naive(a: &[f64], b: &[f64]) -> f64 {
        let normalised = |x: &[f64]| {
            let n = x.len() as f64;
            let mean = x.iter().sum::<f64>() / n;
            let sd = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
            x.iter().map(|v| (v - mean) / sd).collect::<Vec<_>>()
        };
        let constant = |x: &[f64]| x.iter().all(|v| v.total_cmp(&x[0]).is_eq());
        match (constant(a), constant(b)) {
            (true, true) => 0.0,
            (false, false) => normalised(a).iter().zip(normalised(b)).map(|(u, v)| (u - v).powi(2)).sum::<f64>().sqrt(),
            _ => (a.len() as f64).sqrt(),
        }
    }

    #[test]
    fn the_profile_is_that_of_all_pairs() {
        let wave = |i: usize| (i as f64 * 0.37).sin() + 0.2 * ((i * i) as f64 * 0.11).cos();
        let mut stuck: Vec<f64> = (0..300).map(wave).collect();
        stuck[40..80].fill(0.5);
        stuck[200..230].fill(-1.0);
        let spiky: Vec<f64> = (0..300).map(|i| if i == 150 { 100.0 } else { wave(i) }).collect();
        for x in [(0..700).map(wave).collect(), stuck, spiky, vec![2.0; 60]] {
            for m in [3, 8, 25] {
                let profile = matrix_profile(&x, m).unwrap();
                let zone = m.div_ceil(4);
                for (i, found) in profile.iter().enumerate() {
                    let partners = (0..profile.len()).filter(|&j| j.abs_diff(i) > zone);
                    let least = partners.map(|j| naive(&x[i..i + m], &x[j..j + m])).fold(f64::INFINITY, f64::min);
                    assert!((found - least).abs() < 2e-6, "{m} {i}: {found} {least}");
                }
                let query = &x[17..17 + m];
                for (i, found) in distance_profile(query, &x).unwrap().iter().enumerate() {
                    let expected = naive(query, &x[i..i + m]);
                    assert!((found - expected).abs() < 2e-6, "{m} {i}: {found} {expected}");
                }
            }
        }
    }

    #[test]
    fn few_samples_are_errors_or_infinite() {
        assert!(matrix_profile(&[1.0; 10], 2).is_err());
        assert!(matrix_profile(&[1.0; 10], 11).is_err());
        assert!(distance_profile(&[f64::NAN; 5], &[1.0; 10]).is_err());
        assert_eq!(matrix_profile(&[1.0, 2.0, 1.5], 3).unwrap(), [f64::INFINITY]);
    }
}
