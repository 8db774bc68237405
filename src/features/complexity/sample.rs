//! Sample entropy: how surely pieces that were alike go on alike, no piece against itself.
//!
//! # Formula
//! Of the n - m delay templates that have a next sample, B pairs match over m samples within r, A of them over m + 1
//! as well: SampEn = -ln(A / B), nats. 0 for a constant or a ramp seen with a large r, about 2.2 for white noise with
//! m = 2 and r = 0.2.
//!
//! # Source
//! J. S. Richman & J. R. Moorman, Physiological time-series analysis using approximate entropy and sample entropy,
//! *Am. J. Physiol.* 278 (2000) H2039.
//!
//! # Names
//! * `sampen__delay_1__m_2__r_0.2` is this formula, distances <= r; antropy and nolds take < r, which differs where a
//!   distance equals r to the last bit; EntropyHub's `SampEn` is the same.
//! * `sample_entropy` is tsfresh's, m = 2 and r = 0.2: it takes one template of length m more for B than for A, so
//!   that -ln(A / B) is too high by about m/n: 2.2162 where the formula has 2.2121 for 1,000 samples of noise.
//!
//! r is in standard deviations (divisor n) of the window.
//!
//! # NaN
//! No match of length m, or none of length m + 1 (the entropy would be infinite): the window is too short for r.

use super::matches::{Matcher, Pass, Templates};
use super::{MAX_DELAY, MAX_RADIUS};
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const OWN: &[Param] = &[
        Param::int("delay", 1, MAX_DELAY).or("1"),
        Param::int("m", 0, 20).or("2"),
        Param::float("r", 0.0, MAX_RADIUS).or("0.2"),
    ];
    vec![
        Calculator::group(
            "sample_entropy",
            &[],
            "-ln(A/B) as tsfresh, m = 2, r = 0.2 std, one template more in B than in A, nats",
            |args| {
                let passes = Pass::group(args.iter().map(|_| (2, 1, 0.2)));
                Box::new(Sample { passes, templates: Templates::All })
            },
        ),
        Calculator::group(
            "sampen",
            OWN,
            "sample entropy -ln(A/B), pairs of templates within r std over m+1 and over m samples, nats",
            |args| {
                let passes = Pass::group(args.iter().map(|a| (a.count(1), a.count(0), a.float(2))));
                Box::new(Sample { passes, templates: Templates::Continued })
            },
        ),
    ]
}

struct Sample {
    passes: Vec<Pass>,
    templates: Templates,
}

#[derive(Default)]
struct Room {
    matcher: Matcher,
    radii: Vec<f64>,
}

impl Kernel for Sample {
    fn needs(&self) -> Needs {
        Needs::new().moments()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let deviation = shared.variance().sqrt();
        out.fill(f64::NAN);
        if !deviation.is_finite() {
            return;
        }
        let Room { matcher, radii } = scratch.own();
        matcher.read(shared.samples());
        for pass in &self.passes {
            radii.clear();
            radii.extend(pass.radii.iter().map(|r| r * deviation));
            matcher.count(pass.m, pass.delay, self.templates, radii);
            for (which, &place) in pass.places.iter().enumerate() {
                out[place] = entropy(matcher.pairs(which));
            }
        }
    }
}

/// -ln(A / B) of the pairs of length m (B) and m + 1 (A); NaN when either is 0.
pub(super) fn entropy((short, long): (u64, u64)) -> f64 {
    if short == 0 || long == 0 {
        return f64::NAN;
    }
    // Not -0 where all pairs go on alike.
    0.0 - (long as f64 / short as f64).ln()
}
