//! Approximate entropy: how often pieces that were alike go on alike, every piece against all, itself among them.
//!
//! # Formula
//! Φ(m) = mean of ln(Cᵢ / N) over the N templates of length m, where Cᵢ templates match template i within r, itself
//! among them; ApEn = Φ(m) - Φ(m + 1), nats. N is n - (m - 1) delay for length m.
//!
//! The matches with itself bias it towards regularity, the more the shorter the window and the smaller r: compare
//! windows of one length only. Sample entropy has no such bias; take approximate entropy where a known figure or
//! another tool's feature has to be met.
//!
//! # Source
//! S. M. Pincus, Approximate entropy as a measure of system complexity, *PNAS* 88 (1991) 2297.
//!
//! # Names
//! * `approximate_entropy__m_2__r_0.2` is tsfresh's: the absolute value of the difference, and 0 where the window has
//!   no more than m + 1 samples.
//! * `apen__delay_1__m_2__r_0.2` keeps the sign and is NaN there (antropy's `app_entropy`, EntropyHub's `ApEn`).
//!
//! r is in standard deviations (divisor n) of the window. A constant has 0.

use super::matches::{Matcher, Pass, Templates, sum_of_logs};
use super::{MAX_DELAY, MAX_RADIUS};
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};

/// The table of this file.
pub(super) fn calculators() -> Vec<Calculator> {
    const TSFRESH: &[Param] = &[Param::int("m", 1, 20), Param::float("r", 0.0, MAX_RADIUS)];
    const OWN: &[Param] = &[
        Param::int("delay", 1, MAX_DELAY).or("1"),
        Param::int("m", 0, 20).or("2"),
        Param::float("r", 0.0, MAX_RADIUS).or("0.2"),
    ];
    vec![
        Calculator::group(
            "approximate_entropy",
            TSFRESH,
            "|Φ(m) - Φ(m+1)| as tsfresh, Φ the mean log share of templates within r std, nats; 0 for n <= m + 1",
            |args| {
                let passes = Pass::group(args.iter().map(|a| (a.count(0), 1, a.float(1))));
                Box::new(Approximate { passes, tsfresh: true })
            },
        ),
        Calculator::group(
            "apen",
            OWN,
            "approximate entropy Φ(m) - Φ(m+1), Φ the mean log share of templates within r std, nats",
            |args| {
                let passes = Pass::group(args.iter().map(|a| (a.count(1), a.count(0), a.float(2))));
                Box::new(Approximate { passes, tsfresh: false })
            },
        ),
    ]
}

struct Approximate {
    passes: Vec<Pass>,
    tsfresh: bool,
}

#[derive(Default)]
struct Room {
    matcher: Matcher,
    radii: Vec<f64>,
}

impl Kernel for Approximate {
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
            if shared.len() <= pass.m.saturating_mul(pass.delay) + usize::from(self.tsfresh) {
                pass.places.iter().filter(|_| self.tsfresh).for_each(|&place| out[place] = 0.0);
                continue;
            }
            radii.clear();
            radii.extend(pass.radii.iter().map(|r| r * deviation));
            matcher.count(pass.m, pass.delay, Templates::All, radii);
            for (which, &place) in pass.places.iter().enumerate() {
                let short = if pass.m == 0 { 0.0 } else { phi(matcher.short(which)) };
                let entropy = short - phi(matcher.long(which));
                out[place] = if self.tsfresh { entropy.abs() } else { entropy };
            }
        }
    }
}

/// Mean log share of matches; exactly 0 when all match.
fn phi(counts: impl Iterator<Item = u32> + Clone) -> f64 {
    let n = counts.clone().count();
    if counts.clone().all(|c| c as usize == n) {
        return 0.0;
    }
    sum_of_logs(counts) / n as f64 - (n as f64).ln()
}
