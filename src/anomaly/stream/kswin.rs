//! KSWIN: has the distribution of a stream changed, whatever it is?
//!
//! **Formula.** The last `window` values are kept. From the older of them `recent` are drawn at random and compared
//! with the newest `recent` by the two-sample Kolmogorov-Smirnov distance `D`; beyond `sqrt(-ln(alpha) / recent)` it is a drift,
//! and only the newest values are kept. The score is `D` over that bound: 0 until the window is full, above 1 a drift.
//!
//! **Source.** Raab, Heusinger & Schleif 2020, Neurocomputing 416. The draw at value `t` depends on the seed and `t`
//! alone.
//!
//! **Cost.** O(window) memory, O(recent log recent) time a value.
//!
//! **When not to use it.** A test at every value: over a long stream `alpha` is no false alarm rate, a smaller one
//! than usual is needed. Changes of the mean alone are found sooner by [`Adwin`](super::Adwin).

use super::{check_value, guard, one_column, saved};
use crate::error::{Error, Result, check_fraction};
use crate::math::rng::Rng;
use linfa::ParamGuard;

/// Checked settings of [`Kswin`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct KswinValidParams {
    alpha: f64,
    window: usize,
    recent: usize,
    seed: u64,
}

/// Settings of [`Kswin`]; see [`Kswin::params`].
#[derive(Debug, Clone, PartialEq)]
pub struct KswinParams(KswinValidParams);

impl KswinParams {
    /// Level of each test. Default 0.005.
    #[must_use]
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.0.alpha = alpha;
        self
    }

    /// Values kept. Default 100.
    #[must_use]
    pub fn window(mut self, values: usize) -> Self {
        self.0.window = values;
        self
    }

    /// Newest values that are compared with as many older ones. Default 30; at most half of the window.
    #[must_use]
    pub fn recent(mut self, values: usize) -> Self {
        self.0.recent = values;
        self
    }

    /// Seed of the draws. Default 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }

    /// A test that has seen nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an alpha outside (0, 1), fewer than 2 recent values, or a window that is shorter than
    /// twice as many or longer than 2^24.
    pub fn start(&self) -> Result<Kswin> {
        let params = self.check_ref()?.clone();
        Ok(Kswin { params, values: Vec::new(), oldest: 0, drift: false, drifts: 0, seen: 0 })
    }
}

impl KswinValidParams {
    fn validate(&self) -> Result<()> {
        check_fraction("alpha", self.alpha)?;
        if self.recent < 2 {
            return Err(Error::parameter("recent", self.recent, "must be at least 2"));
        }
        if self.window > 1 << 24 || self.window / 2 < self.recent {
            return Err(Error::parameter("window", self.window, "must be twice the recent values to 2^24"));
        }
        Ok(())
    }
}

guard!(KswinParams, KswinValidParams);

/// A windowed Kolmogorov-Smirnov test.
///
/// ```
/// use prognos::anomaly::stream::Kswin;
/// let mut test = Kswin::params().alpha(1e-4).window(300).recent(100).start()?;
/// // The mean stays, the spread grows.
/// let wave = |i: usize| (i as f64 * 0.7).sin() * if i < 400 { 1.0 } else { 4.0 };
/// let drift = (0..800).find(|&i| test.push(wave(i)).unwrap() > 1.0);
/// assert!((400..500).contains(&drift.unwrap()));
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Kswin {
    params: KswinValidParams,
    /// A ring once it is full.
    values: Vec<f64>,
    oldest: usize,
    drift: bool,
    drifts: u64,
    seen: u64,
}

impl Kswin {
    /// Default settings: alpha 0.005, 100 values kept, 30 compared, seed 0.
    #[must_use]
    pub fn params() -> KswinParams {
        KswinParams(KswinValidParams { alpha: 0.005, window: 100, recent: 30, seed: 0 })
    }

    /// Learns a value; the distance of the newest values from older ones over its bound.
    ///
    /// # Errors
    /// [`Error::NonFinite`]; the window is then as it was before.
    pub fn push(&mut self, x: f64) -> Result<f64> {
        check_value(x, self.seen)?;
        let KswinValidParams { alpha, window, recent, seed } = self.params;
        if self.values.len() < window {
            self.values.push(x);
        } else {
            self.values[self.oldest] = x;
            self.oldest = (self.oldest + 1) % window;
        }
        self.drift = false;
        self.seen += 1;
        if self.values.len() < window {
            return Ok(0.0);
        }
        let mut rng = Rng::stream(seed, self.seen);
        let mut new = Vec::with_capacity(recent);
        new.extend((window - recent..window).map(|age| self.values[(self.oldest + age) % window]));
        // Without replacement: Floyd's sampling, marks in place of a set.
        let old = window - recent;
        let mut taken: Vec<usize> = Vec::with_capacity(recent);
        for j in old - recent..old {
            let pick = rng.below(j + 1);
            let pick = if taken.contains(&pick) { j } else { pick };
            taken.push(pick);
        }
        let mut drawn: Vec<f64> = taken.iter().map(|age| self.values[(self.oldest + age) % window]).collect();
        let distance = ks_distance(&mut drawn, &mut new);
        let score = distance / (-alpha.ln() / recent as f64).sqrt();
        if score > 1.0 {
            self.drift = true;
            self.drifts += 1;
            self.values.rotate_left(self.oldest);
            self.values.drain(..old);
            self.oldest = 0;
        }
        Ok(score)
    }

    /// Whether the last value was found to be a drift.
    #[must_use]
    pub fn drift(&self) -> bool {
        self.drift
    }

    /// Number of drifts so far.
    #[must_use]
    pub fn drifts(&self) -> u64 {
        self.drifts
    }

    #[cfg(feature = "serde")]
    fn check_state(&self) -> Result<()> {
        self.params.validate()?;
        let held = self.values.len();
        let full = held == self.params.window;
        if held > self.params.window || held as u64 > self.seen || self.oldest >= self.params.window {
            return Err(super::refuse("the window does not fit the settings"));
        }
        if (!full && self.oldest != 0) || self.drifts > self.seen || !self.values.iter().all(|v| v.is_finite()) {
            return Err(super::refuse("the window is out of range"));
        }
        Ok(())
    }
}

/// Largest distance of the two empirical distributions; sorts both.
fn ks_distance(a: &mut [f64], b: &mut [f64]) -> f64 {
    a.sort_unstable_by(f64::total_cmp);
    b.sort_unstable_by(f64::total_cmp);
    let (mut i, mut j, mut largest) = (0, 0, 0.0);
    while i < a.len() && j < b.len() {
        let x = a[i].min(b[j]);
        while i < a.len() && a[i] <= x {
            i += 1;
        }
        while j < b.len() && b[j] <= x {
            j += 1;
        }
        largest = f64::max(largest, (i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    largest
}

one_column!(Kswin);
saved!(
    Kswin { params: KswinValidParams, values: Vec<f64>, oldest: usize, drift: bool, drifts: u64, seen: u64 },
    "kswin",
    |_| &[]
);
