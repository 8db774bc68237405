//! Ids `emd/*`.

use super::{Outcome, close, numbers};
use prognos::signal::decomposition::{Emd, Vmd};
use serde_json::Value;

/// What became of an id of this family; `None` where nothing here computes it. The whole series file is there for ids
/// that read the values of another.
pub fn check(id: &str, expected: &Value, x: &[f64], _fs: f64, _file: &Value) -> Option<Outcome> {
    let y = &x[..x.len().min(512)];
    match id {
        "emd/PyEMD_max5_first512" => Some(emd(expected, y)),
        "emd/vmdpy_alpha2000_tau0_K3_DC0_init1_tol1e-7_first512" => Some(vmd(expected, &y[..y.len() / 2 * 2])),
        _ => None,
    }
}

/// Sifting is the reference's: same extrema, mirrors, splines and rule, so that rounding alone separates the energies.
/// Sifting amplifies it, and where an offset holds nearly all the energy little is left of the digits: 1e-7 of each
/// energy, or 1e-12 of all. What differs are PyEMD's thresholds on what is left, which are absolute and end the
/// decomposition of small numbers early.
fn emd(expected: &Value, y: &[f64]) -> Outcome {
    let modes = Emd::new().decompose(y).unwrap();
    let sum_error = modes.sum().iter().zip(y).map(|(s, y)| (s - y).abs()).fold(0.0, f64::max);
    let largest = y.iter().fold(1.0_f64, |a, v| a.max(v.abs()));
    if sum_error > 1e-9 * largest {
        return Outcome::Failed(format!("modes add up to {sum_error} beside the signal"));
    }
    let (low, high) = y.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    if high - low < 1e-3 {
        return Outcome::Skipped("PyEMD stops at an absolute range of 0.001".to_owned());
    }
    let reference = numbers(&expected["energies"]);
    // PyEMD ends where the range of what is left falls below 0.001.
    let (mut found, mut left) = (Vec::new(), y.to_vec());
    for (mode, energy) in modes.view().rows().into_iter().zip(modes.energies()) {
        found.push(energy);
        left.iter_mut().zip(mode).for_each(|(l, m)| *l -= m);
        let (low, high) = left.iter().fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        if high - low < 1e-3 {
            break;
        }
    }
    found.push(left.iter().map(|v| v * v).sum());
    let total: f64 = reference.iter().sum();
    let near = |(f, r): (&f64, &f64)| close(*f, *r, 1e-7, 1e-12 * total);
    if found.len() == reference.len() && found.iter().zip(&reference).all(near) {
        return Outcome::Matched;
    }
    Outcome::Failed(format!("energies {found:?}, expected {reference:?}"))
}

/// Same updates in the same order: rounding alone separates the two.
fn vmd(expected: &Value, y: &[f64]) -> Outcome {
    let found = Vmd::new(3).absolute_tolerance(1e-7).decompose(y).unwrap();
    for (what, found, key) in [
        ("frequencies", found.frequencies().to_vec(), "omega_final"),
        ("energies", found.modes().energies(), "energies_by_omega"),
    ] {
        let expected = numbers(&expected[key]);
        let total = if what == "energies" { expected.iter().sum::<f64>() } else { 1.0 };
        if found.len() != 3
            || expected.len() != 3
            || !found.iter().zip(&expected).all(|(f, e)| close(*f, *e, 1e-9, 1e-12 * total))
        {
            return Outcome::Failed(format!("{what} {found:?}, expected {expected:?}"));
        }
    }
    Outcome::Matched
}
