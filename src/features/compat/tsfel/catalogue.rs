//! TSFEL's 67 features: their names there and here, in the order of its configuration file.

/// TSFEL's domains of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Domain {
    /// 26 features of a spectrum, a cepstrum or a wavelet transform, 111 columns.
    Spectral,
    /// 20 features of the distribution of the samples, 31 columns.
    Statistical,
    /// 14 features of the course in time, 14 columns; the fifteenth, the Lempel-Ziv complexity, is off in TSFEL.
    Temporal,
    /// 6 scaling exponents and entropies, 6 columns; off in TSFEL by default. Their cost grows with the square of the
    /// window.
    Fractal,
}

/// How the columns of a feature are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One column.
    One,
    /// A column for each value of a parameter from 0, written as its number; this many by default.
    Numbered(&'static str, usize),
    /// A column for each share in [`PERCENTILES`], written as its place in the list.
    Percentiles,
    /// A column for each bin of a spectrogram, written as its frequency.
    Bins,
    /// A column for each width of a wavelet, written as its frequency.
    Widths,
}

/// Shares of the ECDF percentiles in TSFEL's configuration.
pub(super) const PERCENTILES: [&str; 2] = ["0.2", "0.8"];
/// Bins of the spectrogram and widths of the wavelet in TSFEL's configuration.
pub(super) const BINS: usize = 32;
pub(super) const WIDTHS: usize = 9;

/// One feature.
pub(super) struct Entry {
    pub(super) domain: Domain,
    /// Its name in TSFEL.
    pub(super) column: &'static str,
    /// Its calculator here.
    pub(super) calculator: &'static str,
    pub(super) form: Form,
    /// Whether TSFEL computes it unless told not to (within its domain).
    pub(super) on: bool,
}

const fn entry(domain: Domain, column: &'static str, calculator: &'static str, form: Form) -> Entry {
    Entry { domain, column, calculator, form, on: true }
}

use Domain::{Fractal, Spectral, Statistical, Temporal};
use Form::{Bins, Numbered, One, Percentiles, Widths};

/// All features. `ECDF Slope` is a function of TSFEL that its configuration no longer names: read, never written into a
/// set.
pub(super) const FEATURES: &[Entry] = &[
    entry(Spectral, "Spectrogram mean coefficient", "tsfel_spectrogram_mean", Bins),
    entry(Spectral, "Fundamental frequency", "tsfel_fundamental_frequency", One),
    entry(Spectral, "Human range energy", "tsfel_human_range_energy", One),
    entry(Spectral, "LPCC", "tsfel_lpcc", Numbered("coeff", 12)),
    entry(Spectral, "MFCC", "tsfel_mfcc", Numbered("coeff", 12)),
    entry(Spectral, "Max power spectrum", "tsfel_max_power_spectrum", One),
    entry(Spectral, "Maximum frequency", "tsfel_maximum_frequency", One),
    entry(Spectral, "Median frequency", "tsfel_median_frequency", One),
    entry(Spectral, "Power bandwidth", "tsfel_power_bandwidth", One),
    entry(Spectral, "Spectral centroid", "tsfel_spectral_centroid", One),
    entry(Spectral, "Spectral decrease", "tsfel_spectral_decrease", One),
    entry(Spectral, "Spectral distance", "tsfel_spectral_distance", One),
    entry(Spectral, "Spectral entropy", "tsfel_spectral_entropy", One),
    entry(Spectral, "Spectral kurtosis", "tsfel_spectral_kurtosis", One),
    entry(Spectral, "Spectral positive turning points", "tsfel_spectral_positive_turning_points", One),
    entry(Spectral, "Spectral roll-off", "tsfel_spectral_roll_off", One),
    entry(Spectral, "Spectral roll-on", "tsfel_spectral_roll_on", One),
    entry(Spectral, "Spectral skewness", "tsfel_spectral_skewness", One),
    entry(Spectral, "Spectral slope", "tsfel_spectral_slope", One),
    entry(Spectral, "Spectral spread", "tsfel_spectral_spread", One),
    entry(Spectral, "Spectral variation", "tsfel_spectral_variation", One),
    entry(Spectral, "Wavelet absolute mean", "tsfel_wavelet_absolute_mean", Widths),
    entry(Spectral, "Wavelet energy", "tsfel_wavelet_energy", Widths),
    entry(Spectral, "Wavelet entropy", "tsfel_wavelet_entropy", One),
    entry(Spectral, "Wavelet standard deviation", "tsfel_wavelet_standard_deviation", Widths),
    entry(Spectral, "Wavelet variance", "tsfel_wavelet_variance", Widths),
    entry(Statistical, "Absolute energy", "tsfel_absolute_energy", One),
    entry(Statistical, "Average power", "tsfel_average_power", One),
    entry(Statistical, "ECDF", "tsfel_ecdf", Numbered("index", 10)),
    entry(Statistical, "ECDF Percentile", "tsfel_ecdf_percentile", Percentiles),
    entry(Statistical, "ECDF Percentile Count", "tsfel_ecdf_percentile_count", Percentiles),
    entry(Statistical, "Entropy", "tsfel_entropy", One),
    entry(Statistical, "Histogram mode", "tsfel_histogram_mode", One),
    entry(Statistical, "Interquartile range", "tsfel_interquartile_range", One),
    entry(Statistical, "Kurtosis", "tsfel_kurtosis", One),
    entry(Statistical, "Max", "tsfel_max", One),
    entry(Statistical, "Mean", "tsfel_mean", One),
    entry(Statistical, "Mean absolute deviation", "tsfel_mean_absolute_deviation", One),
    entry(Statistical, "Median", "tsfel_median", One),
    entry(Statistical, "Median absolute deviation", "tsfel_median_absolute_deviation", One),
    entry(Statistical, "Min", "tsfel_min", One),
    entry(Statistical, "Peak to peak distance", "tsfel_peak_to_peak_distance", One),
    entry(Statistical, "Root mean square", "tsfel_root_mean_square", One),
    entry(Statistical, "Skewness", "tsfel_skewness", One),
    entry(Statistical, "Standard deviation", "tsfel_standard_deviation", One),
    entry(Statistical, "Variance", "tsfel_variance", One),
    entry(Temporal, "Area under the curve", "tsfel_area_under_the_curve", One),
    entry(Temporal, "Autocorrelation", "tsfel_autocorrelation", One),
    entry(Temporal, "Centroid", "tsfel_centroid", One),
    Entry { on: false, ..entry(Temporal, "Lempel-Ziv complexity", "tsfel_lempel_ziv_complexity", One) },
    entry(Temporal, "Mean absolute diff", "tsfel_mean_absolute_diff", One),
    entry(Temporal, "Mean diff", "tsfel_mean_diff", One),
    entry(Temporal, "Median absolute diff", "tsfel_median_absolute_diff", One),
    entry(Temporal, "Median diff", "tsfel_median_diff", One),
    entry(Temporal, "Negative turning points", "tsfel_negative_turning_points", One),
    entry(Temporal, "Neighbourhood peaks", "tsfel_neighbourhood_peaks", One),
    entry(Temporal, "Positive turning points", "tsfel_positive_turning_points", One),
    entry(Temporal, "Signal distance", "tsfel_signal_distance", One),
    entry(Temporal, "Slope", "tsfel_slope", One),
    entry(Temporal, "Sum absolute diff", "tsfel_sum_absolute_diff", One),
    entry(Temporal, "Zero crossing rate", "tsfel_zero_crossing_rate", One),
    entry(Fractal, "Detrended fluctuation analysis", "tsfel_detrended_fluctuation_analysis", One),
    entry(Fractal, "Higuchi fractal dimension", "tsfel_higuchi_fractal_dimension", One),
    entry(Fractal, "Hurst exponent", "tsfel_hurst_exponent", One),
    entry(Fractal, "Maximum fractal length", "tsfel_maximum_fractal_length", One),
    entry(Fractal, "Petrosian fractal dimension", "tsfel_petrosian_fractal_dimension", One),
    entry(Fractal, "Multiscale entropy", "tsfel_multiscale_entropy", One),
];

