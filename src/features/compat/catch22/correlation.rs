//! Scales of time from the autocorrelation, periodicity, and local forecasts.

use super::Version;
use super::series::{Series, first_zero};
use crate::features::autoregression::autocorrelation::Correlator;
use crate::features::shared::Scratch;
use crate::math::lanes;

/// First lag at which the autocorrelation is below 1/e, between samples by a straight line; n when there is none.
pub(super) fn timescale(s: &Series<'_>) -> f64 {
    crossing(s.sums, 1.0 / std::f64::consts::E)
}

/// Where the sums of products, over the first, fall below a level; the number of lags when they never do.
fn crossing(sums: &[f64], level: f64) -> f64 {
    let r = |k: usize| sums[k] / sums[0];
    match (1..sums.len()).find(|&k| r(k) < level) {
        Some(k) => (k - 1) as f64 + (level - r(k - 1)) / (r(k) - r(k - 1)),
        None => sums.len() as f64,
    }
}

/// First lag with an autocorrelation below both neighbours'; n when there is none.
pub(super) fn first_minimum(s: &Series<'_>) -> f64 {
    let r = s.sums;
    (1..r.len().saturating_sub(1)).find(|&k| r[k] < r[k - 1] && r[k] < r[k + 1]).unwrap_or(r.len()) as f64
}

/// Mean of the cubes of the steps.
pub(super) fn time_reversibility(s: &Series<'_>) -> f64 {
    let last = s.len() - 1;
    let cube = |a: f64, b: f64| (b - a) * (b - a) * (b - a);
    lanes::sum_by2(&s.z[..last], &s.z[1..], cube) / last as f64
}

/// Standard deviation (divisor n - 1) of what the mean of the three samples before leaves; NaN below five samples.
pub(super) fn forecast_error(s: &Series<'_>, scratch: &mut Scratch) -> f64 {
    if s.len() < 5 {
        return f64::NAN;
    }
    let errors = scratch.floats(s.len() - 3);
    for (error, z) in errors.iter_mut().zip(s.z.windows(4)) {
        *error = z[3] - (z[0] + z[1] + z[2]) / 3.0;
    }
    lanes::variance(errors, 1).sqrt()
}

/// A correlator for windows of one length, and room for what it correlates.
#[derive(Default)]
struct Room {
    values: Vec<f64>,
    correlator: Option<(usize, Correlator)>,
    spline: Option<Spline>,
}

impl Room {
    /// Sums of products of `values` for lags below `lags`.
    fn sums(&mut self, lags: usize) -> &[f64] {
        let n = self.values.len();
        let correlator = match self.correlator.take() {
            Some((length, correlator)) if length == n => correlator,
            _ => Correlator::new(n, lags),
        };
        let (_, correlator) = self.correlator.insert((n, correlator));
        correlator.compute(&self.values);
        correlator.sums()
    }
}

/// Steps whose spread is below this share of the series' are equal but for rounding; so are samples of a line.
const ROUNDING: f64 = 1e-12;

/// First zero of the autocorrelation of the steps over that of the samples: whole lags in 0.4, between lags by a
/// straight line in 1. NaN where the steps are all the same.
pub(super) fn whitening(version: Version, s: &Series<'_>, scratch: &mut Scratch) -> f64 {
    let room: &mut Room = scratch.own();
    room.values.clear();
    room.values.extend(s.z.windows(2).map(|p| p[1] - p[0]));
    let mean = lanes::mean(&room.values);
    let (low, high) = lanes::min_max(&room.values);
    if high - low <= ROUNDING * (low.abs().max(high.abs()) + s.standardised.mean.abs() / s.standardised.deviation) {
        return f64::NAN;
    }
    room.values.iter_mut().for_each(|v| *v -= mean);
    let steps = room.sums(usize::MAX);
    match version {
        Version::V0_4 => first_zero(steps) as f64 / s.first_zero() as f64,
        Version::V1 => crossing(steps, 0.0) / crossing(s.sums, 0.0),
    }
}

/// Least height of a peak over the trough before it.
const PEAK: f64 = 0.01;

