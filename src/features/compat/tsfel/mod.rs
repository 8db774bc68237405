//! TSFEL's features, by its definitions and its names.
//!
//! For users who come from TSFEL 0.2.0 (Time Series Feature Extraction Library): all 67 features of its four domains,
//! from 27 that other rooms of this crate have under names of their own to those that nobody else defines this way.
//! Every calculator's name begins with `tsfel_` and goes on as TSFEL's does; [`column_names`] and [`from_columns`]
//! translate whole lists.
//!
//! ```
//! use prognos::features::{FeatureSet, compat::tsfel};
//! use prognos::signal::{SampleRate, Signal, WindowSpec};
//!
//! let rate = SampleRate::hz(100.0)?;
//! let x: Vec<f64> = (0..2000).map(|i| (i as f64 * 0.3).sin() + 0.1 * (i as f64 * 1.9).cos()).collect();
//! let windows = || Signal::new(&x, rate).windows(WindowSpec::sliding(1000, 500));
//!
//! // All 156 columns of TSFEL's default configuration,
//! let all = FeatureSet::tsfel();
//! let matrix = all.extract(windows()?)?;
//! assert_eq!(matrix.view().dim(), (3, 156));
//! let names = tsfel::column_names(&all, rate, 1000)?;
//! assert!(names.contains(&"0_Spectrogram mean coefficient_1.61Hz".to_owned()));
//!
//! // or those that a model in Python was trained on.
//! let chosen = ["0_Fundamental frequency", "0_Wavelet energy_12.5Hz", "0_MFCC_0"];
//! let matrix = tsfel::from_columns(chosen, rate, 1000)?.extract(windows()?)?;
//! assert!((matrix.view()[[0, 0]] - 4.8).abs() < 0.1); // Hz
//! # Ok::<(), prognos::Error>(())
//! ```
//!
//! # What is equal
//! The numbers, to 1e-9 of each, on every series that the tests have, windows of a few samples among them. LPCC to 1e-4:
//! TSFEL rounds its autocorrelation to 32 bits inside. An offset of 1e8 times the noise leaves TSFEL seven digits of the
//! spectral and higher moments; here it costs none.
//!
//! # What differs
//! * **Sample rates.** TSFEL's column names hold frequencies with two decimals; where two of them become one (at 1 Hz,
//!   and up to about 3 Hz) it raises. Here a feature is named by its bin or width, and any rate will do.
//! * **Short windows.** A feature that is not defined for a window is NaN, where TSFEL raises (LPCC below 12 samples,
//!   an ECDF percentile of 0.2 below 5) or leaves columns out (spectrogram below 62 samples, ECDF below 10).
//! * **Infinite values** are NaN (ECDF slope of a constant, average power of one sample).
//! * **Constant windows**: TSFEL's transform leaves rounding noise where exact arithmetic has zeros, and gives spectral
//!   skewness, kurtosis, decrease and turning points of that noise; here they are 0. So are maximum
//!   and bandwidth of the power of a constant like 0.1, whose mean is not exact there. The kernel density of a constant
//!   is random in TSFEL, and NaN here; so are skewness, kurtosis, and the fractal features of a constant whose mean is
//!   not exact there.
//! * **Staircases and lines of whole numbers** have bins without power and pieces without a residual: where TSFEL's
//!   rounding leaves something of them, its spectral entropy and detrended fluctuation analysis count it.
//! * **NaN in the first** of several numbers of a feature makes all of them 0 in TSFEL's table; here they stay.
//! * **Order.** TSFEL sorts the columns by their names at every rate anew; [`FeatureSet::tsfel`] has the order of its
//!   configuration file, and [`from_columns`] that of the list.
//!
//! # What is odd, and what stands beside it
//! | TSFEL | what it is | conventional |
//! |---|---|---|
//! | `ECDF` | `1/n, 2/n, ..` whatever the samples | `quantile` |
//! | `ECDF Percentile Count` | the first sample, where the differences add up to 0 | `ecdf_percentile_count` |
//! | `Entropy` | of the distinct values: 1 for any signal without ties | `binned_entropy` |
//! | `Autocorrelation` | a lag, not a correlation | `autocorrelation_time`, `acf_biased` |
//! | `Zero crossing rate` | a count | `zero_crossing_strict` |
//! | `Spectral ..` of a magnitude | the mean is left in, no window function | `welch_..` |
//! | `Spectral distance` | grows with the length and the amplitude | `welch_rolloff` |
//! | `Spectral variation` | compares neighbouring bins, not neighbouring times | `spectral_flux` |
//! | `Power bandwidth` | from the 95 % point from above to that from below | `welch_bandwidth` |
//! | `Wavelet energy`, `Wavelet absolute mean` | a root mean square; the absolute value of the mean | – |
//! | `MFCC` | the first 512 samples, less the mean of the 12 coefficients | – |
//! | `LPCC` | absolute values of the cepstrum of 12 points | – |
//! | `Detrended fluctuation analysis` | every window length, cut where the curve rises slowly | lengths spaced on the logarithm |
//! | `Hurst exponent`, `Higuchi fractal dimension` | every length up to n/10 | the same |
//! | `Multiscale entropy` | scales up to n/13, to a dozen samples | sample entropy of a few scales |
//!
//! # Cost
//! The default set is linear in the window, up to the logarithm of its transforms: about 0.25 ms for 2,048 samples on
//! one core. The fractal domain (about 3 ms) and the kernel density are on request; four of the fractal features take a
//! tenth of n² steps each.
//!
//! Source: M. Barandas et al., "TSFEL: time series feature extraction library", SoftwareX 11 (2020).

