//! Recurrence quantification: does the motion come back, run along itself, stand still?
//!
//! Two moments recur when no coordinate of their delay vectors (`dim` samples, `lag` apart) differs by more than
//! `radius` standard deviations (divisor n) of the window. Pairs less than `theiler` samples apart do not count;
//! lines shorter than `min_line` are not lines. N. Marwan et al., Recurrence plots for the analysis of complex
//! systems, Physics Reports 438 (2007), 237. The attributes, and what they say:
//!
//! | attr | |
//! |---|---|
//! | `rate` | share of recurrent pairs of all n² |
//! | `determinism` | share of recurrent points on diagonal lines: regular motion near 1, noise near 0 |
//! | `longest_diagonal`, `mean_diagonal` | for how long the motion can be foreseen, samples |
//! | `divergence` | 1 / `longest_diagonal`, 1/sample |
//! | `entropy` | of the lengths of the diagonal lines, nats: how manifold the regular stretches are |
//! | `laminarity`, `trapping_time`, `longest_vertical` | share of points in, mean and greatest length of standstills |
//!
//! Ratios without a denominator are NaN; so is everything for a constant.
//!
//! [`crate::signal::phase_space::Recurrence`] has the lengths of all lines. n²/2 comparisons, O(n) memory.

use super::correlation_dimension::{DIM, LAG};
use crate::features::calculator::{Calculator, Kernel, Param};
use crate::features::shared::{Needs, Scratch, Shared};
use crate::features::spec::Args;
use crate::signal::phase_space::{Embedding, Recurrence};

const ATTRIBUTES: &[&str] = &[
    "determinism",
    "divergence",
    "entropy",
    "laminarity",
    "longest_diagonal",
    "longest_vertical",
    "mean_diagonal",
    "rate",
    "trapping_time",
];

pub(super) fn calculator() -> Calculator {
    const PARAMS: &[Param] = &[
        Param::word("attr", ATTRIBUTES),
        DIM.or("3"),
        LAG.or("1"),
        Param::int("min_line", 2, 1000).or("2"),
        Param::float("radius", 0.001, 10.0).or("0.5"),
        Param::int("theiler", 1, 1_000_000_000).or("1"),
    ];
    Calculator::group(
        "recurrence",
        PARAMS,
        "recurrence quantification of delay vectors, largest norm, radius in standard deviations",
        |args| Box::new(Plots { specs: args.iter().map(|a| Spec::new(a)).collect() }),
    )
}

#[derive(Debug, Clone, Copy)]
struct Spec {
    attribute: fn(&Recurrence, usize) -> f64,
    min_line: usize,
    /// What the plot depends on; the radius as bits, so that plots can be told apart.
    plot: (usize, usize, u64, usize),
}

impl Spec {
    fn new(args: &Args) -> Self {
        let attribute: fn(&Recurrence, usize) -> f64 = match args.word(0) {
            "divergence" => |plot, _| plot.divergence(),
            "entropy" => |plot, least| plot.diagonal_entropy(least),
            "laminarity" => |plot, least| plot.laminarity(least),
            "longest_diagonal" => |plot, _| plot.longest_diagonal() as f64,
            "longest_vertical" => |plot, _| plot.longest_vertical() as f64,
            "mean_diagonal" => |plot, least| plot.mean_diagonal(least),
            "rate" => |plot, _| plot.rate(),
            "trapping_time" => |plot, least| plot.trapping_time(least),
            _ => |plot, least| plot.determinism(least),
        };
        let plot = (args.count(1), args.count(2), args.float(4).to_bits(), args.count(5));
        Self { attribute, min_line: args.count(3), plot }
    }
}

struct Plots {
    specs: Vec<Spec>,
}

impl Kernel for Plots {
    fn needs(&self) -> Needs {
        Needs::new().moments()
    }

    fn run(&self, shared: &Shared<'_>, scratch: &mut Scratch, out: &mut [f64]) {
        let spread = shared.moments().m2.sqrt();
        out.fill(f64::NAN);
        if shared.moments().is_constant() || !spread.is_finite() {
            return;
        }
        let recurrence: &mut Recurrence = scratch.own();
        for (first, spec) in self.specs.iter().enumerate() {
            let (dim, lag, radius, theiler) = spec.plot;
            if self.specs[..first].iter().any(|before| before.plot == spec.plot) {
                continue;
            }
            let Some(embedding) = Embedding::of(shared.samples(), dim, lag) else { continue };
            recurrence.compute(&embedding, f64::from_bits(radius) * spread, theiler);
            for (out, other) in out.iter_mut().zip(&self.specs).skip(first).filter(|(_, s)| s.plot == spec.plot) {
                *out = (other.attribute)(recurrence, other.min_line);
            }
        }
    }
}
