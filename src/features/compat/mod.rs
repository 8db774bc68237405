//! The names and definitions of other packages, quirks included.
//!
//! # Coming from tsfresh
//! [`FeatureSet::tsfresh_minimal`](super::FeatureSet::tsfresh_minimal),
//! [`tsfresh_efficient`](super::FeatureSet::tsfresh_efficient) and
//! [`tsfresh_comprehensive`](super::FeatureSet::tsfresh_comprehensive) have the columns of tsfresh 0.21's settings, in its order
//! and with its numbers. Columns that were selected there run here as they are: `from_columns` reads names with a channel in
//! front, `from_names` those without.
//!
//! ```
//! use prognos::features::FeatureSet;
//! use prognos::signal::{SampleRate, Signal, WindowSpec};
//!
//! // What a model trained on tsfresh's features kept.
//! let kept = [
//!     "pump__fft_coefficient__attr_\"abs\"__coeff_3",
//!     "pump__cwt_coefficients__coeff_0__w_2__widths_(2, 5, 10, 20)",
//!     "pump__quantile__q_0.9",
//! ];
//! let (channel, set) = FeatureSet::from_columns(kept)?.remove(0);
//! assert_eq!(channel, "pump");
//! let pump: Vec<f64> = (0..1000).map(|i| (f64::from(i) * 0.2).sin()).collect();
//! let rows = set.extract(Signal::new(&pump, SampleRate::hz(100.0)?).windows(WindowSpec::sliding(200, 200))?)?;
//! assert_eq!(rows.view().dim(), (5, 3));
//! # Ok::<(), prognos::Error>(())
//! ```
//!
//! ## What is the same
//! Every calculator of tsfresh 0.21 but `matrix_profile`, which no longer runs there either (its package is gone). Numbers agree
//! to 1e-9 relative; see the tests for the few that rounding decides. Names are tsfresh's to the letter, so that a matrix from
//! there and one from here have the same columns.
//!
//! ## What differs
//! * The window is one row of a matrix, not a group of a data frame: cut with [`WindowSpec`](crate::signal::WindowSpec).
//! * `query_similarity_count` without a query is NaN for every window and left out of the sets; its name is read all the same.
//! * `linear_trend_timewise` takes the time from the sample rate and is not in the sets: join it with `and`.
//! * What is infinite there (a division by 0) is NaN here.
//! * **Constant windows.** The mean of equal samples is exact here. There it may differ from them by rounding (three samples of
//!   3.7), and that rounding is what tsfresh then counts as below the mean, divides by (`ratio_beyond_r_sigma`,
//!   `large_standard_deviation`, trends of chunks) or takes for a spectrum (`fourier_entropy`, angles). Here counts are 0 and
//!   what is undefined is NaN.
//! * **Exact patterns.** A pure sine, a line of whole numbers, a staircase: where two numbers are equal but for rounding
//!   (maxima of `number_cwt_peaks`, shares of `index_mass_quantile`, ties in `permutation_entropy`, a mean of 0 in
//!   `variation_coefficient`, regressions without a residual in `augmented_dickey_fuller`), tsfresh's number depends on the
//!   processor it runs on, and may differ from the one here.
//! * A window with a NaN or infinite sample follows the [`NanPolicy`](super::NanPolicy): NaN in every column by default.
//!
//! ## Quirks that are kept, and what to take in new work
//! | tsfresh's name | quirk | take |
//! |---|---|---|
//! | `fft_aggregated` kurtosis | one term of the expansion is wrong, so that it grows with the centroid | `magnitude_kurtosis`, `welch_kurtosis` |
//! | `fft_aggregated` skew | NaN for a variance below 0.5 bins² | `magnitude_skewness`, `welch_skewness` |
//! | `fft_coefficient` angle | noise where the magnitude is | the magnitude first |
//! | `skewness`, `kurtosis` | 0 where sums of powers are below 1e-14: signals in small units have no shape | `skewness_unbiased`, `kurtosis_unbiased` |
//! | `autocorrelation`, `agg_autocorrelation` | NaN (0) for a variance below 1e-8 (1e-10), whatever the unit | `acf_adjusted`, `acf_biased` |
//! | `variance_larger_than_standard_deviation` | says whether the deviation exceeds one unit: depends on the unit | `standard_deviation` |
//! | `sample_entropy`, `approximate_entropy` | template counts and tolerance of their own | `sampen`, `apen` |
//! | `permutation_entropy` | `tau` is the step between patterns, not the delay within | `permen` |
//! | `lempel_ziv_complexity` | equal bins over the range, count over n, not scaled to randomness | `lz76_complexity` |
//! | `mean_n_absolute_max` | the settings ask for n = 7 only (3 and 5 are overwritten); NaN unless there are more samples | any n by name |
//! | `count_above`, `count_below` | shares that include the limit; `count_above_mean` and `count_below_mean` are counts that do not | |
//! | `c3`, `time_reversal_asymmetry_statistic` | 0, not NaN, for a window shorter than three lags | |
//! | `change_quantiles` | 0 for a corridor without a step | |
//! | `cwt_coefficients` | the first fifteen samples only, zeros before the window | `number_peaks`, spectra |
//! | `number_cwt_peaks` | joins a maximum at widths up to 5 only to one at nearly the same sample | `number_peaks` |
//! | `max_langevin_fixed_point`, `friedrich_coefficients` | powers of the level itself: nothing but rounding far from 0 | centre the window first |
//! | `spkt_welch_density` | bins at a rate of 1, whatever the rate | `welch_*` in hertz |
//! | `partial_autocorrelation`, `linear_trend` p-values | assume what slow sensors do not have (white residuals) | rank by them, do not test |

pub mod catch22;
pub mod tsfel;
pub(crate) mod tsfresh;

use super::calculator::Calculator;

/// The tables of this room.
pub(crate) fn calculators() -> Vec<Calculator> {
    [tsfresh::calculators(), tsfel::calculators(), catch22::calculators()].into_iter().flatten().collect()
}
