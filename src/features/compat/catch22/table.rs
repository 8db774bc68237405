//! The tables: names, short names and order of the packages, and what computes them.

use super::fluctuation::Measure;
use super::series::Series;
use super::{Version, correlation, distribution, fluctuation, information, spectrum, symbols};
use crate::features::calculator::{Build, Calculator, Kernel};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use std::borrow::Cow;

/// A feature of one version.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) short: &'static str,
    about: &'static str,
    build: fn(&[&Args]) -> Box<dyn Kernel>,
}

impl Row {
    /// The calculator of the registry.
    pub(super) fn calculator(&self, prefix: &str) -> Calculator {
        Calculator {
            name: Cow::Owned(format!("{prefix}{}", self.name)),
            params: &[],
            about: Cow::Borrowed(self.about),
            build: Build::Group(self.build),
            reads_missing: false,
            moderate: false,
        }
    }
}

/// What a feature is for a window without spread, by its length.
type Undefined = fn(usize) -> f64;

const NAN: Undefined = |_| f64::NAN;
const ZERO: Undefined = |_| 0.0;
const ONE: Undefined = |_| 1.0;
const NINTH: Undefined = |_| 1.0 / 9.0;
const LENGTH: Undefined = |n| n as f64;
const LAST: Undefined = |n| n.saturating_sub(1) as f64;
const LAGS: Undefined = |n| n.div_ceil(2).min(information::LAGS) as f64;
/// Of the package's values for constants of 1 to 200 samples: 1000 / √2 + (n - 2) √(n / (2 (n - 1))).
const EMBEDDING: Undefined = |n| {
    let n = n.max(2) as f64;
    1000.0 / std::f64::consts::SQRT_2 + (n - 2.0) * (n / (2.0 * (n - 1.0))).sqrt()
};

/// What a feature reads.
type Reads = fn() -> Needs;

const Z: Reads = || Needs::new().standardised();
const SORTED: Reads = || Needs::new().standardised().sorted();
const ACF: Reads = || Needs::new().standardised().autocorrelation(usize::MAX);
const ACF40: Reads = || Needs::new().standardised().autocorrelation(information::LAGS);
const ACF_SORTED: Reads = || Needs::new().standardised().autocorrelation(usize::MAX).sorted();

