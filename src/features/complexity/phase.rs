//! Phase entropy: how evenly the steps turn through the sectors of the second-order difference plot.
//!
//! # Formula
//! Point i of the plot is (x[i+d] - x[i], x[i+2d] - x[i+d]), d the `delay`; its angle lies from 0 to 2π. A sector of
//! the `sectors` equal ones has as its weight the sum of the angles in it; with p the weights over their sum,
//! -Σ p ln p / ln(sectors). Points on the border of two sectors and points without an angle do not count.
//!
//! Angles alone count: the value does not change with the scale of the samples. The weights grow with the angle, so that
//! it is not the same for a series and its mirror image. O(n).
//!
//! # Source
//! A. Rohila & A. Sharma, Phase entropy: a new complexity measure for heart rate variability, *Physiol. Meas.* 40 (2019)
//! 105006. EntropyHub's `PhasEn`.
//!
//! # NaN
//! No point inside a sector: a constant, a window of fewer than 3 samples.

use super::{Each, MAX_DELAY};
use crate::features::calculator::{Calculator, Param};
use crate::features::shared::{Needs, Shared};
use std::f64::consts::{PI, TAU};

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const PARAMS: &[Param] = &[Param::int("delay", 1, MAX_DELAY).or("1"), Param::int("sectors", 2, 1000).or("4")];
    vec![Calculator::group(
        "phase_entropy",
        PARAMS,
        "-Σ p ln p / ln(sectors), p the share of a sector of the second-order difference plot in the sum of all angles",
        |args| Each::boxed(args, |a| (a.count(0), a.count(1)), Needs::new(), value),
    )]
}

fn value(shared: &Shared<'_>, &(delay, sectors): &(usize, usize), weights: &mut Vec<f64>) -> f64 {
    let x = shared.samples();
    weights.clear();
    weights.resize(sectors, 0.0);
    let step = TAU / sectors as f64;
    let edge = |k: usize| if k == sectors { TAU } else { k as f64 * step };
    let later = x.iter().skip(delay);
    for ((early, middle), late) in x.iter().zip(later.clone()).zip(later.skip(delay)) {
        let (along, up) = (middle - early, late - middle);
        // Neither the sum nor the difference of a quadrant: the arc tangent, moved to its half plane.
        let mut angle = (up / along).atan();
        if along < 0.0 && up != 0.0 {
            angle += PI;
        } else if up < 0.0 && along > 0.0 {
            angle += TAU;
        }
        // NaN, of a point at the origin, lies in no sector.
        let sector = ((angle / step) as usize).min(sectors - 1);
        let near = sector.saturating_sub(1)..(sector + 2).min(sectors);
        if let Some(k) = near.into_iter().find(|&k| angle > edge(k) && angle < edge(k + 1)) {
            weights[k] += angle;
        }
    }
    let total: f64 = weights.iter().sum();
    let terms = weights.iter().filter(|w| **w > 0.0).map(|w| {
        let p = w / total;
        -p * p.ln()
    });
    let entropy: f64 = terms.sum();
    if total > 0.0 { (entropy + 0.0) / (sectors as f64).ln() } else { f64::NAN }
}
