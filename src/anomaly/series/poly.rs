//! Residual of a local polynomial, over a scale that moves: samples that do not lie on the curve of their neighbours.
//!
//! **What it answers.** Which samples of a smooth series do not fit in between those around them, given how noisy the
//! series is just now? Known as POLY.
//!
//! **Formula.** `r_t = x_t - f_t` with `f_t` the value at t of the polynomial of least squares through the samples at
//! distances gap + 1 to reach from t, on both sides or (causal) before it; the sample itself does not take part. The score is
//! `|r_t| / s_t`, with `s` the robust standard deviation of the healthy residuals, or in a
//! [moving scale](LocalPolynomialParams::moving_scale) `s_t^2 = w + a min(r_(t-1)^2, 9 s_(t-1)^2) + b s_(t-1)^2` (GARCH(1, 1)): a and b
//! of greatest likelihood on the healthy stretch, `w` such that the mean is the healthy variance. The bound of 9 keeps one
//! anomaly from hiding those behind it.
//!
//! Samples without all their neighbours score 0.
//!
//! **Explanation.** [`fitted`](LocalPolynomial::fitted): the curve.
//!
//! **Sources.** Li, Ma & Mukherjee 2007 for local polynomials with a heteroscedastic scale; Bollerslev 1986 for GARCH; Fan &
//! Gijbels 1996.
//!
//! **Cost.** O(n m) for m neighbours; the scale O(n) a trial, about 150 trials; memory O(n).
//!
//! **When not to use it.** Anomalies that are longer than the gap and smooth: the curve follows them.

use super::SeriesDetector;
use super::search::minimise;
use super::windows::{check_scores, check_series, window_at};
use crate::anomaly::stream::{checked, guard};
use crate::error::{Error, Result};
use crate::math::lanes;
use crate::math::order::{MAD_TO_SD, mad_in_place};

/// Checked settings of [`LocalPolynomial`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct LocalPolynomialValidParams {
    reach: usize,
    degree: usize,
    gap: usize,
    causal: bool,
    moving_scale: bool,
}

impl LocalPolynomialValidParams {
    fn validate(&self) -> Result<()> {
        if !(1..=1 << 16).contains(&self.reach) {
            return Err(Error::parameter("reach", self.reach, "must be 1 to 65536 samples"));
        }
        if self.gap >= self.reach {
            return Err(Error::parameter("gap", self.gap, "must be below the reach"));
        }
        let neighbours = (self.reach - self.gap) * if self.causal { 1 } else { 2 };
        if self.degree > 8 || self.degree >= neighbours {
            return Err(Error::parameter("degree", self.degree, "must be 0 to 8, and below the number of neighbours"));
        }
        Ok(())
    }

    /// Weights of the neighbours before t, oldest first, and of those after it, nearest first; the value at t of the
    /// polynomial of least squares, by orthogonal polynomials (Forsythe 1957).
    fn weights(&self) -> (Vec<f64>, Vec<f64>) {
        let reach = self.reach as f64;
        let before = (self.gap + 1..=self.reach).rev().map(|k| -(k as f64) / reach);
        let after = (self.gap + 1..=self.reach).map(|k| k as f64 / reach);
        let places: Vec<f64> = if self.causal { before.collect() } else { before.chain(after).collect() };
        let mut weights = vec![0.0; places.len()];
        // Polynomial j at the places and at 0; p_(j+1) = (z - shift) p_j - ratio p_(j-1).
        let (mut p, mut p0) = (vec![1.0; places.len()], 1.0);
        let (mut old, mut old0, mut old_norm) = (vec![0.0; places.len()], 0.0, 1.0);
        for degree in 0..=self.degree {
            let norm = lanes::sum_squares(&p);
            for (w, p) in weights.iter_mut().zip(&p) {
                *w += p0 * p / norm;
            }
            let shift = places.iter().zip(&p).map(|(z, p)| z * p * p).sum::<f64>() / norm;
            let ratio = if degree > 0 { norm / old_norm } else { 0.0 };
            let next: Vec<f64> =
                places.iter().zip(&p).zip(&old).map(|((z, p), o)| (z - shift) * p - ratio * o).collect();
            let next0 = -shift * p0 - ratio * old0;
            (old, old0, old_norm) = (p, p0, norm);
            (p, p0) = (next, next0);
        }
        let after = weights.split_off(self.reach - self.gap);
        (weights, after)
    }
}

/// Settings of [`LocalPolynomial`]; see [`LocalPolynomial::params`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPolynomialParams(LocalPolynomialValidParams);

guard!(LocalPolynomialParams, LocalPolynomialValidParams);

