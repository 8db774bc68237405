//! How often a pattern occurs, as tsfresh counts it.
//!
//! # Formula
//! For a query of m samples, the number of places of the window at which the distance of the m samples from there is at most the
//! threshold. The distance is √(2 m (1 - ρ)), ρ their correlation (the Euclidean distance of the z-scores): 0 for two constants,
//! √m when only one of them is; with `normalize_False` it is the Euclidean distance of the samples themselves.
//!
//! The query stands in the name: `query_similarity_count__query_[0.0, 1.0, 0.0]__threshold_0.5`. `normalize` is written only when
//! it is `False`, as in tsfresh. tsfresh's own sets ask without a query, and for a threshold of 0, which only exact copies reach
//! (and rounding may keep them from it): always NaN, and left out of the sets here.
//!
//! # NaN
//! Without a query, for one of fewer than three samples, and for one longer than the window.
//!
//! # Source
//! tsfresh 0.21; A. Mueen et al., The fastest similarity search algorithm for time series subsequences under Euclidean distance
//! (2017) for the distance.
//!
//! # Cost
//! m products a sample.

use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};
use crate::features::spec::Args;
use crate::math::lanes;

/// The smallest product of deviations that is divided by.
const SMALLEST: f64 = 1e-14;

/// The table of this family.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[
        Param::bool("normalize").silently("True"),
        Param::list("query").or("None"),
        Param::float("threshold", 0.0, f64::MAX).or("0.0"),
    ];
    vec![Calculator::scalar(
        "query_similarity_count",
        PARAMS,
        "number of places at which the samples are at most `threshold` from the query (z-scores, Euclidean); NaN without one",
        |_| Needs::new(),
        count,
    )]
}

fn count(s: &Shared<'_>, a: &Args) -> f64 {
    let (normalize, query, threshold) = (a.bool(0), a.list(1), a.float(2));
    if query.len() < 3 || query.len() > s.len() {
        return f64::NAN;
    }
    let m = query.len() as f64;
    let is_constant = |v: &[f64]| v.iter().all(|&w| w.total_cmp(&v[0]).is_eq() || (w - v[0]).abs() <= 0.0);
    let mean = lanes::mean(query);
    let spread = lanes::variance(query, 0).sqrt();
    let constant = is_constant(query);
    let distance = |x: &[f64]| {
        if !normalize {
            return lanes::sum_by2(x, query, |a, b| (a - b) * (a - b)).sqrt();
        }
        match (constant, is_constant(x)) {
            (true, true) => 0.0,
            (true, false) | (false, true) => m.sqrt(),
            (false, false) => {
                let here = lanes::mean(x);
                let deviation = (lanes::sum_squared_deviations(x, here) / m).sqrt();
                let common = lanes::sum_by2(x, query, |a, b| (a - here) * (b - mean));
                let correlation = (common / (spread * deviation * m).max(SMALLEST)).min(1.0);
                (2.0 * m * (1.0 - correlation)).abs().sqrt()
            }
        }
    };
    let near = s.samples().windows(query.len()).filter(|x| distance(x) <= threshold).count();
    near as f64
}
