//! How far can a score over files be trusted? The percentile bootstrap.
//!
//! **What it answers.** A detector has a mean accuracy of 0.61 on 40 files: would other 40 files of the same kind say
//! 0.55, or 0.45? The files are drawn anew, with replacement, `resamples` times; the interval holds the middle `level`
//! of the statistics found (Efron 1979). Rows of one file are not independent, which is why files are drawn, not rows.
//!
//! **Cost.** O(resamples (n + one statistic)), in parallel; the same bits on any number of threads.
//!
//! **When not to use it.** Fewer than ten files or so: the interval is then too narrow. A maximum or a minimum, whose
//! resamples never exceed the sample.

use crate::error::{Error, Result, check_finite, check_fraction};
use crate::math::order::quantile_sorted;
use crate::math::rng::Rng;
use crate::math::{lanes, par};

/// A statistic with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Interval {
    /// The statistic of all files.
    pub estimate: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Percentile bootstrap: files are drawn with replacement.
///
/// ```
/// use prognos::metrics::Bootstrap;
/// let f1_of_files = [0.9, 0.7, 0.8, 0.85, 0.2, 0.95, 0.6, 0.75, 0.8, 0.9];
/// let mean = Bootstrap::new().mean(&f1_of_files)?;
/// assert!((mean.estimate - 0.745).abs() < 1e-12);
/// assert!(mean.low > 0.55 && mean.low < 0.7 && mean.high > 0.8 && mean.high < 0.9);
/// // Any statistic of the files that were drawn: here the share of files above 0.5.
/// let share = Bootstrap::new().level(0.9).interval(10, |files| {
///     files.iter().filter(|&&f| f1_of_files[f] > 0.5).count() as f64 / files.len() as f64
/// })?;
/// assert_eq!(share.estimate, 0.9);
/// # Ok::<(), prognos::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Bootstrap {
    resamples: usize,
    level: f64,
    seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self::new()
    }
}

impl Bootstrap {
    /// 2,000 resamples (the ends then move by a few per cent of the width from seed to seed), level 0.95, seed 0.
    #[must_use]
    pub fn new() -> Self {
        Self { resamples: 2000, level: 0.95, seed: 0 }
    }

    /// Number of resamples, at least 1.
    #[must_use]
    pub fn resamples(mut self, resamples: usize) -> Self {
        self.resamples = resamples;
        self
    }

    /// Part of the resamples inside of the interval, strictly between 0 and 1.
    #[must_use]
    pub fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    /// Seed of the draws.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Interval of the mean of one number a file.
    ///
    /// # Errors
    /// As [`Bootstrap::interval`], and [`Error::NonFinite`] naming the value that is not finite.
    pub fn mean(&self, values: &[f64]) -> Result<Interval> {
        check_finite("values of the files", "value", values)?;
        self.interval(values.len(), |files| {
            let drawn: Vec<f64> = files.iter().map(|&f| values[f]).collect();
            lanes::mean(&drawn)
        })
    }

    /// Interval of any statistic of `files` files; `statistic` gets the numbers (0..files) of those that were drawn,
    /// as many as there are, some of them several times. A draw whose statistic is NaN (no event in any of its files)
    /// is left out.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a level out of its range or no resamples, [`Error::TooFew`] without files,
    /// [`Error::Numeric`] when the statistic of all files is not finite, or that of every draw is NaN.
    pub fn interval(&self, files: usize, statistic: impl Fn(&[usize]) -> f64 + Sync + Send) -> Result<Interval> {
        check_fraction("level", self.level)?;
        if self.resamples == 0 {
            return Err(Error::parameter("resamples", 0, "must be at least 1"));
        }
        if files == 0 {
            return Err(Error::too_few("files to draw from", 1, 0));
        }
        let mut all: Vec<usize> = (0..files).collect();
        let estimate = statistic(&all);
        if !estimate.is_finite() {
            return Err(Error::numeric("bootstrap", format!("the statistic of all files is {estimate}")));
        }
        all.clear();
        let mut found = par::map_init(
            self.resamples,
            || all.clone(),
            |drawn, i| {
                let mut rng = Rng::stream(self.seed, i as u64);
                drawn.clear();
                drawn.extend((0..files).map(|_| rng.below(files)));
                statistic(drawn)
            },
        );
        found.retain(|v| !v.is_nan());
        if found.is_empty() {
            return Err(Error::numeric("bootstrap", "the statistic of every draw is NaN"));
        }
        found.sort_unstable_by(f64::total_cmp);
        let tail = 0.5 * (1.0 - self.level);
        Ok(Interval { estimate, low: quantile_sorted(&found, tail), high: quantile_sorted(&found, 1.0 - tail) })
    }
}
