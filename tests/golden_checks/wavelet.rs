//! Ids `wav/*`: the discrete transforms and packets of PyWavelets through features and through the plans, its
//! continuous transform likewise.

use super::stat::extract;
use super::{Outcome, compare};
use prognos::signal::wavelet::{Boundary, Cwt, Dwt, Swt, Wavelet};
use serde_json::{Value, json};

/// What became of an id of this family; `None` where nothing here computes it.
pub fn check(id: &str, expected: &Value, x: &[f64], fs: f64, _file: &Value) -> Option<Outcome> {
    let name = id.strip_prefix("wav/")?;
    let found = match name.split_once('_')? {
        ("dwt", rest) => discrete(rest, x, fs)?,
        ("wpt", "db4_L3_freq_order_symmetric") => packets(x, fs),
        ("modwt", "swt_haar_L2_energies") => stationary(x),
        ("cwt", rest) => continuous(rest, x, fs)?,
        _ => return None,
    };
    let expected = match name {
        "wpt_db4_L3_freq_order_symmetric" => json!([expected["energy"], expected["ratio"], expected["entropy_nats"]]),
        _ => expected.clone(),
    };
    Some(compare(&found, &expected, tolerance(name, x), 1e-12))
}

/// The reference's symlets and its `bior4.4` solve their own equations to 1e-12 only (here: to 1e-16). Their high-pass
/// filters let that much of the mean through to the details, and 2 mean / spread times that is the most it changes their
/// energy: 2e-8 where the mean is ten thousand times the spread.
fn tolerance(name: &str, x: &[f64]) -> f64 {
    if !["dwt_sym", "dwt_bior4", "dwt_bior5", "dwt_bior6"].iter().any(|p| name.starts_with(p)) {
        return 1e-9;
    }
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let spread = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    if spread > 0.0 { (2e-12 * mean.abs() / spread).clamp(1e-9, 1e-7) } else { 1e-9 }
}

/// `db4_L3_symmetric_lengths` and the like.
fn discrete(rest: &str, x: &[f64], fs: f64) -> Option<Vec<f64>> {
    let mut parts = rest.splitn(4, '_');
    let (name, level, mode, what) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let levels: usize = level.strip_prefix('L')?.parse().ok()?;
    let (wavelet, boundary): (Wavelet, Boundary) = (name.parse().ok()?, mode.parse().ok()?);
    let plan = Dwt::new(wavelet, boundary, x.len(), levels).ok()?;
    match what {
        "energies_cA_cDn_to_cD1" => {
            let of =
                |level: usize, what: &str| format!("dwt_{what}__level_{level}__mode_\"{mode}\"__wavelet_\"{name}\"");
            let details = (1..=levels).rev().map(|level| of(level, "energy"));
            let names: Vec<String> = std::iter::once(of(levels, "approximation_energy")).chain(details).collect();
            Some(extract(&names, x, fs))
        }
        "lengths" => Some((0..=levels).map(|b| plan.band(b).len() as f64).collect()),
        "cA_first8" => Some(plan.decompose(x).ok()?.approximation().iter().take(8).copied().collect()),
        _ => None,
    }
}

fn packets(x: &[f64], fs: f64) -> Vec<f64> {
    let of = |what: &str| (0..8).map(move |node| format!("wpt_{what}__level_3__node_{node}")).collect::<Vec<_>>();
    let mut names = of("energy");
    names.extend(of("relative_energy"));
    names.push("wpt_energy_entropy__level_3".to_owned());
    extract(&names, x, fs)
}

/// The same energies have the levels of the maximal overlap transform, where the length is a multiple of 4.
fn stationary(x: &[f64]) -> Vec<f64> {
    let x = &x[..x.len() / 4 * 4];
    let plan = Swt::new("haar".parse().unwrap(), x.len(), 2, true).unwrap();
    let (approximations, c) = (plan.approximations(x).unwrap(), plan.decompose(x).unwrap());
    let energy = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>();
    let names = [1, 2].map(|level| format!("modwt_energy__level_{level}__wavelet_\"haar\""));
    for (level, found) in extract(&names, x, 1.0).into_iter().enumerate() {
        let other = energy(c.detail(level + 1));
        assert!((found - other).abs() <= 1e-12 * other, "level {}: {found} {other}", level + 1);
    }
    [2, 1].into_iter().flat_map(|level| [energy(&approximations[level - 1]), energy(c.detail(level))]).collect()
}

/// `mexh_scale5_first8_abs` and the like.
fn continuous(rest: &str, x: &[f64], fs: f64) -> Option<Vec<f64>> {
    if let Some(name) = rest.strip_suffix("_scales2_5_10_20_energy") {
        let names = ["2.0", "5.0", "10.0", "20.0"].map(|s| format!("cwt_energy__scale_{s}__wavelet_\"{name}\""));
        return Some(extract(&names, x, fs));
    }
    let name = rest.strip_suffix("_scale5_first8_abs")?;
    let plan = Cwt::params(name.parse().ok()?).scales(&[5.0]).plan(x.len()).ok()?;
    Some(plan.transform(x).ok()?.magnitude(0).into_iter().take(8).collect())
}
