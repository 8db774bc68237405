//! catch22, in the two meanings that it has had: 22 features of the dynamics of a series, chosen from thousands for
//! telling classes of series apart (C. H. Lubba, S. S. Sethi, P. Knaute, S. R. Schultz, B. D. Fulcher, N. S. Jones,
//! catch22: CAnonical Time-series CHaracteristics, *Data Mining and Knowledge Discovery* 33, 2019).
//!
//! # Which version
//! Version 1 of 2026 renamed features and changed the values of most: about three quarters of the numbers differ from
//! those of 0.4, many under the same short name. A model trained on columns of catch22 0.4 (pycatch22 0.4.5 and
//! before) needs [`Version::V0_4`]; anything new should take [`Version::V1`]. The columns are named
//! `catch22_v0_4_` and `catch22_v1_` with the package's own name behind, so that neither is taken for the other.
//!
//! ```
//! use prognos::features::FeatureSet;
//! use prognos::features::compat::catch22::Version;
//! use prognos::signal::{SampleRate, Signal, WindowSpec};
//! let x: Vec<f64> = (0..1200).map(|i| (i as f64 * 0.1).sin() + 0.05 * (i as f64 * 1.3).cos()).collect();
//! let windows = Signal::new(&x, SampleRate::ONE_HZ).windows(WindowSpec::sliding(400, 200))?;
//! let matrix = FeatureSet::catch22(Version::V1).extract(windows)?;
//! assert_eq!(matrix.view().dim(), (5, 22));
//! // A sine of 2π / 0.1 = 62.8 samples.
//! let period = matrix.column("catch22_v1_PD_PeriodicityWang_th0_01")?[0];
//! assert!((period - 62.8).abs() < 2.0, "{period}");
//! # Ok::<(), prognos::Error>(())
//! ```
//!
//! # What they are
//! All but mean and standard deviation read z = (x - mean) / s, s with divisor n - 1: offset and unit do not matter.
//! `about` of a spec says each formula. In groups, by the short names of version 1: distribution (`mode_5`, `mode_10`),
//! timing of extremes (`outlier_timing_pos`, `outlier_timing_neg`), linear memory (`acf_timescale`, `acf_first_min`,
//! `low_freq_power`, `median_freq`), forecasts (`forecast_error`, `whiten_timescale`), jumps and runs
//! (`high_fluctuation`, `stretch_high`, `stretch_decreasing`), words (`entropy_pairs`, `transition_variance`),
//! nonlinear memory (`ami2`, `trev`, `ami_timescale`), `periodicity`, `embedding_dist`, and scaling (`rs_range`, `dfa`).
//!
//! Some short names of 0.4 say the wrong thing: its `centroid_freq` is a power, its `low_freq_power` a frequency. Its
//! `stretch_*` are one too long but for a run at the start, its `periodicity` and `ami_timescale` count lag 1 as 0.
//!
//! # When a value is not defined
//! | window | 0.4 | 1 |
//! |---|---|---|
//! | NaN or infinite sample | as [`NanPolicy`](crate::features::NanPolicy) | the same |
//! | constant, or one sample | `acf_timescale`, `acf_first_min`, `periodicity` 0, the others NaN | the package's replacement, an end of the feature's range: 0 for most, n - 1 `acf_timescale`, n `acf_first_min`, 1 `low_freq_power`, `rs_range` and `dfa`, 1/9 `transition_variance`, min(40, n/2) `ami_timescale`, 1000/√2 and more `embedding_dist` |
//! | too short or otherwise undefined | NaN (`rs_range` and `dfa` 0) | the same replacement |
//! | squares out of the range of f64 | NaN | NaN |
//!
//! Standard deviation is NaN for one sample. Version 0.4 has NaN below three samples, where the package crashes, and
//! takes a constant for one however its mean is rounded, where the package computes on the rounding noise; its
//! `forecast_error` of three samples, which leave nothing to forecast, is NaN (-0 in the package).
//!
//! # Features that flip
//! Whole-number features and those with thresholds jump where rounding noise decides, and then differ from the
//! package's, from machine to machine in the package itself: an autocorrelation of exactly 0 or with equal neighbours
//! (`acf_first_min`, `whiten_timescale`, `transition_*`: series of few values), two samples that are equal but for
//! rounding on either side of a tercile (`transition_variance` of square waves), lags with |ρ| = 1 (`ami_timescale` of
//! exact periods), a fluctuation of 0 (`rs_range`, `dfa` of exact periods), steps that are all equal
//! (`whiten_timescale` of a line, which is undefined here). Measured data hardly ever get there.
//!
//! # Sources
//! The paper above; X. Wang, K. Smith, R. Hyndman (2007) for the periodicity; C.-K. Peng et al. (1994) for DFA; B. D.
//! Fulcher, N. S. Jones, hctsa, *Cell Systems* 5 (2017) for the library that the features were chosen from. No code of
//! the packages was read, they are under the GPL; conventions were settled by running them, and are tested against
//! pycatch22 0.4.5 and 1.0.2.
//!
//! # Cost
//! O(n log n). When not to use: for a few interpretable indicators of a machine take those of vibration or trend;
//! below about 50 samples half of these are noise or undefined.