/// What is no feature of the configuration.
pub(super) const OUTSIDE: &[Entry] =
    &[Entry { on: false, ..entry(Statistical, "ECDF Slope", "tsfel_ecdf_slope", One) }];

/// Names here of the columns that a feature has by default.
pub(super) fn default_names(entry: &Entry) -> Vec<String> {
    let name = entry.calculator;
    match entry.form {
        One => vec![name.to_owned()],
        Numbered(param, count) => (0..count).map(|i| format!("{name}__{param}_{i}")).collect(),
        Percentiles => PERCENTILES.iter().map(|p| format!("{name}__p_{p}")).collect(),
        Bins => (0..BINS).map(|i| format!("{name}__bin_{i}")).collect(),
        Widths => (1..=WIDTHS).map(|w| format!("{name}__width_{w}")).collect(),
    }
}

/// Features that this crate has under a name of its own: TSFEL's, ours.
pub(super) const SAME: &[(&str, &str)] = &[
    ("tsfel_absolute_energy", "abs_energy"),
    ("tsfel_average_power", "average_power"),
    ("tsfel_histogram_mode", "histogram_mode"),
    ("tsfel_interquartile_range", "iqr"),
    ("tsfel_kurtosis", "kurtosis_biased"),
    ("tsfel_max", "maximum"),
    ("tsfel_mean", "mean"),
    ("tsfel_mean_absolute_deviation", "mean_absolute_deviation"),
    ("tsfel_median", "median"),
    ("tsfel_median_absolute_deviation", "median_absolute_deviation"),
    ("tsfel_min", "minimum"),
    ("tsfel_peak_to_peak_distance", "peak_to_peak"),
    ("tsfel_root_mean_square", "root_mean_square"),
    ("tsfel_skewness", "skewness_biased"),
    ("tsfel_standard_deviation", "standard_deviation"),
    ("tsfel_variance", "variance"),
    ("tsfel_area_under_the_curve", "area_under_curve"),
    ("tsfel_mean_absolute_diff", "mean_abs_change"),
    ("tsfel_mean_diff", "mean_change"),
    ("tsfel_median_absolute_diff", "median_abs_diff"),
    ("tsfel_median_diff", "median_diff"),
    ("tsfel_negative_turning_points", "negative_turning_points"),
    ("tsfel_neighbourhood_peaks", "number_peaks"),
    ("tsfel_positive_turning_points", "positive_turning_points"),
    ("tsfel_signal_distance", "signal_distance"),
    ("tsfel_sum_absolute_diff", "absolute_sum_of_changes"),
    ("tsfel_zero_crossing_rate", "zero_crossing"),
];