impl LocalPolynomialParams {
    /// Degree of the polynomial, 0 to 8, below the number of neighbours. Default 2.
    #[must_use]
    pub fn degree(mut self, degree: usize) -> Self {
        self.0.degree = degree;
        self
    }

    /// Samples next to t on each side that do not take part, below the reach: as long as the anomalies. Default 0.
    #[must_use]
    pub fn gap(mut self, samples: usize) -> Self {
        self.0.gap = samples;
        self
    }

    /// Whether only samples before t take part. Default no. An extrapolation: take a low degree.
    #[must_use]
    pub fn causal(mut self, causal: bool) -> Self {
        self.0.causal = causal;
        self
    }

    /// Whether the scale follows the residuals. Default yes.
    #[must_use]
    pub fn moving_scale(mut self, moving: bool) -> Self {
        self.0.moving_scale = moving;
        self
    }

    /// Learns the scale from a healthy stretch.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a setting outside of its range, [`Error::TooFew`] below all neighbours and 10 samples,
    /// [`Error::NonFinite`] naming a sample, [`Error::Numeric`] when squares overflow.
    pub fn fit(&self, healthy: &[f64]) -> Result<LocalPolynomial> {
        self.0.validate()?;
        let (before, after) = self.0.weights();
        let mut model = LocalPolynomial { params: self.0.clone(), scale: 1.0, garch: [0.0, 0.0], before, after };
        check_series("healthy samples", healthy, model.window() + 9)?;
        let overflow = || Error::numeric("local polynomial", "the squares of the samples overflow; scale them");
        let rest = model.residuals_inner(healthy);
        let (low, high) = lanes::min_max(healthy);
        let least = (4.0 * f64::EPSILON * low.abs().max(high.abs())).max(f64::MIN_POSITIVE);
        let rms = (lanes::sum_squares(&rest) / rest.len() as f64).sqrt();
        let robust = MAD_TO_SD * mad_in_place(&mut rest.clone(), 0.0);
        model.scale = if robust > least { robust } else { rms.max(least) };
        if !model.scale.is_finite() {
            return Err(overflow());
        }
        if self.0.moving_scale {
            let unit: Vec<f64> = rest.iter().map(|r| r / model.scale).collect();
            // Twice the negative log-likelihood of a normal law of moving variance.
            let loss = |garch: [f64; 2]| {
                if garch[0] + garch[1] >= 0.999 {
                    return f64::INFINITY;
                }
                let mut sum = 0.0;
                moving(garch, &unit, |r, s2| sum += s2.ln() + (r * r).min(9.0 * s2) / s2);
                sum
            };
            model.garch = minimise(&[0.0, 0.05, 0.2, 0.5, 0.8], (0.0, 0.998), loss).ok_or_else(overflow)?;
        }
        Ok(model)
    }
}

/// Every residual with the variance at its time, both in units of the scale.
fn moving([a, b]: [f64; 2], unit: &[f64], mut visit: impl FnMut(f64, f64)) {
    let base = 1.0 - a - b;
    let mut s2 = 1.0;
    for &r in unit {
        visit(r, s2);
        s2 = base + a * (r * r).min(9.0 * s2) + b * s2;
    }
}

/// A local polynomial and the scale of healthy residuals.
///
/// ```
/// use prognos::anomaly::series::{LocalPolynomial, SeriesDetector};
/// let mut x: Vec<f64> = (0..500).map(|i| (f64::from(i) * 0.1).sin() + 0.01 * (f64::from(i) * 7.7).sin()).collect();
/// x[321] += 0.2;
/// let scores = LocalPolynomial::params(5).fit(&x[..300])?.score_series(&x)?;
/// assert_eq!((0..500).max_by(|&a, &b| scores[a].total_cmp(&scores[b])), Some(321));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LocalPolynomial {
    params: LocalPolynomialValidParams,
    scale: f64,
    /// What the variance takes from the last square and from the last variance.
    garch: [f64; 2],
    before: Vec<f64>,
    after: Vec<f64>,
}

impl LocalPolynomial {
    /// Default settings for neighbours up to this distance, 1 to 65,536: degree 2, no gap, both sides, moving scale.
    #[must_use]
    pub fn params(reach: usize) -> LocalPolynomialParams {
        LocalPolynomialParams(LocalPolynomialValidParams {
            reach,
            degree: 2,
            gap: 0,
            causal: false,
            moving_scale: true,
        })
    }

    /// Robust standard deviation of the healthy residuals, in the unit of the series.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// What the variance takes from the last squared residual and from the last variance; zeros for a fixed scale.
    #[must_use]
    pub fn garch(&self) -> [f64; 2] {
        self.garch
    }