mod catalogue;
mod cwt;
mod fit;
mod fractal;
mod higuchi;
pub(crate) mod intermediates;
mod kde;
mod lpcc;
mod mfcc;
mod multiscale;
mod names;
mod numpy;
mod spectral;
mod statistical;
mod temporal;
mod wavelet;

pub use catalogue::Domain;
pub use names::{column_name, column_names, from_channel_columns, from_columns, read_column};

use crate::features::calculator::{Calculator, Param};
use crate::features::{FeatureSet, amplitude, trend};
use catalogue::{Entry, FEATURES, SAME, default_names};

/// Windows below this have no fractal features.
const SHORTEST_FRACTAL: usize = 160;

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    [
        same(),
        spectral::calculators(),
        lpcc::calculators(),
        mfcc::calculators(),
        wavelet::calculators(),
        statistical::calculators(),
        temporal::calculators(),
        fractal::calculators(),
        higuchi::calculators(),
        multiscale::calculators(),
    ]
    .into_iter()
    .flatten()
    .map(Calculator::moderate)
    .collect()
}

/// The features that other rooms have, under TSFEL's names.
fn same() -> Vec<Calculator> {
    const PEAKS: &[Param] = &[Param::int("n", 1, 1_000_000_000).or("10")];
    let rows = amplitude::calculators().into_iter().chain(trend::calculators());
    let renamed = rows.filter_map(|row| {
        let (name, _) = SAME.iter().find(|(_, ours)| *ours == row.name)?;
        let about = format!("{} (= `{}`)", row.about, row.name).into();
        let params = if row.name == "number_peaks" { PEAKS } else { row.params };
        Some(Calculator { name: (*name).into(), about, params, ..row })
    });
    renamed.collect()
}

impl FeatureSet {
    /// The 156 columns of TSFEL 0.2.0's default configuration: its spectral (111), statistical (31) and temporal (14)
    /// domains, in the order of its configuration file. See [`compat::tsfel`](crate::features::compat::tsfel).
    ///
    /// ```
    /// use prognos::features::FeatureSet;
    /// assert_eq!(FeatureSet::tsfel().len(), 156);
    /// ```
    #[must_use]
    pub fn tsfel() -> Self {
        Self::tsfel_domains(&[Domain::Spectral, Domain::Statistical, Domain::Temporal])
    }

    /// The columns that TSFEL computes for these domains: its `get_features_by_domain`. Each domain once, in the order
    /// in which it first stands in the list.
    ///
    /// ```
    /// use prognos::features::{FeatureSet, compat::tsfel::Domain};
    /// let set = FeatureSet::tsfel_domains(&[Domain::Fractal]);
    /// assert_eq!(set.names()[2], "tsfel_hurst_exponent");
    /// assert_eq!(set.len(), 6);
    /// ```
    #[must_use]
    pub fn tsfel_domains(domains: &[Domain]) -> Self {
        let mut seen: Vec<Domain> = Vec::new();
        for domain in domains {
            if !seen.contains(domain) {
                seen.push(*domain);
            }
        }
        let of_domain = |d: Domain| FEATURES.iter().filter(move |e| e.domain == d && e.on);
        Self::of_entries(seen.into_iter().flat_map(of_domain))
    }

    /// All of TSFEL's 67 features, 163 columns: [`FeatureSet::tsfel`], the fractal domain and the Lempel-Ziv
    /// complexity, in the order of the configuration file. The fractal features take time in the square of the window.
    ///
    /// ```
    /// use prognos::features::FeatureSet;
    /// assert_eq!(FeatureSet::tsfel_all().len(), 163);
    /// ```
    #[must_use]
    pub fn tsfel_all() -> Self {
        Self::of_entries(FEATURES.iter())
    }

    fn of_entries<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        let names: Vec<String> = entries.flat_map(default_names).collect();
        Self::of_known(&names.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_67_features() {
        let count = |d: Domain| FEATURES.iter().filter(|e| e.domain == d).count();
        let counts = [Domain::Spectral, Domain::Statistical, Domain::Temporal, Domain::Fractal].map(count);
        assert_eq!(counts, [26, 20, 15, 6]);
        let rows = calculators();
        for entry in FEATURES {
            assert!(rows.iter().any(|r| r.name == entry.calculator), "{} is not built", entry.calculator);
        }
        // And nothing is built that is not in the catalogue, but the slope of the ECDF.
        assert_eq!(rows.len(), 68);
    }

    #[test]
    fn every_column_is_known() {
        assert_eq!(FeatureSet::tsfel().len(), 156);
        assert_eq!(FeatureSet::tsfel_all().len(), 163);
        let twice = FeatureSet::tsfel_domains(&[Domain::Temporal, Domain::Temporal]);
        assert_eq!(twice.len(), 14);
        assert!(FeatureSet::tsfel_domains(&[]).is_empty());
    }
}
