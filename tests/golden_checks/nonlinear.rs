//! Ids `nl/*` of the entropies and complexities: antropy, EntropyHub, nolds, and coarse graining over antropy. The
//! dimensions and exponents are checked elsewhere.

use super::stat::extract;
use super::{Outcome, compare, number};
use serde_json::Value;

/// What became of an id of this family; `None` where nothing here computes it.
pub fn check(id: &str, expected: &Value, x: &[f64], fs: f64, _file: &Value) -> Option<Outcome> {
    let y = &x[..x.len().min(600)];
    let (samples, names) = names(id.strip_prefix("nl/")?, x, y)?;
    let mut found = extract(&names, samples, fs);
    if id == "nl/EH_PermEn_m4_bits" {
        // Patterns of one sample have no entropy.
        found.insert(0, 0.0);
    }
    Some(compare(&found, expected, 1e-9, 1e-12))
}

/// The samples of an id, and the names of the features whose numbers make up its value.
fn names<'a>(id: &str, x: &'a [f64], y: &'a [f64]) -> Option<(&'a [f64], Vec<String>)> {
    if let Some(parameters) = id.strip_prefix("antropy_perm_entropy_o") {
        let (order, rest) = parameters.split_once("_d")?;
        let (delay, unit) = rest.split_once('_')?;
        let normalised = if unit == "norm" { "True" } else { "False" };
        return Some((x, vec![format!("permen__delay_{delay}__normalised_{normalised}__order_{order}")]));
    }
    let one = |name: &str| vec![name.to_owned()];
    let deviation = extract(&["standard_deviation"], y, 1.0)[0];
    let found = match id {
        "antropy_app_entropy_m2" => (x, one("apen__delay_1__m_2__r_0.2")),
        "antropy_sample_entropy_m2_r0.2std0" => (x, one("sampen__delay_1__m_2__r_0.2")),
        "antropy_svd_entropy_o3" => (x, one("svd_entropy__delay_1__normalised_False__order_3")),
        "antropy_spectral_entropy_fft" => (x, one("spectral_entropy__normalised_False")),
        "antropy_lziv_meanbin_norm" => (x, one("lz76_complexity")),
        "antropy_num_zerocross" => (x, one("number_crossing_m__m_0")),
        "EH_SampEn_m0to2_first600" => (y, (0..=2).map(|m| format!("sampen__m_{m}__r_0.2")).collect()),
        "EH_ApEn_m0to2_first600" => (y, (0..=2).map(|m| format!("apen__m_{m}__r_0.2")).collect()),
        // exp(-d² / 0.2), d in the unit of the samples.
        "EH_FuzzEn_m2_default_r0.2_2_first600" => {
            let r = 0.2_f64.sqrt() / deviation;
            (y, (1..=2).map(|m| format!("fuzzy_entropy__m_{m}__p_2.0__r_{r:?}")).collect())
        }
        "EH_PermEn_m4_bits" => (y, (2..=4).map(|order| format!("permen__order_{order}")).collect()),
        "EH_DispEn_m2_c3_ncdf" => (y, one("dispersion_entropy__c_3__m_2")),
        "EH_SlopEn" => (y, one("slope_entropy")),
        "EH_BubbEn" => (y, one("bubble_entropy__m_2")),
        "EH_PhasEn" => (y, one("phase_entropy")),
        "EH_AttnEn" => (y, one("attention_entropy")),
        "EH_DistEn_first300" => (&y[..y.len().min(300)], one("distribution_entropy")),
        "EH_SyDyEn" => (y, one("symbolic_dynamic_entropy")),
        "EH_GridEn" => (y, one("gridded_entropy__m_3")),
        "EH_CoSiEn" => (y, one("cosine_similarity_entropy")),
        "multiscale_sampen_scales1to5_m2_r0.2std_of_original_first600" => {
            (y, (1..=5).map(|scale| format!("multiscale_sampen__m_2__r_0.2__scale_{scale}")).collect())
        }
        "multiscale_permen_o3_scales1to5_bits" => {
            (y, (1..=5).map(|scale| format!("multiscale_permen__order_3__scale_{scale}")).collect())
        }
        // The standard deviation with n - 1 times 0.1164 (0.5627 ln m + 1.3334).
        "nolds_sampen" => {
            let n = y.len() as f64;
            let r = (n / (n - 1.0)).sqrt() * 0.1164 * (0.5627 * 2_f64.ln() + 1.3334);
            (y, vec![format!("sampen__m_2__r_{r:?}")])
        }
        _ => return None,
    };
    Some(found)
}

/// Why a golden value is not reproduced.
///
/// * Patterns with ties: numpy's default argsort leaves the order of equal values open, and its vector code for four
///   values and more orders them in a way of the processor that the reference ran on. Here the earlier of two equals
///   comes first; `argsort(kind="stable")` in the reference's own lines gives the numbers that are found here.
/// * An infinite entropy, of a series in which no template goes on: features are finite or NaN.
/// * A constant: antropy counts differences of less than r, of which there are none for r = 0, and takes the empty
///   spectrum for one without entropy. Here all templates of a constant match, and a spectrum without power has no entropy.
/// * Zeros: antropy counts changes of the sign bit, which -0 has; here 0 and -0 are one number.
/// * Parallel templates: the quotient of dot product and lengths may be 1 + 2e-16, of which the reference takes the arc
///   cosine: these pairs are not a number and are not counted as similar.
/// * A phase plot without a point that has an angle: the reference's sum over no sector is 0.
pub fn exception(id: &str, expected: &Value, x: &[f64]) -> Option<&'static str> {
    let y = &x[..x.len().min(600)];
    let constant = x.iter().all(|v| *v == x[0]);
    let tied = |order: usize, x: &[f64]| (0..x.len()).any(|i| x[i + 1..].iter().take(order - 1).any(|v| *v == x[i]));
    if number(expected).is_some_and(f64::is_infinite) && id.contains("entropy") {
        return Some("infinite: NaN here");
    }
    if let Some(order) = id.strip_prefix("tsfresh/permutation_entropy__dimension_") {
        let order = order.split("__").next()?.parse().ok()?;
        return (order > 3 && tied(order, x)).then_some("ties: numpy's order of equals is that of a processor");
    }
    match id {
        "nl/EH_PermEn_m4_bits" if tied(4, y) => Some("ties: numpy's order of equals is that of a processor"),
        "nl/antropy_sample_entropy_m2_r0.2std0" | "nl/antropy_spectral_entropy_fft" if constant => {
            Some("a constant: less than r = 0, power without a spectrum")
        }
        "nl/antropy_num_zerocross" if x.contains(&0.0) => Some("the sign bit of zeros"),
        "nl/EH_CoSiEn" if some_parallel(y) => Some("parallel templates are not a number"),
        "nl/EH_PhasEn" if number(expected) == Some(0.0) => Some("no point with an angle"),
        _ => None,
    }
}

/// Whether the quotient for some pair of neighbours (x[i], x[i+1]) is above 1 or may be by another order of rounding.
fn some_parallel(x: &[f64]) -> bool {
    let template = |i: usize| (x[i], x[i + 1], x[i].hypot(x[i + 1]));
    (0..x.len() - 1).any(|i| {
        let (a, b, long) = template(i);
        (i + 1..x.len() - 1).any(|j| {
            let (c, d, other) = template(j);
            ((a * c + b * d) / (long * other)).abs() > 1.0 - 1e-15
        })
    })
}