/// Period: the first peak of the autocovariance, at least 0.01 above the trough before it and above 0, of the samples
/// less a smooth trend (X. Wang, K. Smith, R. Hyndman, Structure-based statistical features and multivariate time
/// series clustering, 2007). 0 when there is none. Version 0.4 counts lag 1 as 0.
pub(super) fn periodicity(version: Version, s: &Series<'_>, scratch: &mut Scratch) -> f64 {
    let n = s.len();
    let lags = n.div_ceil(3);
    if lags < 4 {
        return 0.0;
    }
    let room: &mut Room = scratch.own();
    let spline = match room.spline.take() {
        Some(spline) if spline.len == n => spline,
        _ => Spline::new(n),
    };
    room.spline.insert(spline).residuals(s.z, &mut room.values);
    let sums = room.sums(lags + 1);
    let covariance = |lag: usize| sums[lag] / (n - lag) as f64;
    let mut trough = None;
    let (mut before, mut here) = (covariance(1), covariance(2));
    for lag in 2..lags {
        let next = covariance(lag + 1);
        if here < before && next > here {
            trough = Some(here);
        } else if here > before && next < here && here > 0.0 && trough.is_some_and(|t| here - t >= PEAK) {
            return (lag - usize::from(version == Version::V0_4)) as f64;
        }
        (before, here) = (here, next);
    }
    0.0
}

/// Least-squares fit of two cubics that meet smoothly (to the second derivative) at sample n/2 - 1: the normal
/// equations, factored once for a length.
struct Spline {
    len: usize,
    knot: f64,
    /// Lower triangle of the Cholesky factor.
    factor: [[f64; 5]; 5],
}

impl Spline {
    fn new(len: usize) -> Self {
        let mut spline = Self { len, knot: 0.0, factor: [[0.0; 5]; 5] };
        spline.knot = spline.place(len / 2 - 1);
        let mut gram = [[0.0; 5]; 5];
        for i in 0..len {
            let b = spline.basis(i);
            for (row, p) in gram.iter_mut().zip(b) {
                for (g, q) in row.iter_mut().zip(b) {
                    *g += p * q;
                }
            }
        }
        for (j, row) in gram.iter().enumerate() {
            for (k, &product) in row.iter().enumerate().take(j + 1) {
                let mut sum = product;
                for m in 0..k {
                    sum -= spline.factor[j][m] * spline.factor[k][m];
                }
                spline.factor[j][k] = if j == k { sum.sqrt() } else { sum / spline.factor[k][k] };
            }
        }
        spline
    }

    /// Place of a sample, -1..1.
    fn place(&self, i: usize) -> f64 {
        2.0 * i as f64 / (self.len - 1) as f64 - 1.0
    }

    /// Legendre's polynomials of degree 0 to 3, and a cubic that begins at the knot.
    #[inline]
    fn basis(&self, i: usize) -> [f64; 5] {
        let t = self.place(i);
        let square = t * t;
        let behind = (t - self.knot).max(0.0);
        [1.0, t, 1.5 * square - 0.5, (2.5 * square - 1.5) * t, behind * behind * behind]
    }

    /// What the fit leaves of `z`.
    fn residuals(&self, z: &[f64], out: &mut Vec<f64>) {
        let mut c = [0.0; 5];
        for (i, z) in z.iter().enumerate() {
            let b = self.basis(i);
            for (c, b) in c.iter_mut().zip(b) {
                *c += z * b;
            }
        }
        let l = &self.factor;
        for j in 0..5 {
            for k in 0..j {
                c[j] -= l[j][k] * c[k];
            }
            c[j] /= l[j][j];
        }
        for j in (0..5).rev() {
            for k in j + 1..5 {
                c[j] -= l[k][j] * c[k];
            }
            c[j] /= l[j][j];
        }
        out.clear();
        out.extend(z.iter().enumerate().map(|(i, z)| {
            let b = self.basis(i);
            z - (c[0] * b[0] + c[1] * b[1] + c[2] * b[2] + c[3] * b[3] + c[4] * b[4])
        }));
    }
}
