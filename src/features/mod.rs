//! Numbers per window: feature sets, compiled plans, and the matrices they fill.
//!
//! # How a feature comes to be
//! A *calculator* is one function with parameters; a [`FeatureSpec`] is a calculator with its parameters, written
//! and read as its name (`quantile__q_0.9`); a [`FeatureSet`] is a list of specs. A set is compiled into a plan which
//! computes what several features need (one sort, one difference, one transform) once a window, and an
//! [`Extractor`] runs that plan without allocating.
//!
//! # Which features there are
//! [`FeatureSet::available`] lists every calculator with its formula and unit; [`FeatureSet::examples`] has a spec of
//! each. By what they ask, with some of their names:
//!
//! | question | calculators |
//! |---|---|
//! | how strong, how impulsive? | `root_mean_square`, `peak_to_peak`, `crest_factor`, `kurtosis`, `quantile`, `l_kurtosis` |
//! | where does it drift or jump? | `linear_trend`, `theil_sen_slope`, `kpss`, `adf` |
//! | what is in the spectrum? | `welch_peak_frequency`, `spectral_entropy`, `periodogram_entropy`, `welch_entropy` |
//! | how does it depend on its past? | `autocorrelation`, `partial_autocorrelation`, `ar_coefficient` |
//! | how regular is it? | `permen`, `dispersion_entropy` (fast, O(n)); `sampen`, `fuzzy_entropy`, `apen` (O(n²)); `lz76_complexity`, `svd_entropy` |
//! | ... on which time scale? | `multiscale_sampen`, `refined_composite_sampen`, `hierarchical_sampen`, `multiscale_permen` |
//! | does it remember, and how roughly does it run? | `dfa`, `hurst_rs`, `generalized_hurst`, `mfdfa_width`; `higuchi_fd`, `katz_fd`, `petrosian_fd` |
//! | is it a simple system, chaos or noise? | `correlation_dimension`, `lyapunov_rosenstein`, `chaos_01`, `recurrence`, `visibility` |
//! | in which band is the energy, and where are the impacts? | `dwt_relative_energy`, `wpt_energy`, `wpt_max_kurtosis_frequency`, `modwt_variance`, `cwt_energy` |
//! | does a piece repeat, or stand alone? | `matrix_profile_fixed` ([`profile`]) |
//! | how do channels go together? | coherence, lag, phase: [`multichannel`] |
//! | what did tsfresh, TSFEL or catch22 compute? | [`compat`] |
//! | thousands of numbers for a linear classifier | [`convolution`] |
//! | which of them to keep? | [`selection`] |
//!
//! Cost: most are O(n) or O(n log n), microseconds for 2,048 samples. The O(n²) ones (all but the first two of the
//! regularity row, recurrence, correlation dimension, the matrix profile) take 0.3 to 20 ms there, sixteen times that
//! for four times the samples, and O(n) memory.
//!
//! # Names
//! Names follow tsfresh: `feature__param_value`. A name that tsfresh has means what tsfresh computes; where a
//! definition of our own differs, it has a name of its own.
//!
//! # NaN
//! An undefined value (0/0, too short a window, the skewness of a constant) is NaN, and so is one that overflows.
//! Autoregressions, entropies, fractal features, and those of TSFEL and catch22 are NaN for a window with a sample beyond
//! 2^250 (1.8e75), where their powers could leave the range. A window with a NaN or infinite sample follows the set's
//! [`NanPolicy`].

mod amplitude;
mod autoregression;
mod calculator;
pub mod compat;
mod complexity;
pub mod convolution;
mod fractal;
mod matrix;
pub mod multichannel;
mod needs;
mod plan;
pub mod profile;
mod registry;
mod scratch;
pub mod selection;
mod set;
mod sets;
mod shared;
mod spec;
mod spectrum;
mod stream;
mod trend;
mod wavelet;

pub use matrix::{FeatureMatrix, Rows};
pub use plan::Extractor;
pub use set::{Feature, FeatureSet, NanPolicy};
pub(crate) use shared::quantile_of_sorted;
pub use shared::{Needs, Scratch, Shared};
pub use spec::{FeatureSpec, Value};
pub use stream::FeatureStream;

#[cfg(test)]
mod tests {
    use super::registry;

    /// The table of the module's page names calculators that there are.
    #[test]
    fn the_table_names_calculators() {
        let known: Vec<String> = registry::all().into_iter().map(|c| c.name.to_string()).collect();
        let rows = include_str!("mod.rs").lines().filter(|line| line.starts_with("//! | "));
        let names = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).filter(|name| !name.contains(':'));
        let names: Vec<&str> = names
            .filter(|name| !["profile", "multichannel", "compat", "convolution", "selection"].contains(name))
            .collect();
        assert!(names.len() > 40);
        let unknown: Vec<&&str> = names.iter().filter(|name| !known.iter().any(|k| k == *name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