/// The kernel of a feature that is defined from `least` samples on.
struct Feature {
    version: Version,
    reads: Reads,
    least: usize,
    undefined: Undefined,
    value: fn(Version, &Series<'_>, &mut Scratch) -> f64,
}

impl Kernel for Feature {
    fn needs(&self) -> Needs {
        (self.reads)()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let n = shared.len();
        let standardised = shared.standardised();
        let value = if standardised.constant {
            (self.undefined)(n)
        } else if !standardised.usable() {
            f64::NAN
        } else if n < self.least {
            match self.version {
                Version::V0_4 => f64::NAN,
                Version::V1 => (self.undefined)(n),
            }
        } else {
            let value = (self.value)(self.version, &Series::new(shared), scratch);
            match self.version {
                Version::V1 if value.is_nan() => (self.undefined)(n),
                _ => value,
            }
        };
        out.fill(value);
    }
}

fn feature(
    version: Version,
    reads: Reads,
    least: usize,
    undefined: Undefined,
    value: fn(Version, &Series<'_>, &mut Scratch) -> f64,
) -> Box<dyn Kernel> {
    Box::new(Feature { version, reads, least, undefined, value })
}

/// Mean or standard deviation of the samples as they are.
struct Moment {
    value: fn(&Shared<'_>) -> f64,
}

impl Kernel for Moment {
    fn needs(&self) -> Needs {
        Needs::new().standardised()
    }

    fn run(&self, shared: &Shared<'_>, _: &mut Scratch, out: &mut [f64]) {
        out.fill((self.value)(shared));
    }
}

fn mean(_: &[&Args]) -> Box<dyn Kernel> {
    Box::new(Moment { value: |s| s.standardised().mean })
}

fn deviation(_: &[&Args]) -> Box<dyn Kernel> {
    Box::new(Moment { value: |s| s.standardised().deviation })
}

const V0_4: Version = Version::V0_4;
const V1: Version = Version::V1;

/// Version 0.4, in its order: 22 features, mean, standard deviation.
pub(super) const ROWS_V0_4: [Row; 24] = [
    Row {
        name: "DN_HistogramMode_5",
        short: "mode_5",
        about: "mode of z: mean centre of the fullest of 5 equal bins, standard deviations",
        build: |_| feature(V0_4, Z, 3, NAN, |v, s, _| distribution::mode::<5>(v, s)),
    },
    Row {
        name: "DN_HistogramMode_10",
        short: "mode_10",
        about: "mode of z: mean centre of the fullest of 10 equal bins, standard deviations",
        build: |_| feature(V0_4, Z, 3, NAN, |v, s, _| distribution::mode::<10>(v, s)),
    },
    Row {
        name: "CO_f1ecac",
        short: "acf_timescale",
        about: "lag at which the autocorrelation falls below 1/e, between samples by a straight line, samples",
        build: |_| feature(V0_4, ACF, 3, ZERO, |_, s, _| correlation::timescale(s)),
    },
    Row {
        name: "CO_FirstMin_ac",
        short: "acf_first_min",
        about: "first lag with an autocorrelation below both neighbours', samples; n when there is none",
        build: |_| feature(V0_4, ACF, 3, ZERO, |_, s, _| correlation::first_minimum(s)),
    },
    Row {
        name: "CO_HistogramAMI_even_2_5",
        short: "ami2",
        about: "mutual information of samples 2 apart, 5 equal bins from min - 0.1 to max + 0.1 of z, nats",
        build: |_| feature(V0_4, Z, 3, NAN, |v, s, _| information::histogram_information(v, s)),
    },
    Row {
        name: "CO_trev_1_num",
        short: "trev",
        about: "mean of (z[i+1] - z[i])³: time-reversal asymmetry",
        build: |_| feature(V0_4, Z, 3, NAN, |_, s, _| correlation::time_reversibility(s)),
    },
    Row {
        name: "MD_hrv_classic_pnn40",
        short: "high_fluctuation",
        about: "share of the steps of z larger than 0.04",
        build: |_| feature(V0_4, Z, 3, NAN, |_, s, _| symbols::high_fluctuation(s)),
    },
    Row {
        name: "SB_BinaryStats_mean_longstretch1",
        short: "stretch_high",
        about: "largest distance between samples not above the mean, last sample not looked at",
        build: |_| feature(V0_4, Z, 3, NAN, |v, s, _| symbols::stretch_high(v, s)),
    },
    Row {
        name: "SB_TransitionMatrix_3ac_sumdiagcov",
        short: "transition_matrix",
        about: "sum of the column variances of the transition matrix of terciles, one sample in τ kept, τ the first zero of the autocorrelation",
        build: |_| feature(V0_4, ACF_SORTED, 3, NAN, symbols::transition_variance),
    },
    Row {
        name: "PD_PeriodicityWang_th0_01",
        short: "periodicity",
        about: "first peak of the autocovariance of the samples less a cubic spline of two pieces, lag - 1; 0 when there is none",
        build: |_| feature(V0_4, Z, 3, ZERO, correlation::periodicity),
    },
    Row {
        name: "CO_Embed2_Dist_tau_d_expfit_meandiff",
        short: "embedding_dist",
        about: "mean |share - exponential density| over the histogram of successive distances in the plane (z[i], z[i+τ])",
        build: |_| feature(V0_4, ACF, 3, NAN, information::embedding),
    },
    Row {
        name: "IN_AutoMutualInfoStats_40_gaussian_fmmi",
        short: "ami_timescale",
        about: "first minimum over the lags to 40 of -ln(1 - ρ²)/2, lag - 1; the number of lags when there is none",
        build: |_| feature(V0_4, ACF40, 3, NAN, |v, s, _| information::information_timescale(v, s)),
    },
    Row {
        name: "FC_LocalSimple_mean1_tauresrat",
        short: "whiten_timescale",
        about: "first zero of the autocorrelation of the steps over that of the samples, whole lags",
        build: |_| feature(V0_4, ACF, 3, NAN, correlation::whitening),
    },
    Row {
        name: "DN_OutlierInclude_p_001_mdrmd",
        short: "outlier_timing_pos",
        about: "median over thresholds of the median time of the samples above, -1 (start) to 1 (end)",
        build: |_| feature(V0_4, Z, 3, NAN, |_, s, scratch| distribution::outlier_timing(1.0, s, scratch)),
    },
    Row {
        name: "DN_OutlierInclude_n_001_mdrmd",
        short: "outlier_timing_neg",
        about: "median over thresholds of the median time of the samples below, -1 (start) to 1 (end)",
        build: |_| feature(V0_4, Z, 3, NAN, |_, s, scratch| distribution::outlier_timing(-1.0, s, scratch)),
    },
    Row {
        name: "SP_Summaries_welch_rect_area_5_1",
        short: "centroid_freq",
        about: "power of z in the lowest fifth of the frequencies",
        build: |_| feature(V0_4, Z, 3, NAN, spectrum::low_frequency_power),
    },
    Row {
        name: "SB_BinaryStats_diff_longstretch0",
        short: "stretch_decreasing",
        about: "largest distance between steps that do not fall",
        build: |_| feature(V0_4, Z, 3, NAN, |v, s, _| symbols::stretch_decreasing(v, s)),
    },
    Row {
        name: "SB_MotifThree_quantile_hh",
        short: "entropy_pairs",
        about: "entropy of two successive letters of the terciles, nats",
        build: |_| feature(V0_4, SORTED, 3, NAN, |v, s, _| symbols::entropy_pairs(v, s)),
    },
    Row {
        name: "SC_FluctAnal_2_rsrangefit_50_1_logi_prop_r1",
        short: "rs_range",
        about: "share of the scales before the bend of the rescaled range; 0 below 12 scales",
        build: |_| feature(V0_4, Z, 3, NAN, |v, s, scratch| fluctuation::bend(v, Measure::Range, s, scratch)),
    },
    Row {
        name: "SC_FluctAnal_2_dfa_50_1_2_logi_prop_r1",
        short: "dfa",
        about: "share of the scales before the bend of detrended fluctuation analysis; 0 below 12 scales",
        build: |_| feature(V0_4, Z, 3, NAN, |v, s, scratch| fluctuation::bend(v, Measure::Rms, s, scratch)),
    },
    Row {
        name: "SP_Summaries_welch_rect_centroid",
        short: "low_freq_power",
        about: "frequency at which the power summed from 0 passes half, radians a sample",
        build: |_| feature(V0_4, Z, 3, NAN, spectrum::median_frequency),
    },
    Row {
        name: "FC_LocalSimple_mean3_stderr",
        short: "forecast_error",
        about: "standard deviation of z less the mean of the three samples before",
        build: |_| feature(V0_4, Z, 3, NAN, |_, s, scratch| correlation::forecast_error(s, scratch)),
    },
    Row { name: "DN_Mean", short: "mean", about: "mean of the samples, their unit", build: mean },
    Row {
        name: "DN_Spread_Std",
        short: "SD",
        about: "standard deviation of the samples, divisor n - 1, their unit",
        build: deviation,
    },
];

/// Version 1, in its order: 22 features, mean, standard deviation.
pub(super) const ROWS_V1: [Row; 24] = [
    Row {
        name: "DN_HistogramMode_5",
        short: "mode_5",
        about: "mode of z: mean centre of the fullest of 5 equal bins, standard deviations",
        build: |_| feature(V1, Z, 2, ZERO, |v, s, _| distribution::mode::<5>(v, s)),
    },
    Row {
        name: "DN_HistogramMode_10",
        short: "mode_10",
        about: "mode of z: mean centre of the fullest of 10 equal bins, standard deviations",
        build: |_| feature(V1, Z, 2, ZERO, |v, s, _| distribution::mode::<10>(v, s)),
    },
    Row {
        name: "DN_OutlierInclude_p_001_mdrmd",
        short: "outlier_timing_pos",
        about: "median over thresholds of the median time of the samples above, -1 (start) to 1 (end)",
        build: |_| feature(V1, Z, 2, ZERO, |_, s, scratch| distribution::outlier_timing(1.0, s, scratch)),
    },
    Row {
        name: "DN_OutlierInclude_n_001_mdrmd",
        short: "outlier_timing_neg",
        about: "median over thresholds of the median time of the samples below, -1 (start) to 1 (end)",
        build: |_| feature(V1, Z, 2, ZERO, |_, s, scratch| distribution::outlier_timing(-1.0, s, scratch)),
    },
    Row {
        name: "CO_FirstCrossing_acf_1e_pointOfCrossing",
        short: "acf_timescale",
        about: "lag at which the autocorrelation falls below 1/e, between samples by a straight line, samples",
        build: |_| feature(V1, ACF, 2, LAST, |_, s, _| correlation::timescale(s)),
    },
    Row {
        name: "CO_FirstMin_ac",
        short: "acf_first_min",
        about: "first lag with an autocorrelation below both neighbours', samples; n when there is none",
        build: |_| feature(V1, ACF, 2, LENGTH, |_, s, _| correlation::first_minimum(s)),
    },
    Row {
        name: "SP_Summaries_fft_area_5_1",
        short: "low_freq_power",
        about: "power of z in the lowest fifth of the frequencies",
        build: |_| feature(V1, Z, 3, ONE, spectrum::low_frequency_power),
    },
    Row {
        name: "SP_Summaries_fft_wq_50",
        short: "median_freq",
        about: "frequency at which the power summed from 0 passes half, radians a sample",
        build: |_| feature(V1, Z, 3, ZERO, spectrum::median_frequency),
    },
    Row {
        name: "FC_LocalSimple_mean3_stde",
        short: "forecast_error",
        about: "standard deviation of z less the mean of the three samples before",
        build: |_| feature(V1, Z, 2, ZERO, |_, s, scratch| correlation::forecast_error(s, scratch)),
    },
    Row {
        name: "FC_LocalSimple_mean1_taurat",
        short: "whiten_timescale",
        about: "first zero of the autocorrelation of the steps over that of the samples, between lags by a straight line",
        build: |_| feature(V1, ACF, 3, ZERO, correlation::whitening),
    },
    Row {
        name: "MD_pNN_pnn40",
        short: "high_fluctuation",
        about: "share of the steps of z larger than 0.04",
        build: |_| feature(V1, Z, 2, ZERO, |_, s, _| symbols::high_fluctuation(s)),
    },
    Row {
        name: "SB_BinaryStats_mean_longstretch1",
        short: "stretch_high",
        about: "longest run of samples above the mean",
        build: |_| feature(V1, Z, 2, ZERO, |v, s, _| symbols::stretch_high(v, s)),
    },
    Row {
        name: "SB_BinaryStats_diff_longstretch0",
        short: "stretch_decreasing",
        about: "longest run of steps that do not rise",
        build: |_| feature(V1, Z, 2, ZERO, |v, s, _| symbols::stretch_decreasing(v, s)),
    },
    Row {
        name: "SB_MotifThree_quantile_hh",
        short: "entropy_pairs",
        about: "entropy of two successive letters of the terciles, corrected for bias, nats",
        build: |_| feature(V1, SORTED, 2, ZERO, |v, s, _| symbols::entropy_pairs(v, s)),
    },
    Row {
        name: "CO_HistogramAMI_even_5bin_ami2",
        short: "ami2",
        about: "mutual information of samples 2 apart, 5 equal bins, entropies corrected for bias (Miller), nats",
        build: |_| feature(V1, Z, 2, ZERO, |v, s, _| information::histogram_information(v, s)),
    },
    Row {
        name: "CO_trev_1_num",
        short: "trev",
        about: "mean of (z[i+1] - z[i])³: time-reversal asymmetry",
        build: |_| feature(V1, Z, 2, ZERO, |_, s, _| correlation::time_reversibility(s)),
    },
    Row {
        name: "IN_AutoMutualInfoStats_40_gaussian_fmmi",
        short: "ami_timescale",
        about: "first minimum over the lags to 40 of -ln(1 - ρ²)/2, samples; the number of lags when there is none",
        build: |_| feature(V1, ACF40, 2, LAGS, |v, s, _| information::information_timescale(v, s)),
    },
    Row {
        name: "SB_TransitionMatrix_quantile_3_ac_sumdiagcov",
        short: "transition_variance",
        about: "sum of the column variances of the transition matrix of terciles, lowpass filtered and one sample in τ kept, τ the first zero of the autocorrelation and at most n/50",
        build: |_| feature(V1, ACF_SORTED, 2, NINTH, symbols::transition_variance),
    },
    Row {
        name: "PD_PeriodicityWang_th0_01",
        short: "periodicity",
        about: "first peak of the autocovariance of the samples less a cubic spline of two pieces, samples; 0 when there is none",
        build: |_| feature(V1, Z, 2, ZERO, correlation::periodicity),
    },
    Row {
        name: "CO_Embed2_Dist_tau_d_expfit_meandiff",
        short: "embedding_dist",
        about: "mean |density - exponential density| over the histogram of successive distances in the plane (z[i], z[i+τ])",
        build: |_| feature(V1, ACF, 2, EMBEDDING, information::embedding),
    },
    Row {
        name: "SC_FluctAnal_2_rsrangefit_50_1_logi_prop_r1",
        short: "rs_range",
        about: "share of the scales before the bend of the rescaled range; 1 below 16 scales",
        build: |_| feature(V1, Z, 2, ONE, |v, s, scratch| fluctuation::bend(v, Measure::Range, s, scratch)),
    },
    Row {
        name: "SC_FluctAnal_2_dfa_50_1_2_logi_prop_r1",
        short: "dfa",
        about: "share of the scales before the bend of detrended fluctuation analysis; 1 below 16 scales",
        build: |_| feature(V1, Z, 2, ONE, |v, s, scratch| fluctuation::bend(v, Measure::Rms, s, scratch)),
    },
    Row { name: "DN_mean", short: "mean", about: "mean of the samples, their unit", build: mean },
    Row {
        name: "DN_Spread_std",
        short: "std",
        about: "standard deviation of the samples, divisor n - 1, their unit",
        build: deviation,
    },
];