mod correlation;
mod distribution;
mod fluctuation;
mod information;
mod resample;
mod series;
mod spectrum;
pub(crate) mod standardised;
mod symbols;
mod table;

use crate::features::FeatureSet;
use crate::features::calculator::Calculator;
use table::{ROWS_V0_4, ROWS_V1, Row};

/// Which meaning of catch22.
///
/// ```
/// use prognos::features::compat::catch22::Version;
/// assert_eq!(Version::V0_4.short_names()[2], "acf_timescale");
/// assert_eq!(Version::V0_4.names()[2], "CO_f1ecac");
/// assert_eq!(Version::V1.names()[23], "DN_Spread_std");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Version {
    /// As pycatch22 0.4.5: for models trained on columns of catch22 before version 1.
    #[cfg_attr(feature = "serde", serde(rename = "v0_4"))]
    V0_4,
    /// As pycatch22 1.0.2, which is catch22 1.1.
    V1,
}

impl Version {
    const fn rows(self) -> &'static [Row; 24] {
        match self {
            Self::V0_4 => &ROWS_V0_4,
            Self::V1 => &ROWS_V1,
        }
    }

    /// What the columns' names begin with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::V0_4 => "catch22_v0_4_",
            Self::V1 => "catch22_v1_",
        }
    }

    /// The package's names, in its order: 22 features, then mean and standard deviation.
    #[must_use]
    pub fn names(self) -> [&'static str; 24] {
        std::array::from_fn(|i| self.rows()[i].name)
    }

    /// The package's short names, in its order; one may mean something else in the other version.
    #[must_use]
    pub fn short_names(self) -> [&'static str; 24] {
        std::array::from_fn(|i| self.rows()[i].short)
    }
}

impl FeatureSet {
    /// The 22 features of catch22, in the package's order; see [`compat::catch22`](crate::features::compat::catch22) for
    /// which version, and for windows without spread.
    ///
    /// ```
    /// use prognos::features::FeatureSet;
    /// use prognos::features::compat::catch22::Version;
    /// let set = FeatureSet::catch22(Version::V0_4);
    /// assert_eq!(set.len(), 22);
    /// assert_eq!(set.names()[2], "catch22_v0_4_CO_f1ecac");
    /// ```
    #[must_use]
    pub fn catch22(version: Version) -> Self {
        Self::of_rows(version, 22)
    }

    /// catch24: the 22 features of catch22, and mean and standard deviation (divisor n - 1), which they leave out.
    ///
    /// ```
    /// use prognos::features::FeatureSet;
    /// use prognos::features::compat::catch22::Version;
    /// use prognos::signal::{SampleRate, Signal, WindowSpec};
    /// let x = [3.0, 5.0, 4.0, 8.0];
    /// let windows = Signal::new(&x, SampleRate::ONE_HZ).windows(WindowSpec::sliding(4, 4))?;
    /// let matrix = FeatureSet::catch24(Version::V1).extract(windows)?;
    /// assert_eq!(matrix.column("catch22_v1_DN_mean")?[0], 5.0);
    /// # Ok::<(), prognos::Error>(())
    /// ```
    #[must_use]
    pub fn catch24(version: Version) -> Self {
        Self::of_rows(version, 24)
    }

    fn of_rows(version: Version, count: usize) -> Self {
        let names: Vec<String> =
            version.names()[..count].iter().map(|name| format!("{}{name}", version.prefix())).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Self::of_known(&names)
    }
}

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    [Version::V0_4, Version::V1]
        .into_iter()
        .flat_map(|version| version.rows().iter().map(move |row| row.calculator(version.prefix())))
        .map(Calculator::moderate)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_whole_and_in_order() {
        for version in [Version::V0_4, Version::V1] {
            let set = FeatureSet::catch24(version);
            let names = version.names().map(|name| format!("{}{name}", version.prefix()));
            assert_eq!(set.names(), names);
            assert_eq!(FeatureSet::catch22(version).names(), &names[..22]);
            let mut short = version.short_names();
            short.sort_unstable();
            assert!(short.windows(2).all(|pair| pair[0] != pair[1]));
        }
    }
}