    /// The curve through the neighbours at every sample; samples without all neighbours stand for themselves.
    ///
    /// # Errors
    /// As [`SeriesDetector::score_series`].
    pub fn fitted(&self, x: &[f64]) -> Result<Vec<f64>> {
        check_series("series to score", x, self.window())?;
        let mut curve = x.to_vec();
        for (v, r) in curve[self.params.reach..].iter_mut().zip(self.residuals_inner(x)) {
            *v -= r;
        }
        check_scores(curve)
    }

    /// Residuals of the samples that have all their neighbours.
    fn residuals_inner(&self, x: &[f64]) -> Vec<f64> {
        let LocalPolynomialValidParams { reach, gap, causal, .. } = self.params;
        let end = if causal { x.len() } else { x.len() - reach };
        let mut near = Vec::new();
        (reach..end)
            .map(|t| {
                // Weights add up to 1: differences from the sample cost an offset no digits.
                near.clear();
                near.extend(x[t - reach..t - gap].iter().map(|v| v - x[t]));
                let mut above = lanes::dot(&near, &self.before);
                if !causal {
                    near.clear();
                    near.extend(x[t + gap + 1..=t + reach].iter().map(|v| v - x[t]));
                    above += lanes::dot(&near, &self.after);
                }
                -above
            })
            .collect()
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        let [a, b] = self.garch;
        let garch = a >= 0.0 && b >= 0.0 && a + b < 1.0 && (self.params.moving_scale || a + b <= 0.0);
        if garch
            && self.scale.is_finite()
            && self.scale > 0.0
            && (self.before.clone(), self.after.clone()) == self.params.weights()
        {
            Ok(())
        } else {
            Err(Error::Model { reason: "scale or weights do not fit the settings".to_owned() })
        }
    }
}

impl SeriesDetector for LocalPolynomial {
    /// The sample and all its neighbours.
    fn window(&self) -> usize {
        self.params.reach * if self.params.causal { 1 } else { 2 } + 1
    }

    fn score_series(&self, x: &[f64]) -> Result<Vec<f64>> {
        check_series("series to score", x, self.window())?;
        let unit: Vec<f64> = self.residuals_inner(x).iter().map(|r| r / self.scale).collect();
        let mut scores = vec![0.0; x.len()];
        let mut places = scores[self.params.reach..].iter_mut();
        moving(self.garch, &unit, |r, s2| {
            if let Some(score) = places.next() {
                *score = r.abs() / s2.sqrt();
            }
        });
        check_scores(scores)
    }

    fn expected(&self, x: &[f64], start: usize) -> Result<Option<Vec<f64>>> {
        window_at(x, start, self.window())?;
        super::windows::check_scores(self.fitted(x)?[start..start + self.window()].to_vec()).map(Some)
    }
}

checked!(
    LocalPolynomial {
        params: LocalPolynomialValidParams,
        scale: f64,
        garch: [f64; 2],
        before: Vec<f64>,
        after: Vec<f64>,
    },
    "local_polynomial",
    |_| &[]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_of_the_degree_leave_nothing() {
        let x: Vec<f64> = (0..60).map(|t| (f64::from(t) / 20.0 - 1.0).powi(3) + f64::from(t)).collect();
        for (gap, causal) in [(0, false), (2, false), (0, true), (2, true)] {
            let model =
                LocalPolynomial::params(8).degree(3).gap(gap).causal(causal).moving_scale(false).fit(&x).unwrap();
            let curve = model.fitted(&x).unwrap();
            assert!(curve.iter().zip(&x).all(|(a, b)| (a - b).abs() < 1e-10));
            let curved = LocalPolynomial::params(8).degree(2).gap(gap).causal(causal).fit(&x).unwrap();
            assert!(causal == curved.fitted(&x).unwrap().iter().zip(&x).any(|(a, b)| (a - b).abs() > 1e-3));
        }
    }

    #[test]
    fn the_scale_follows_the_noise() {
        let mut rng = crate::math::rng::Rng::stream(4, 4);
        let mut s2: f64 = 1.0;
        let x: Vec<f64> = (0..6000)
            .map(|_| {
                let e = s2.sqrt() * rng.normal();
                s2 = 0.05 + 0.15 * e * e + 0.8 * s2;
                e
            })
            .collect();
        let model = LocalPolynomial::params(40).degree(0).fit(&x).unwrap();
        let [a, b] = model.garch();
        assert!((0.05..0.3).contains(&a) && (0.6..0.95).contains(&b), "{a} {b}");
    }
}
